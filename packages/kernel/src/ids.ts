/** The one source of randomness. Must be cryptographically strong outside tests. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A float in [0, 1), for jitter. */
  fraction(): number;
}

interface WebCrypto {
  getRandomValues(array: Uint8Array): Uint8Array;
}

/** Node ≥ 19 and every browser carry Web Crypto as a global. */
export const systemRandom: Random = {
  bytes(length) {
    return (globalThis as unknown as { crypto: WebCrypto }).crypto.getRandomValues(new Uint8Array(length));
  },
  fraction: () => Math.random(),
};

const byteHex = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byteHex[byte];
  return text;
}

/** Short prefixes tell in a log line what an id names. Exotel's own ids (`call_sid`) have none. */
export type IdPrefix = '' | 'leg_' | 'car_' | 'did_' | 'usr_' | 'evt_' | 'adm_' | 'dlv_' | 'rec_';

/** `bytes` random octets as lower-case hex behind the prefix; 16 octets (128 bits) unless told otherwise. */
export function createId(prefix: IdPrefix = '', bytes = 16, random: Random = systemRandom): string {
  return prefix + hex(random.bytes(bytes));
}
