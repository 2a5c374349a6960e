import { SpeechError } from '../speech-error.js';

// RIFF/WAVE, "Multimedia Programming Interface and Data Specifications 1.0" (1991):
//   'RIFF' size 'WAVE' | chunks: id (4) size (4) data, padded to even
//   'fmt ': format (2) channels (2) rate (4) bytes/s (4) block (2) bits (2) | extension: size (2) bits (2) mask (4) GUID (16)

/** How samples are written in the file. */
export type SampleCoding = 'pcm8' | 'pcm16' | 'pcm24' | 'pcm32' | 'float32' | 'float64' | 'alaw' | 'ulaw';

export interface WavHeader {
  coding: SampleCoding;
  channels: 1 | 2;
  sampleRateHz: number;
  /** Octets of one sample. */
  sampleBytes: number;
  /** Where the samples are: whole frames only. */
  dataStart: number;
  dataEnd: number;
}

/** Sizes from here on mean "until the end": programs that write to a pipe do not know their length. */
const streamedSize = 0x7fff_0000;
const extensible = 0xfffe;
const codings: Readonly<Record<string, SampleCoding>> = {
  '1/8': 'pcm8',
  '1/16': 'pcm16',
  '1/24': 'pcm24',
  '1/32': 'pcm32',
  '3/32': 'float32',
  '3/64': 'float64',
  '6/8': 'alaw',
  '7/8': 'ulaw',
};
/** What the commonest other formats are called. */
const formatNames: Readonly<Record<number, string>> = { 2: 'ADPCM', 17: 'IMA ADPCM', 49: 'GSM 6.10', 85: 'MP3 in WAV' };
const lowestRateHz = 4_000;
const highestRateHz = 192_000;

/** Reads the chunks up to the samples. Throws SpeechError: `damaged`, `unsupported-format`, `not-audio`. */
export function readWavHeader(bytes: Buffer): WavHeader {
  let format: Omit<WavHeader, 'dataStart' | 'dataEnd'> | undefined;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', offset, offset + 4);
    const size = bytes.readUInt32LE(offset + 4);
    const start = offset + 8;
    if (id === 'fmt ') format = readFormat(bytes.subarray(start, start + size), size);
    if (id === 'data') {
      if (format === undefined) throw damaged('its samples come before their description');
      return { ...format, ...dataOf(bytes, start, size, format) };
    }
    offset = start + size + (size & 1);
  }
  throw damaged(format === undefined ? 'it ends before it says what its samples are' : 'it ends before its samples');
}

function readFormat(chunk: Buffer, size: number): Omit<WavHeader, 'dataStart' | 'dataEnd'> {
  if (size < 16 || chunk.length < size) throw damaged('the description of its samples is cut off');
  const given = chunk.readUInt16LE(0);
  if (given === extensible && size < 26) throw damaged('the description of its samples is cut off');
  const format = given === extensible ? chunk.readUInt16LE(24) : given;
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const block = chunk.readUInt16LE(12);
  const bits = chunk.readUInt16LE(14);
  const coding = codings[`${format}/${bits}`];
  if (coding === undefined) throw unsupported(`samples of ${bits} bits in format ${formatNames[format] ?? format}`);
  if (channels !== 1 && channels !== 2) throw unsupported(`${channels} channels`);
  if (sampleRateHz < lowestRateHz || sampleRateHz > highestRateHz) throw unsupported(`a rate of ${sampleRateHz} Hz`);
  if (block !== (channels * bits) / 8) throw damaged('its description of the samples contradicts itself');
  return { coding, channels, sampleRateHz, sampleBytes: bits / 8 };
}

/** Where the samples end: as the chunk says, or at the end of a file that was written to a pipe. */
function dataOf(
  bytes: Buffer,
  dataStart: number,
  size: number,
  format: { channels: number; sampleBytes: number },
): Pick<WavHeader, 'dataStart' | 'dataEnd'> {
  const there = bytes.length - dataStart;
  const isStreamed = size >= streamedSize || (size === 0 && there > 0);
  if (!isStreamed && size > there) throw damaged(`it says ${size} octets of samples and holds ${there}`);
  const block = format.channels * format.sampleBytes;
  const length = Math.floor((isStreamed ? there : size) / block) * block;
  if (length === 0) throw new SpeechError('not-audio', 'The WAV file holds no samples.');
  return { dataStart, dataEnd: dataStart + length };
}

function damaged(how: string): SpeechError {
  return new SpeechError('damaged', `The WAV file is damaged: ${how}.`);
}

function unsupported(what: string): SpeechError {
  return new SpeechError(
    'unsupported-format',
    `The WAV file has ${what}; give PCM of 8, 16, 24 or 32 bit, A-law or µ-law, mono or stereo, 4 to 192 kHz.`,
  );
}
