export interface MutationOptions {
  count: number;
  /** The same seed gives the same octets. */
  seed: number;
}

/** Copies of sound messages, each spoilt in one to eight places: octets changed, cut out, repeated, or put in. */
export function* mutations(sound: readonly Buffer[], { count, seed }: MutationOptions): Generator<Buffer> {
  const below = numbers(seed);
  for (let i = 0; i < count; i++) {
    let bytes = sound[i % sound.length] ?? Buffer.alloc(0);
    for (let changes = 1 + below(8); changes > 0; changes--) bytes = spoil(bytes, below);
    yield bytes.subarray(0, 60_000);
  }
}

const morsels = [
  '\r\n',
  '\r\n\r\n',
  '\0',
  ';',
  ',',
  '<',
  '"',
  '%00',
  ':',
  '=',
  '99999999999',
  'Via: ',
  '\xff\xfe',
  ' ',
];

function spoil(bytes: Buffer, below: (limit: number) => number): Buffer {
  const at = below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + below(40));
  const [head, part, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (below(5)) {
    case 0:
      return Buffer.concat([head, Buffer.from([below(256)]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, part, part, part, tail]);
    case 3:
      return Buffer.concat([head, Buffer.from(morsels[below(morsels.length)] ?? '', 'latin1'), bytes.subarray(at)]);
    default:
      return head.length > 20 ? head : bytes; // Truncated.
  }
}

/** Mulberry32: whole numbers below a limit, the same for the same seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
