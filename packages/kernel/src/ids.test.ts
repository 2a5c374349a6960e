import { expect, it } from 'vitest';
import { createId, hex, systemRandom } from './ids.js';

it('gives as many octets as asked, more than the pool holds too', () => {
  for (const length of [0, 1, 16, 1_024, 1_025, 10_000]) expect(systemRandom.bytes(length)).toHaveLength(length);
});

it('never gives the same octets twice, across refills of the pool', () => {
  const seen = new Set(Array.from({ length: 5_000 }, () => hex(systemRandom.bytes(16))));
  expect(seen.size).toBe(5_000);
  expect(seen.has('00'.repeat(16))).toBe(false);
});

it('gives octets of the caller alone: writing into them changes no others', () => {
  const first = systemRandom.bytes(16);
  const kept = hex(first);
  systemRandom.bytes(16).fill(0);
  expect(hex(first)).toBe(kept);
  expect(first.buffer.byteLength).toBe(16);
});

it('spreads over all values', () => {
  const counts = new Array(256).fill(0);
  for (let i = 0; i < 4_096; i++) for (const byte of systemRandom.bytes(16)) counts[byte]++;
  // 256 expected of each; ten standard deviations either way.
  expect(Math.min(...counts)).toBeGreaterThan(96);
  expect(Math.max(...counts)).toBeLessThan(416);
});

it('writes ids as lower-case hex behind their prefix', () => {
  expect(createId('leg_')).toMatch(/^leg_[0-9a-f]{32}$/);
  expect(createId('', 4)).toMatch(/^[0-9a-f]{8}$/);
});
