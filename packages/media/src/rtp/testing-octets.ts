/** Octets that look random and are the same in each run. */
export function pseudoRandomOctets(seed: number, length: number): Buffer {
  const octets = Buffer.alloc(length);
  let state = seed * 48_271 + 1;
  for (let i = 0; i < length; i++) {
    state = (state * 48_271) % 2_147_483_647;
    octets[i] = state & 0xff;
  }
  return octets;
}
