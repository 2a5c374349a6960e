import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { StoreError } from './store-error.js';

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** Encryption at rest: AES-256-GCM, a fresh 96-bit nonce each time. Text form: `v1:` base64(nonce ‖ tag ‖ ciphertext). */
export class SecretBox {
  readonly #key: Buffer;

  /** `key` has 32 octets. */
  constructor(key: Buffer) {
    this.#key = key;
  }

  encrypt(text: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv, { authTagLength: tagBytes });
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${version}:${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`;
  }

  /** Throws ERR_STORE_SECRET_KEY when the text was changed, or encrypted under another key. */
  decrypt(encrypted: string): string {
    const bytes = Buffer.from(encrypted.slice(version.length + 1), 'base64');
    if (!encrypted.startsWith(`${version}:`) || bytes.length < ivBytes + tagBytes) throw StoreError.undecryptable();
    const iv = bytes.subarray(0, ivBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, { authTagLength: tagBytes });
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    try {
      return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw StoreError.undecryptable();
    }
  }
}

/** SHA-256 in hex: for tokens and generated secrets, whose entropy makes a slow hash needless. Never for passwords. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Of no secret: what is unknown is compared with it, so that it costs as much time as a wrong secret. */
export const nobodysHash = '0'.repeat(64);

/** Whether a presented token has the stored hash, in constant time. */
export function tokenMatches(token: string, storedHash: string): boolean {
  const presented = Buffer.from(hashToken(token));
  const stored = Buffer.from(storedHash);
  return presented.length === stored.length && timingSafeEqual(presented, stored);
}
