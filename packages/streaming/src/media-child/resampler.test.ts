import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createResampler, resamplersReady } from './resampler.js';

beforeAll(() => resamplersReady);

const amplitude = 12_000;

function tone(hz: number, rate: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / rate)),
  );
}

/** Pushes in pieces, as frames come. */
function resampled(input: Int16Array, from: number, to: number, piece: number): Int16Array {
  const resampler = createResampler(from, to);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += piece) output.push(...resampler.push(input.subarray(at, at + piece)));
  resampler.close();
  return Int16Array.from(output);
}

/** The sine of this frequency that fits best, and the greatest distance from it. */
function fit(samples: Int16Array, hz: number, rate: number): { level: number; worst: number } {
  let [real, imaginary] = [0, 0];
  samples.forEach((sample, index) => {
    const angle = (2 * Math.PI * hz * index) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  real *= 2 / samples.length;
  imaginary *= 2 / samples.length;
  const worst = samples.reduce((most, sample, index) => {
    const angle = (2 * Math.PI * hz * index) / rate;
    return Math.max(most, Math.abs(sample - real * Math.cos(angle) - imaginary * Math.sin(angle)));
  }, 0);
  return { level: Math.hypot(real, imaginary), worst };
}

const pairs = [
  [8000, 16_000],
  [8000, 24_000],
  [16_000, 8000],
  [24_000, 8000],
] as const;

describe.each(pairs)('%d to %d Hz', (from, to) => {
  it.each([300, 1_004, 3_000])('keeps a tone of %d Hz whole over the seams of its pieces', (hz) => {
    const input = tone(hz, from, from);
    const output = resampled(input, from, to, from / 50);
    expect(output.length).toBe(to);
    // Whole periods of all three tones lie in half a second; the first 100 ms hold the filter's start.
    const steady = output.subarray(to / 10, to / 10 + to / 2);
    const { level, worst } = fit(steady, hz, to);
    expect(level / amplitude).toBeGreaterThan(0.9);
    expect(level / amplitude).toBeLessThan(1.02);
    expect(worst).toBeLessThan(amplitude * 0.01); // A seam or a lost sample shows as a jump.
  });

  it('gives the same whatever the pieces, and frames of full length from the first', () => {
    const input = tone(440, from, from / 5);
    const whole = resampled(input, from, to, input.length);
    expect([...resampled(input, from, to, from / 100 + 7)]).toEqual([...whole]);
    const resampler = createResampler(from, to);
    const lengths = [0, 1, 2].map(
      (frame) => resampler.push(input.subarray((frame * from) / 50, ((frame + 1) * from) / 50)).length,
    );
    expect(lengths).toEqual([to / 50, to / 50, to / 50]);
    resampler.close();
  });

  it('lags by less than five milliseconds', () => {
    const click = new Int16Array(from / 10);
    click[from / 20] = 30_000;
    const output = resampled(click, from, to, click.length);
    const peak = output.reduce((best, sample, index) => (Math.abs(sample) > Math.abs(output[best]!) ? index : best), 0);
    expect((peak / to) * 1000 - 50).toBeGreaterThanOrEqual(0);
    expect((peak / to) * 1000 - 50).toBeLessThan(5);
  });
});

it('takes out what the lower rate cannot hold', () => {
  const input = tone(6_000, 16_000, 16_000);
  const output = resampled(input, 16_000, 8000, 320).subarray(400);
  expect(Math.max(...output.map(Math.abs))).toBeLessThan(amplitude * 0.05);
});

it('forgets the past at a reset, and gives its memory back', () => {
  const resampler = createResampler(16_000, 8000);
  resampler.push(tone(1_000, 16_000, 3_200));
  resampler.reset();
  expect(Math.max(...resampler.push(new Int16Array(320)).map(Math.abs))).toBe(0);
  for (let turn = 0; turn < 20_000; turn++) {
    const one = createResampler(8000, 24_000); // Without its memory given back this would not fit into 2 GB.
    one.push(new Int16Array(160));
    one.close();
    one.close();
  }
  resampler.close();
});

it('leaves the process alone: listeners for its errors are those of others, and stay', async () => {
  const sources = [...process.listeners('unhandledRejection'), ...process.listeners('uncaughtException')].map(String);
  expect(sources.filter((source) => /abort|ExitStatus/.test(source))).toEqual([]);

  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve('speex-resampler')];
  vi.resetModules();
  const own = () => {};
  const before = process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException');
  const again = await import('./resampler.js');
  process.on('unhandledRejection', own); // While it compiles, as a media process does.
  await again.resamplersReady;
  expect(process.listeners('unhandledRejection')).toContain(own);
  process.off('unhandledRejection', own);
  expect(process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException')).toBe(before);
});
