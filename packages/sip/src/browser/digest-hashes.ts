// For `auth/digest-hashes.ts`: MD5 and SHA-256, as browsers themselves have for HTTP. A server that offers SHA-512-256 offers
// one of these beside it, in a challenge of its own (RFC 8760 §2.3).
import { hex } from '@intermix/kernel';
import { md5 } from '../auth/hash-md5.js';
import { sha256 } from '../auth/hash-sha256.js';
import { encodeUtf8 } from '../message/text.js';

/** Of servers; they fall out of the bundle. */
export { constantTimeEqual, HmacSha256, setDigestHashes } from '../auth/digest-hashes.js';

export const digestAlgorithms = ['MD5', 'SHA-256'] as const;

/** Lower-case hex of the hash of a text's UTF-8, or of octets. */
export function hashHex(algorithm: (typeof digestAlgorithms)[number], data: string | Uint8Array): string {
  return hex((algorithm === 'MD5' ? md5 : sha256)(typeof data === 'string' ? encodeUtf8(data) : data));
}
