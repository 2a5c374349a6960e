// SHA-256, FIPS 180-4 (RFC 6234). Synchronous, which Web Crypto's is not.
import { primeRootFractions } from './hash-constants.js';

const rounds = Uint32Array.from(primeRootFractions(64, 3), (fraction) => Number(fraction >> 32n));
const initial = Uint32Array.from(primeRootFractions(8, 2), (fraction) => Number(fraction >> 32n));

/** The 32 octets of the SHA-256 sum. */
export function sha256(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(padded.length - 4, (data.length << 3) >>> 0);
  const state = initial.slice();
  const schedule = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let word = 0; word < 16; word++) schedule[word] = view.getUint32(block + word * 4);
    compress(state, schedule);
  }
  const sum = new Uint8Array(32);
  const out = new DataView(sum.buffer);
  state.forEach((word, index) => {
    out.setUint32(index * 4, word);
  });
  return sum;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function expand(schedule: Uint32Array): void {
  for (let at = 16; at < 64; at++) {
    const early = schedule[at - 15]!;
    const late = schedule[at - 2]!;
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[at] = schedule[at - 16]! + s0 + schedule[at - 7]! + s1;
  }
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  expand(schedule);
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < 64; at++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + rounds[at]! + schedule[at]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const added = [a, b, c, d, e, f, g, h];
  for (let at = 0; at < 8; at++) state[at] = state[at]! + added[at]!;
}
