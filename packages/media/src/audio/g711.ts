// G.711 by lookup table: 256 entries to decode, 65,536 to encode (one per linear 16-bit sample).

const muLawBias = 0x84;
const muLawClip = 32635;

function encodeMuLawSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), muLawClip) + muLawBias;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

function decodeMuLawOctet(octet: number): number {
  const bits = ~octet & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + muLawBias) << ((bits & 0x70) >> 4)) - muLawBias;
  return (bits & 0x80) !== 0 ? -magnitude : magnitude;
}

function encodeALawSample(sample: number): number {
  // A negative sample is taken as its one's complement, so that -1 falls in the first step below zero.
  const magnitude = (sample < 0 ? ~sample : sample) >> 3;
  const sign = sample < 0 ? 0 : 0x80;
  const exponent = magnitude < 32 ? 0 : 31 - Math.clz32(magnitude) - 4;
  const mantissa = exponent === 0 ? (magnitude >> 1) & 0x0f : (magnitude >> exponent) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

function decodeALawOctet(octet: number): number {
  const bits = octet ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return (bits & 0x80) !== 0 ? magnitude : -magnitude;
}

const decodeMuLaw = Int16Array.from({ length: 256 }, (_, octet) => decodeMuLawOctet(octet));
const decodeALaw = Int16Array.from({ length: 256 }, (_, octet) => decodeALawOctet(octet));
const encodeMuLaw = Uint8Array.from({ length: 65_536 }, (_, bits) => encodeMuLawSample((bits << 16) >> 16));
const encodeALaw = Uint8Array.from({ length: 65_536 }, (_, bits) => encodeALawSample((bits << 16) >> 16));
const muLawToALaw = Uint8Array.from(decodeMuLaw, (sample) => encodeALaw[sample & 0xffff] as number);
const aLawToMuLaw = Uint8Array.from(decodeALaw, (sample) => encodeMuLaw[sample & 0xffff] as number);

function mapOctets(input: Uint8Array, table: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(input.length);
  for (let i = 0; i < input.length; i++) output[i] = table[input[i] as number] as number;
  return output;
}

function encode(pcm: Int16Array, table: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(pcm.length);
  for (let i = 0; i < pcm.length; i++) output[i] = table[(pcm[i] as number) & 0xffff] as number;
  return output;
}

function decode(octets: Uint8Array, table: Int16Array): Int16Array {
  const output = new Int16Array(octets.length);
  for (let i = 0; i < octets.length; i++) output[i] = table[octets[i] as number] as number;
  return output;
}

/** Linear 16-bit samples to µ-law, one octet a sample. ITU-T G.711. */
export const encodePcmu = (pcm: Int16Array): Buffer => encode(pcm, encodeMuLaw);
/** µ-law octets to linear 16-bit samples. */
export const decodePcmu = (octets: Uint8Array): Int16Array => decode(octets, decodeMuLaw);
/** Linear 16-bit samples to A-law, one octet a sample. ITU-T G.711. */
export const encodePcma = (pcm: Int16Array): Buffer => encode(pcm, encodeALaw);
/** A-law octets to linear 16-bit samples. */
export const decodePcma = (octets: Uint8Array): Int16Array => decode(octets, decodeALaw);
/** µ-law to A-law, octet by octet. */
export const pcmuToPcma = (octets: Uint8Array): Buffer => mapOctets(octets, muLawToALaw);
/** A-law to µ-law, octet by octet. */
export const pcmaToPcmu = (octets: Uint8Array): Buffer => mapOctets(octets, aLawToMuLaw);
