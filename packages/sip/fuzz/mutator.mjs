/** A small generator of numbers that gives the same row for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** What makes parsers stumble: separators, breaks, quotes, extreme numbers, and names that are looked for. */
const dictionary = [
  ...',;:"<>=@%\\/?*[]() \t\r\n\0'.split(''),
  ...[
    '\r\n',
    '\r\n ',
    '\r\n\r\n',
    ';;',
    '%00',
    '%',
    '\\"',
    '<sip:>',
    '*',
    '-1',
    '0',
    '4294967296',
    '99999999999999999999',
  ],
  ...[
    '\r\nContent-Length: 0',
    '\r\nl: 5',
    '\r\nVia: SIP/2.0/UDP h',
    '\r\nContact: *',
    '\r\nCSeq: 1 X',
    'SIP/2.0 ',
    'sip:',
    'sips:',
  ],
  ...[
    ';tag=1',
    ';branch=z9hG4bK',
    ';rport',
    '--b1\r\n',
    '--',
    'Digest ',
    'nonce="',
    'é',
    '\u{1f4de}',
    '__proto__',
    '[::1]',
  ],
].map((text) => Buffer.from(text));

/** A changed copy: mostly one or two edits, so that much of it is still understood; now and then many, or a long one. */
export function mutate(seed, others, random) {
  let bytes = Buffer.from(seed);
  for (let edits = 1 + random.below(random.below(10) === 0 ? 8 : 2); edits > 0; edits--)
    bytes = edit(bytes, others, random);
  return bytes.length > 80_000 ? bytes.subarray(0, 80_000) : bytes;
}

function edit(bytes, others, random) {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(64, bytes.length - at + 1));
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at + length);
  const piece = bytes.subarray(at, at + length);
  switch (random.below(8)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] = random.below(256);
      return changed;
    }
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, piece, piece, after]);
    case 3: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + random.below(400)), bytes.subarray(at)]);
    }
    case 4: {
      const kind = random.below(40);
      if (kind === 0) return before;
      const filler = random.pick(dictionary);
      return Buffer.concat([
        before,
        Buffer.alloc(kind === 1 ? random.below(20_000) : 1 + random.below(8), filler),
        after,
      ]);
    }
    default:
      return Buffer.concat([before, random.pick(dictionary), bytes.subarray(at + random.below(3))]);
  }
}
