import { readFileSync } from 'node:fs';
import { MPEGDecoder } from 'mpg123-decoder';

/** A recording as a player hears it: samples of each channel, -1 … 1, at 8 kHz. */
export async function decodeRecording(file: string | Uint8Array): Promise<Float32Array[]> {
  const bytes = typeof file === 'string' ? readFileSync(file) : file;
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RIFF') return decodeWav(Buffer.from(bytes));
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    const { channelData, samplesDecoded, sampleRate, errors } = decoder.decode(new Uint8Array(bytes));
    if (sampleRate !== 8000 || errors.length > 0)
      throw new Error(`not a recording: ${sampleRate} Hz, ${errors.map(({ message }) => message).join('; ')}`);
    return channelData.map((channel) => channel.slice(0, samplesDecoded));
  } finally {
    decoder.free();
  }
}

function decodeWav(bytes: Buffer): Float32Array[] {
  const channels = bytes.readUInt16LE(22);
  const count = bytes.readUInt32LE(40) / 2 / channels;
  const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + 44 + count * channels * 2));
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++) samples[i] = (pcm[i * channels + channel] ?? 0) / 32_768;
    return samples;
  });
}

/** Share of a stretch's power that is one frequency, and the stretch's own level. Times in ms. */
export function toneIn(
  samples: Float32Array,
  hz: number,
  fromMs: number,
  toMs: number,
): { share: number; rms: number } {
  let [re, im, power] = [0, 0, 0];
  const [from, to] = [Math.round(fromMs * 8), Math.min(Math.round(toMs * 8), samples.length)];
  for (let i = from; i < to; i++) {
    const value = samples[i] ?? 0;
    re += value * Math.cos((2 * Math.PI * hz * i) / 8000);
    im += value * Math.sin((2 * Math.PI * hz * i) / 8000);
    power += value * value;
  }
  const count = to - from;
  return { share: power === 0 ? 0 : (2 * (re * re + im * im)) / (power * count), rms: Math.sqrt(power / count) };
}

/** When sound begins in a stretch, ms: the first 5 ms that are louder than a tenth. Undefined: it does not. */
export function soundBegins(samples: Float32Array, fromMs: number, toMs: number): number | undefined {
  for (let ms = fromMs; ms < toMs; ms++) {
    let power = 0;
    for (let i = ms * 8; i < ms * 8 + 40; i++) power += (samples[i] ?? 0) ** 2;
    if (Math.sqrt(power / 40) > 0.1) return ms;
  }
  return undefined;
}
