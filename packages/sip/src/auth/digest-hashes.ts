// In browsers, `browser/digest-hashes.ts` stands in the place of this module.
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
/** Lower-case hex of the hash of a text's UTF-8, or of octets; undefined for an algorithm that it does not know. */
export type HexHash = (algorithm: DigestAlgorithm, data: string | Uint8Array) => string | undefined;

const hashes: DigestHashes = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512Half };

/** Puts faster implementations in place of ours: `node:crypto` where there is one. For the whole process. */
export function setDigestHashes(faster: Partial<DigestHashes>, hexHash?: HexHash): void {
  Object.assign(hashes, faster);
  direct = hexHash ?? direct;
}

/** Hash and hex in one step, where the platform has it. */
let direct: HexHash = () => undefined;

/** Lower-case hex of the hash of a text's UTF-8, or of octets. */
export function hashHex(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  return direct(algorithm, data) ?? hex(hashes[algorithm](typeof data === 'string' ? encodeUtf8(data) : data));
}

/** HMAC-SHA-256 with one key, RFC 2104. */
export class HmacSha256 {
  readonly #inner = new Uint8Array(64).fill(0x36);
  /** The block of the outer hash, with room for the inner one behind it. */
  readonly #outer = new Uint8Array(64 + 32).fill(0x5c, 0, 64);

  constructor(key: Uint8Array) {
    const block = key.length > 64 ? hashes['SHA-256'](key) : key;
    block.forEach((octet, at) => {
      this.#inner[at]! ^= octet;
      this.#outer[at]! ^= octet;
    });
  }

  digest(data: Uint8Array): Uint8Array {
    const inner = new Uint8Array(64 + data.length);
    inner.set(this.#inner);
    inner.set(data, 64);
    this.#outer.set(hashes['SHA-256'](inner), 64);
    return hashes['SHA-256'](this.#outer);
  }

  /** The same as lower-case hex. */
  digestHex(data: Uint8Array): string {
    return hex(this.digest(data));
  }
}

/** HMAC-SHA-256, RFC 2104. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new HmacSha256(key).digest(data);
}

/** Compares without telling by its time where two texts differ. Their lengths are no secret. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
