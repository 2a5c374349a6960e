import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { CertificatePair, makeSelfSignedCertificate } from './certificate.js';

const now = Date.UTC(2026, 5, 1);

it('makes a certificate that OpenSSL reads, signed with its own key, and valid now', () => {
  const { certificatePem, keyPem } = makeSelfSignedCertificate(now);
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.subject).toBe('CN=intermix');
  expect(new Date(certificate.validFrom).getTime()).toBeLessThan(now);
  expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(now);
});

it('keeps two of them in files that only we can read, until removed', () => {
  const pair = new CertificatePair(now);
  const [first, second, third] = [0, 1, 2].map((generation) => pair.ofGeneration(generation));
  expect(first?.fingerprint).toBe(
    `sha-256 ${new X509Certificate(readFileSync(first!.certificatePath)).fingerprint256}`,
  );
  expect(second?.fingerprint).not.toBe(first?.fingerprint);
  expect(third).toEqual(first);
  expect(statSync(first!.keyPath).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(first!.keyPath)).mode & 0o777).toBe(0o700);
  pair.remove();
  expect(existsSync(dirname(first!.keyPath))).toBe(false);
});
