// An MPEG audio frame begins with 32 bits, ISO/IEC 11172-3 §2.4.1.3 and 13818-3:
//   sync (11) | version (2) | layer (2) | no CRC (1) | bit rate (4) | sample rate (2) | padding (1) | …

/** kbit/s by index; version 1 layer III, versions 2 and 2.5 layer III. */
const bitRates = {
  one: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  two: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const sampleRates = [44_100, 48_000, 32_000];

/** How far behind a tag the first frame is looked for: some writers leave a gap. */
const searchedBytes = 4_096;

export interface Mp3Frame {
  /** Where it begins. */
  offset: number;
  /** Octets, header and all. */
  length: number;
  sampleRateHz: number;
}

/** The first frame of layer III that another one follows, or with which the file ends; undefined: no MP3. */
export function firstMp3Frame(bytes: Buffer): Mp3Frame | undefined {
  const start = tagLength(bytes);
  const end = Math.min(bytes.length - 4, start + searchedBytes);
  for (let offset = start; offset <= end; offset++) {
    const frame = frameAt(bytes, offset);
    if (frame === undefined) continue;
    const next = offset + frame.length;
    if (next + 4 > bytes.length || frameAt(bytes, next)?.sampleRateHz === frame.sampleRateHz) return frame;
  }
  return undefined;
}

/** Octets of the ID3v2 tag in front; 0 without one. Its size is four times seven bits. */
function tagLength(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 3) !== 'ID3') return 0;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10);
  return 10 + (((a & 0x7f) << 21) | ((b & 0x7f) << 14) | ((c & 0x7f) << 7) | (d & 0x7f));
}

function frameAt(bytes: Buffer, offset: number): Mp3Frame | undefined {
  if (offset + 4 > bytes.length) return undefined;
  const header = bytes.readUInt32BE(offset);
  if (header >>> 21 !== 0x7ff || ((header >>> 17) & 3) !== 1) return undefined; // Layer III is 01.
  const version = (header >>> 19) & 3; // 11: version 1; 10: version 2; 00: version 2.5; 01 is reserved.
  const base = sampleRates[(header >>> 10) & 3];
  const kbits = (version === 3 ? bitRates.one : bitRates.two)[(header >>> 12) & 15];
  if (version === 1 || base === undefined || !kbits) return undefined;
  const sampleRateHz = base / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const slots = version === 3 ? 144 : 72;
  const length = Math.floor((slots * kbits * 1000) / sampleRateHz) + ((header >>> 9) & 1);
  return { offset, length, sampleRateHz };
}
