import * as crypto from 'node:crypto';
import { type DigestAlgorithm, type DigestHashes, type HexHash, setDigestHashes } from '../auth/digest-hashes.js';

const names: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

/**
 * Lets digest use OpenSSL, which is many times faster than the portable code. An algorithm that this build of OpenSSL
 * does not have (MD5 under FIPS) stays with the portable one. Called once on import of `@intermix/sip/node`.
 */
export function useNodeDigestHashes(): void {
  const faster: Partial<DigestHashes> = {};
  for (const [algorithm, name] of Object.entries(names) as [DigestAlgorithm, string][]) {
    try {
      crypto.createHash(name);
      faster[algorithm] = (data) => crypto.createHash(name).update(data).digest();
    } catch {
      // Not in this build.
    }
  }
  setDigestHashes(faster, oneStepHash(faster));
}

/** `crypto.hash` of Node 20.12 and later makes no object for each hash. */
function oneStepHash(known: Partial<DigestHashes>): HexHash | undefined {
  const { hash } = crypto as { hash?: (name: string, data: string | Uint8Array, encoding: 'hex') => string };
  return hash && ((algorithm, data) => (known[algorithm] ? hash(names[algorithm], data, 'hex') : undefined));
}
