import { cfb } from '@noble/ciphers/aes.js';
import { publicKey } from './constants.js';

const IV_BYTES = 16;

/**
 * The SIP password in a `SipSecret`: hex of IV and text, AES-256 in CFB mode with 128-bit feedback (NIST SP 800-38A §6.3).
 * In plain JavaScript, because Web Crypto has no CFB and is missing on plain http pages. Throws TypeError when it is none.
 */
export function decryptSipSecret(secret: string): string {
  const bytes = bytesOf(secret);
  if (bytes.length <= IV_BYTES) throw new TypeError('SipSecret holds no password');
  const password = cfb(bytesOf(publicKey), bytes.slice(0, IV_BYTES)).decrypt(bytes.slice(IV_BYTES));
  return new TextDecoder('utf-8', { fatal: true }).decode(password);
}

function bytesOf(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new TypeError('SipSecret is not hexadecimal');
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
