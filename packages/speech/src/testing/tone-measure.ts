import { playedRateHz } from '../audio/wav-file.js';

/** Frequency of a tone, from its passages through zero upwards: to some hundredths of a per cent over a second. */
export function pitchOf(samples: Int16Array): number {
  const passages: number[] = [];
  for (let index = 1; index < samples.length; index++) {
    const [before = 0, after = 0] = [samples[index - 1], samples[index]];
    if (before < 0 && after >= 0) passages.push(index - 1 + before / (before - after));
  }
  const [first = 0, last = 0] = [passages[0], passages.at(-1)];
  return last === first ? 0 : ((passages.length - 1) * playedRateHz) / (last - first);
}

/** The level as a share of a full-scale square wave. */
export function levelOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += (sample / 32_768) ** 2;
  return Math.sqrt(sum / (samples.length || 1));
}

/** The samples of a file that we wrote. */
export function samplesOf(wav: Buffer): Int16Array {
  return Int16Array.from({ length: (wav.length - 44) / 2 }, (_, index) => wav.readInt16LE(44 + index * 2));
}
