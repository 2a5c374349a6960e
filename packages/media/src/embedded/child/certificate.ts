import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bitString, explicit, integer, objectIdentifier, sequence, set, utcTime, utf8String } from './der.js';

/** A DTLS certificate on disk, as libdatachannel takes certificates as files only. */
export interface DtlsCertificate {
  certificatePath: string;
  keyPath: string;
  /** As in `a=fingerprint`: `sha-256 AB:CD…`. */
  fingerprint: string;
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';
const dayMs = 86_400_000;
const validMs = 5 * 365 * dayMs;

/** A self-signed P-256 certificate and its key in PEM. RFC 8827 §6.5 asks for nothing more. */
export function makeSelfSignedCertificate(nowMs: number): { certificatePem: string; keyPem: string; der: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectIdentifier(ecdsaWithSha256));
  const name = sequence(set(sequence(objectIdentifier(commonName), utf8String('intermix'))));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))), // Version 3.
    integer(randomBytes(16)),
    algorithm,
    name,
    sequence(utcTime(nowMs - dayMs), utcTime(nowMs + validMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', toBeSigned, { key: privateKey, dsaEncoding: 'der' });
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  return { certificatePem: pem(der), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), der };
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** The fingerprint of a certificate, RFC 8122 §5. */
export function fingerprintOf(der: Buffer): string {
  const octets = createHash('sha256').update(der).digest('hex').toUpperCase().match(/../g) ?? [];
  return `sha-256 ${octets.join(':')}`;
}

/**
 * Two certificates in a folder that only we can read. Two, as a browser redoes DTLS after an ICE restart only when the
 * fingerprint has changed: legs alternate between them.
 */
export class CertificatePair {
  readonly #folder = mkdtempSync(join(tmpdir(), 'intermix-media-')); // Made with mode 0700.
  readonly #certificates: [DtlsCertificate, DtlsCertificate];

  constructor(nowMs: number) {
    this.#certificates = [this.#make('a', nowMs), this.#make('b', nowMs)];
  }

  /** The certificate of a leg's n-th transport. */
  ofGeneration(generation: number): DtlsCertificate {
    return this.#certificates[generation % 2 === 0 ? 0 : 1];
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #make(name: string, nowMs: number): DtlsCertificate {
    const { certificatePem, keyPem, der } = makeSelfSignedCertificate(nowMs);
    const certificatePath = join(this.#folder, `${name}.crt`);
    const keyPath = join(this.#folder, `${name}.key`);
    writeFileSync(certificatePath, certificatePem, { mode: 0o600 });
    writeFileSync(keyPath, keyPem, { mode: 0o600 });
    return { certificatePath, keyPath, fingerprint: fingerprintOf(der) };
  }
}
