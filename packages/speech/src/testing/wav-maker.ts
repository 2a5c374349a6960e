import { encodePcma, encodePcmu } from '@intermix/media';
import type { SampleCoding } from '../audio/wav-header.js';

export interface ToneFile {
  coding?: SampleCoding;
  channels?: number;
  sampleRateHz?: number;
  hz?: number;
  seconds?: number;
  /** Of full scale. Default a quarter. */
  amplitude?: number;
  /** Writes the extensible format with a GUID, as recorders of more than 16 bits do. */
  isExtensible?: boolean;
}

const formats: Readonly<Record<SampleCoding, readonly [format: number, bits: number]>> = {
  pcm8: [1, 8],
  pcm16: [1, 16],
  pcm24: [1, 24],
  pcm32: [1, 32],
  float32: [3, 32],
  float64: [3, 64],
  alaw: [6, 8],
  ulaw: [7, 8],
};

/** A tone as a WAV file, the same on all channels. */
export function toneFile(options: ToneFile = {}): Buffer {
  const { coding = 'pcm16', channels = 1, sampleRateHz = 8_000, hz = 440, seconds = 1, amplitude = 0.25 } = options;
  const samples = Array.from(
    { length: Math.round(sampleRateHz * seconds) },
    (_, index) => amplitude * Math.sin((2 * Math.PI * hz * index) / sampleRateHz),
  );
  const data = Buffer.concat(samples.map((sample) => Buffer.concat(Array(channels).fill(sampleOf(coding, sample)))));
  return wavOf({ ...options, coding, channels, sampleRateHz }, data);
}

/** A WAV file around these octets. */
export function wavOf(options: ToneFile, data: Buffer): Buffer {
  const { coding = 'pcm16', channels = 1, sampleRateHz = 8_000, isExtensible = false } = options;
  const [format, bits] = formats[coding];
  const description = Buffer.alloc(isExtensible ? 40 : 16);
  description.writeUInt16LE(isExtensible ? 0xfffe : format, 0);
  description.writeUInt16LE(channels, 2);
  description.writeUInt32LE(sampleRateHz, 4);
  description.writeUInt32LE((sampleRateHz * channels * bits) / 8, 8);
  description.writeUInt16LE((channels * bits) / 8, 12);
  description.writeUInt16LE(bits, 14);
  if (isExtensible) {
    description.writeUInt16LE(22, 16);
    description.writeUInt16LE(bits, 18);
    description.writeUInt16LE(format, 24);
  }
  const chunks = Buffer.concat([
    chunkOf('fmt ', description),
    chunkOf('LIST', Buffer.from('odd')),
    chunkOf('data', data),
  ]);
  return Buffer.concat([chunkHead('RIFF', chunks.length + 4), Buffer.from('WAVE'), chunks]);
}

function chunkOf(id: string, data: Buffer): Buffer {
  return Buffer.concat([chunkHead(id, data.length), data, Buffer.alloc(data.length & 1)]);
}

function chunkHead(id: string, size: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(size, 4);
  return head;
}

function sampleOf(coding: SampleCoding, value: number): Buffer {
  const [, bits] = formats[coding];
  const bytes = Buffer.alloc(bits / 8);
  const scaled = (full: number) => Math.max(-full, Math.min(full - 1, Math.round(value * full)));
  if (coding === 'pcm8') bytes.writeUInt8(scaled(128) + 128);
  else if (coding === 'float32') bytes.writeFloatLE(value);
  else if (coding === 'float64') bytes.writeDoubleLE(value);
  else if (coding === 'alaw') return Buffer.from(encodePcma(Int16Array.of(scaled(32_768))));
  else if (coding === 'ulaw') return Buffer.from(encodePcmu(Int16Array.of(scaled(32_768))));
  else bytes.writeIntLE(scaled(2 ** (bits - 1)), 0, bits / 8);
  return bytes;
}
