import { decodePcma, decodePcmu } from '@intermix/media';
import type { SampleCoding, WavHeader } from './wav-header.js';

/** Reads one sample as 16 bit linear. */
type ReadSample = (bytes: Buffer, offset: number) => number;

const linear: Readonly<Record<Exclude<SampleCoding, 'alaw' | 'ulaw'>, ReadSample>> = {
  pcm8: (bytes, offset) => (bytes.readUInt8(offset) - 128) << 8,
  pcm16: (bytes, offset) => bytes.readInt16LE(offset),
  pcm24: (bytes, offset) => bytes.readIntLE(offset, 3) >> 8,
  pcm32: (bytes, offset) => bytes.readInt32LE(offset) >> 16,
  float32: (bytes, offset) => int16Of(bytes.readFloatLE(offset)),
  float64: (bytes, offset) => int16Of(bytes.readDoubleLE(offset)),
};

/** A sample of ±1 as 16 bit; what is louder is cut, and what is no number is silence. */
export function int16Of(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}

/** The samples of frames `first` to `last` (exclusive) as 16 bit mono: of two channels, their mean. */
export function readWavSamples(bytes: Buffer, header: WavHeader, first: number, last: number): Int16Array {
  const block = header.channels * header.sampleBytes;
  const { read, source } = readerOf(header.coding, bytes, header.dataStart + first * block, (last - first) * block);
  const mono = new Int16Array(last - first);
  for (let index = 0; index < mono.length; index++) {
    const at = index * block;
    const left = read(source, at);
    mono[index] = header.channels === 1 ? left : (left + read(source, at + header.sampleBytes)) >> 1;
  }
  return mono;
}

function readerOf(coding: SampleCoding, bytes: Buffer, start: number, length: number) {
  const source = bytes.subarray(start, start + length);
  if (coding !== 'alaw' && coding !== 'ulaw') return { read: linear[coding], source };
  const decoded = coding === 'alaw' ? decodePcma(source) : decodePcmu(source);
  const read: ReadSample = (_, offset) => decoded[offset] ?? 0;
  return { read, source };
}
