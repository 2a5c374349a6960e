import { createCipheriv } from 'node:crypto';

/**
 * The key that the vendor's CRM SDK publishes and decrypts with. So this hides nothing: whoever holds an app token may have the
 * password. It only makes `SipSecret` what that SDK reads.
 */
const publishedKey = Buffer.from('change this password to a secret', 'ascii');

/** A SIP password as `SipSecret`: lower-case hex of the IV (16 octets) and AES-256 in CFB with 128-bit feedback. */
export function encryptSipSecret(password: string, iv: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cfb', publishedKey, iv);
  return Buffer.concat([iv, cipher.update(password, 'utf8'), cipher.final()]).toString('hex');
}
