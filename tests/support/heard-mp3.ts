import { MPEGDecoder } from 'mpg123-decoder';

export interface Mp3 {
  /** -1 … 1, at 8 kHz. */
  channels: Float32Array[];
  lengthMs: number;
}

/** A recording as a player hears it. Throws when it is not an MP3 of 8 kHz, whole and without a fault. */
export async function decodeMp3(octets: Uint8Array): Promise<Mp3> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    const { channelData, samplesDecoded, sampleRate, errors } = decoder.decode(octets);
    if (sampleRate !== 8_000 || errors.length > 0)
      throw new Error(`not a recording: ${sampleRate} Hz, ${errors.map(({ message }) => message).join('; ')}`);
    return { channels: channelData.map((one) => one.slice(0, samplesDecoded)), lengthMs: samplesDecoded / 8 };
  } finally {
    decoder.free();
  }
}

/** Root of the mean square. */
export function loudness(samples: Float32Array): number {
  let power = 0;
  for (const value of samples) power += value * value;
  return Math.sqrt(power / Math.max(1, samples.length));
}

/**
 * Share of a whole piece's power that lies about a tone. A piece that lacks a part, has a click in it, or parts in the wrong
 * order, spreads its power far beyond. Where the recorder follows a sender's clock by a sample more or less in a frame, the phase
 * moves on (a sample is 45° of 1000 Hz), and a stream that had its place too late is higher by a fortieth until it is right, for
 * seconds perhaps: 636 Hz for 620. A single line would call that a fault, and 10 Hz did: "no tone in the last half second".
 */
export function bandShare(samples: Float32Array = new Float32Array(), hz: number, widthHz = 10 + hz / 40): number {
  const lineHz = 8_000 / samples.length;
  const lines = Math.ceil(widthHz / lineHz);
  const middle = Math.round(hz / lineHz);
  let share = 0;
  for (let line = middle - lines; line <= middle + lines; line++) share += lineShare(samples, line);
  return share;
}

/** Share of the power in one line of the piece's own spectrum. The lines add up to 1. */
function lineShare(samples: Float32Array, line: number): number {
  let [re, im, power] = [0, 0, 0];
  for (const [i, value] of samples.entries()) {
    const angle = (2 * Math.PI * line * i) / samples.length;
    re += value * Math.cos(angle);
    im += value * Math.sin(angle);
    power += value * value;
  }
  return power === 0 ? 0 : (2 * (re * re + im * im)) / (power * samples.length);
}

export interface SilenceRule {
  /** To which it is found; 5 unless told otherwise. */
  blockMs?: number;
  /** Louder is not silent; -46 dB of full scale unless told otherwise. */
  below?: number;
}

/** Stretches of silence that last so long at least. */
export function silences(
  samples: Float32Array,
  leastMs: number,
  { blockMs = 5, below = 0.005 }: SilenceRule = {},
): { fromMs: number; toMs: number }[] {
  const found: { fromMs: number; toMs: number }[] = [];
  let fromMs: number | undefined;
  const end = samples.length / 8;
  for (let atMs = 0; atMs < end; atMs += blockMs) {
    const isSilent = loudness(samples.subarray(atMs * 8, (atMs + blockMs) * 8)) < below;
    if (isSilent) fromMs ??= atMs;
    else if (fromMs !== undefined) {
      found.push({ fromMs, toMs: atMs });
      fromMs = undefined;
    }
  }
  if (fromMs !== undefined) found.push({ fromMs, toMs: end });
  return found.filter(({ fromMs: from, toMs: to }) => to - from >= leastMs);
}
