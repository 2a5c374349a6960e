// SHA-512/256, FIPS 180-4 §5.3.6, the third algorithm of RFC 8760. With BigInt: slow, rarely asked for, and short.
import { primeRootFractions } from './hash-constants.js';

const mask = 0xffff_ffff_ffff_ffffn;

interface Constants {
  rounds: bigint[];
  initial: bigint[];
}

/** Made at first use: a browser that never meets this algorithm does not pay for it. */
let constants: Constants | undefined;

/** The initial state is a SHA-512 of the name, made with every word of SHA-512's own initial state inverted in part. */
function makeConstants(): Constants {
  const rounds = primeRootFractions(80, 3);
  const start = primeRootFractions(8, 2).map((word) => word ^ 0xa5a5_a5a5_a5a5_a5a5n);
  return { rounds, initial: wordsOf(digest(start, rounds, new TextEncoder().encode('SHA-512/256'))) };
}

/** The 32 octets of the SHA-512/256 sum. */
export function sha512Half(data: Uint8Array): Uint8Array {
  constants ??= makeConstants();
  return digest(constants.initial, constants.rounds, data).slice(0, 32);
}

function wordsOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 8 }, (_, word) => view.getBigUint64(word * 8));
}

function digest(start: readonly bigint[], rounds: readonly bigint[], data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 17) / 128) * 128);
  padded.set(data);
  padded[data.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const state = [...start];
  for (let block = 0; block < padded.length; block += 128)
    compress(state, rounds, wordsOf(padded.subarray(block, block + 128)));
  const sum = new Uint8Array(64);
  const out = new DataView(sum.buffer);
  state.forEach((word, index) => {
    out.setBigUint64(index * 8, word);
  });
  return sum;
}

function rotate(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & mask;
}

/** `schedule` comes with 16 words and is extended to 80. */
function compress(state: bigint[], rounds: readonly bigint[], schedule: bigint[]): void {
  for (let at = 16; at < 80; at++) {
    const early = schedule[at - 15]!;
    const late = schedule[at - 2]!;
    const s0 = rotate(early, 1n) ^ rotate(early, 8n) ^ (early >> 7n);
    const s1 = rotate(late, 19n) ^ rotate(late, 61n) ^ (late >> 6n);
    schedule.push((schedule[at - 16]! + s0 + schedule[at - 7]! + s1) & mask);
  }
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  for (let at = 0; at < 80; at++) {
    const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
    const t1 = h + s1 + ((e & f) ^ ((e ^ mask) & g)) + rounds[at]! + schedule[at]!;
    const s0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & mask, c, b, a, (t1 + t2) & mask];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index]! + word) & mask;
  });
}
