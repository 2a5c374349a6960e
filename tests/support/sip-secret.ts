import { createDecipheriv } from 'node:crypto';

const publishedKey = 'change this password to a secret';

/** The password in a `SipSecret`, as the vendor's SDK reads it. */
export function decryptSipSecret(secret: string): string {
  const bytes = Buffer.from(secret, 'hex');
  const decipher = createDecipheriv('aes-256-cfb', publishedKey, bytes.subarray(0, 16));
  return decipher.update(bytes.subarray(16), undefined, 'utf8') + decipher.final('utf8');
}
