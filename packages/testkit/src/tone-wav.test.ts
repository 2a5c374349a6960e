import { expect, it } from 'vitest';
import { toneWav } from './tone-wav.js';

it('writes a RIFF header that agrees with the samples behind it', () => {
  const wav = toneWav(440, 1);
  expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  expect(wav.readUInt32LE(24)).toBe(48_000);
  expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  expect(wav.length).toBe(44 + 96_000);
});

it('holds whole periods: the wave crosses zero upwards as often as the frequency says', () => {
  const wav = toneWav(1000, 0.5);
  let rises = 0;
  for (let at = 46; at < wav.length; at += 2) {
    if (wav.readInt16LE(at - 2) <= 0 && wav.readInt16LE(at) > 0) rises += 1;
  }
  expect(rises).toBe(500);
  expect(wav.readInt16LE(44)).toBe(0);
  expect(wav.readInt16LE(wav.length - 2)).toBeLessThan(0); // One step before the next period's zero.
});

it('is silent between bursts', () => {
  const wav = toneWav(1000, 1, { sampleRateHz: 8000, onMs: 300, offMs: 200 });
  const loudest = (fromMs: number, toMs: number) => {
    let most = 0;
    for (let i = fromMs * 8; i < toMs * 8; i++) most = Math.max(most, Math.abs(wav.readInt16LE(44 + i * 2)));
    return most;
  };
  expect([loudest(0, 300) > 8000, loudest(300, 500), loudest(500, 800) > 8000, loudest(800, 1000)]).toEqual([
    true,
    0,
    true,
    0,
  ]);
});
