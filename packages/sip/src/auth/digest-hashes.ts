import { hex } from '@intermix/kernel';
import { encodeUtf8 } from '../message/text.js';
import { md5 } from './hash-md5.js';
import { sha256 } from './hash-sha256.js';
import { sha512Half } from './hash-sha512-256.js';

/** The algorithms of RFC 8760, weakest first. */
export const digestAlgorithms = ['MD5', 'SHA-256', 'SHA-512-256'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

export type HashFunction = (data: Uint8Array) => Uint8Array;
export type DigestHashes = Record<DigestAlgorithm, HashFunction>;

const hashes: DigestHashes = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512Half };

/** Puts faster implementations in place of ours: `node:crypto` where there is one. For the whole process. */
export function setDigestHashes(faster: Partial<DigestHashes>): void {
  Object.assign(hashes, faster);
}

/** Lower-case hex of the hash of a text's UTF-8, or of octets. */
export function hashHex(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  return hex(hashes[algorithm](typeof data === 'string' ? encodeUtf8(data) : data));
}

/** HMAC-SHA-256, RFC 2104. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const hash = hashes['SHA-256'];
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? hash(key) : key);
  const inner = new Uint8Array(64 + data.length);
  const outer = new Uint8Array(64 + 32);
  for (let at = 0; at < 64; at++) {
    inner[at] = block[at]! ^ 0x36;
    outer[at] = block[at]! ^ 0x5c;
  }
  inner.set(data, 64);
  outer.set(hash(inner), 64);
  return hash(outer);
}

/** Compares without telling by its time where two texts differ. Their lengths are no secret. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
