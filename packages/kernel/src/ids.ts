/** The one source of randomness. Must be cryptographically strong outside tests. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A float in [0, 1), for jitter. */
  fraction(): number;
}

interface WebCrypto {
  getRandomValues(array: Uint8Array): Uint8Array;
}

const poolSize = 4_096;
let pool: Uint8Array = new Uint8Array(0);
let taken = 0;

/**
 * Octets from a pool that is filled at once: each question to the system costs as much as hundreds of octets, and one call
 * asks some thirty times for ids, tags and branches. Octets that were given are wiped from the pool.
 */
function pooledBytes(length: number): Uint8Array {
  if (length > poolSize / 4) return filled(new Uint8Array(length));
  if (taken + length > pool.length) {
    pool = filled(new Uint8Array(poolSize));
    taken = 0;
  }
  const bytes = pool.slice(taken, taken + length);
  pool.fill(0, taken, taken + length);
  taken += length;
  return bytes;
}

/** Node ≥ 19 and every browser carry Web Crypto as a global. */
function filled(array: Uint8Array): Uint8Array {
  return (globalThis as unknown as { crypto: WebCrypto }).crypto.getRandomValues(array);
}

export const systemRandom: Random = {
  bytes: pooledBytes,
  fraction: () => Math.random(),
};

const byteHex = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** What is used of Node's Buffer where there is one: a browser has none, or one of another make. */
interface NodeBuffers {
  prototype: { hexSlice?: (this: Uint8Array, start: number, end: number) => string };
}

const hexSlice = ((globalThis as { Buffer?: unknown }).Buffer as NodeBuffers | undefined)?.prototype.hexSlice;

export function hex(bytes: Uint8Array): string {
  // Called on the array itself: asking for its `buffer` would move a small one off V8's heap.
  if (hexSlice) return hexSlice.call(bytes, 0, bytes.length);
  let text = '';
  for (const byte of bytes) text += byteHex[byte];
  return text;
}

/** Short prefixes tell in a log line what an id names. Exotel's own ids (`call_sid`) have none. */
export type IdPrefix =
  | ''
  | 'leg_'
  | 'car_'
  | 'did_'
  | 'usr_'
  | 'evt_'
  | 'adm_'
  | 'ses_'
  | 'aud_'
  | 'req_'
  | 'dlv_'
  | 'rec_'
  | 'prm_'
  | 'flw_'
  | 'bot_'
  | 'bcl_';

/** `bytes` random octets as lower-case hex behind the prefix; 16 octets (128 bits) unless told otherwise. */
export function createId(prefix: IdPrefix = '', bytes = 16, random: Random = systemRandom): string {
  return prefix + hex(random.bytes(bytes));
}
