import { createResampler, resamplersReady } from '@intermix/streaming/media-child';
import { BotTestError } from '../bot-test-error.js';

// RIFF: 'RIFF' size 'WAVE', then chunks: id (4) | size (4) | data, padded to even.
//   'fmt ': format (2) channels (2) rate (4) octets/s (4) block (2) bits (2) | extension      'data': samples

const pcm = 1;
/** The true format stands behind the fixed fields. */
const extensible = 0xfffe;
/** The resampler lags by three milliseconds: so much silence behind the end brings the rest out. */
const flushMs = 10;

/** A WAV file of 16 bit PCM, mono or stereo (its mean), at that rate. `name` is for messages. Rejects with BotTestError. */
export async function wavSound(file: Buffer, sampleRate: number, name: string): Promise<Int16Array> {
  const { samples, rateHz } = readWav(file, name);
  if (rateHz === sampleRate) return samples;
  await resamplersReady;
  const resampler = createResampler(rateHz, sampleRate);
  try {
    const flush = new Int16Array(Math.round((rateHz * flushMs) / 1000));
    const parts = [resampler.push(samples), resampler.push(flush)];
    const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
    all.set(parts[0] ?? []);
    all.set(parts[1] ?? [], parts[0]?.length ?? 0);
    return all.subarray(0, Math.round((samples.length * sampleRate) / rateHz) + sampleRate / 200);
  } finally {
    resampler.close();
  }
}

function readWav(file: Buffer, name: string): { samples: Int16Array; rateHz: number } {
  const format = chunkOf(file, 'fmt ');
  const data = chunkOf(file, 'data');
  if (file.toString('latin1', 0, 4) !== 'RIFF' || !format || format.length < 16 || !data)
    throw new BotTestError(`${name} is no WAV file.`);
  const given = format.readUInt16LE(0);
  const coding = given === extensible && format.length >= 26 ? format.readUInt16LE(24) : given;
  const channels = format.readUInt16LE(2);
  const rateHz = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  if (coding !== pcm || bits !== 16 || (channels !== 1 && channels !== 2) || rateHz < 4_000 || rateHz > 192_000)
    throw new BotTestError(
      `${name} has to be 16 bit PCM, mono or stereo, of 4 to 192 kHz. Make it so, for example by: ffmpeg -i ${name} -ac 1 -c:a pcm_s16le caller.wav`,
    );
  return { samples: monoOf(data, channels), rateHz };
}

function chunkOf(file: Buffer, id: string): Buffer | undefined {
  for (let start = 12; start + 8 <= file.length; ) {
    const size = file.readUInt32LE(start + 4);
    if (file.toString('latin1', start, start + 4) === id)
      return file.subarray(start + 8, Math.min(file.length, start + 8 + size)); // One that was piped says 4 GB.
    start += 8 + size + (size % 2);
  }
  return undefined;
}

function monoOf(data: Buffer, channels: 1 | 2): Int16Array {
  const block = channels * 2;
  return Int16Array.from({ length: Math.floor(data.length / block) }, (_, index) => {
    const left = data.readInt16LE(index * block);
    return channels === 1 ? left : (left + data.readInt16LE(index * block + 2)) >> 1;
  });
}
