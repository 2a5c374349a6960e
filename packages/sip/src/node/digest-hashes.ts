import { createHash } from 'node:crypto';
import { type DigestAlgorithm, type DigestHashes, setDigestHashes } from '../auth/digest-hashes.js';

const names: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

/**
 * Lets digest use OpenSSL, which is many times faster than the portable code. An algorithm that this build of OpenSSL
 * does not have (MD5 under FIPS) stays with the portable one. Called once on import of `@intermix/sip/node`.
 */
export function useNodeDigestHashes(): void {
  const faster: Partial<DigestHashes> = {};
  for (const [algorithm, name] of Object.entries(names) as [DigestAlgorithm, string][]) {
    try {
      createHash(name);
      faster[algorithm] = (data) => createHash(name).update(data).digest();
    } catch {
      // Not in this build.
    }
  }
  setDigestHashes(faster);
}
