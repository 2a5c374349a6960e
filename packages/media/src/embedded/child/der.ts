// As much of ASN.1 DER (X.690) as a certificate needs: | tag | length | content |

const lengthOctets = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) octets.unshift(rest & 0xff);
  return Buffer.from([0x80 | octets.length, ...octets]);
};

export function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

export const sequence = (...items: Uint8Array[]): Buffer => der(0x30, ...items);
export const set = (...items: Uint8Array[]): Buffer => der(0x31, ...items);
export const bitString = (octets: Uint8Array): Buffer => der(0x03, Buffer.from([0]), octets);
export const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text, 'utf8'));
/** An explicit context tag, constructed. */
export const explicit = (tagNumber: number, content: Uint8Array): Buffer => der(0xa0 | tagNumber, content);

/** A non-negative integer from its big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  const firstSignificant = octets.findIndex((octet) => octet !== 0);
  const significant = firstSignificant < 0 ? Buffer.from([0]) : octets.subarray(firstSignificant);
  const needsSign = ((significant[0] as number) & 0x80) !== 0;
  return der(0x02, ...(needsSign ? [Buffer.from([0])] : []), significant);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) groups.unshift((high & 0x7f) | 0x80);
    octets.push(...groups);
  }
  return der(0x06, Buffer.from(octets));
}

/** UTCTime, good until 2049. */
export function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, 'ascii'));
}
