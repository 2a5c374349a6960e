import { readFile } from 'node:fs/promises';
import { samplesOf } from '@intermix/streaming';
import { createResampler, resamplersReady } from '@intermix/streaming/media-child';

const fileRateHz = 8_000;
/** Of the WAV files that prompts are kept as: 8 kHz, mono, 16 bit. */
const headerOctets = 44;
/** Ten minutes. */
const maxOctets = headerOctets + 600 * fileRateHz * 2;

/** The samples of a prompt's file at a session's rate. Rejects when it cannot be read. */
export async function promptSamples(path: string, sampleRate: number): Promise<Int16Array> {
  const file = await readFile(path);
  const octets = file.subarray(headerOctets, Math.min(file.length, maxOctets));
  const samples = samplesOf(octets.subarray(0, octets.length - (octets.length % 2)));
  if (sampleRate === fileRateHz) return samples;
  await resamplersReady;
  const resampler = createResampler(fileRateHz, sampleRate);
  try {
    return resampler.push(samples);
  } finally {
    resampler.close();
  }
}
