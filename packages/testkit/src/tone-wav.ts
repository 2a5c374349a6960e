import { writeFileSync } from 'node:fs';

/** What Chromium's fake microphone and baresip's `aufile` both take without resampling surprises. */
const rateHz = 48_000;
/** A quarter of full scale (-12 dBFS): loud enough to find, far from clipping after any gain control. */
const amplitude = 0.25 * 0x7fff;

export interface ToneWavOptions {
  /** Default 48,000. */
  sampleRateHz?: number;
  /**
   * Cadence in milliseconds; without it the tone is steady. A browser's noise suppression takes a steady tone for noise and
   * turns it down within seconds, so a microphone that is heard for long needs bursts.
   */
  onMs?: number;
  offMs?: number;
}

/**
 * A tone as a WAV file: 16-bit mono PCM. The length is rounded down to whole periods of the tone, so that a player which loops
 * the file (Chromium does) makes no click at the seam.
 */
export function toneWav(hz: number, seconds: number, options: ToneWavOptions = {}): Buffer {
  const { sampleRateHz = rateHz, onMs = 0, offMs = 0 } = options;
  const periods = Math.max(1, Math.floor(seconds * hz));
  const samples = Math.round((periods * sampleRateHz) / hz);
  const on = offMs > 0 ? (onMs * sampleRateHz) / 1000 : samples;
  const cycle = offMs > 0 ? ((onMs + offMs) * sampleRateHz) / 1000 : samples;
  const wav = Buffer.alloc(44 + samples * 2);
  writeHeader(wav, samples, sampleRateHz);
  for (let i = 0; i < samples; i++) {
    if (i % cycle >= on) continue;
    wav.writeInt16LE(Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / sampleRateHz)), 44 + i * 2);
  }
  return wav;
}

/** Writes `toneWav` to `path` and gives the path. */
export function makeToneWav(path: string, hz: number, seconds: number, options: ToneWavOptions = {}): string {
  writeFileSync(path, toneWav(hz, seconds, options));
  return path;
}

// RIFF: 'RIFF' size 'WAVE' | 'fmt ' 16 format=1 channels=1 rate bytes/s block bits | 'data' size
function writeHeader(wav: Buffer, samples: number, sampleRateHz: number): void {
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRateHz, 24);
  wav.writeUInt32LE(sampleRateHz * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(samples * 2, 40);
}
