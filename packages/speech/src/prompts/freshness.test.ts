import { expect, it } from 'vitest';
import { freshUntil } from './freshness.js';

const now = Date.parse('2026-01-01T00:00:00Z');

it.each<[Record<string, string>, number]>([
  [{}, 300],
  [{ 'cache-control': 'public, max-age=60' }, 60],
  [{ 'cache-control': 'max-age=60', age: '50' }, 10],
  [{ 'cache-control': 'max-age=60', age: '500' }, 0],
  [{ 'cache-control': 'MAX-AGE = 9999999999' }, 86_400],
  [{ 'cache-control': 'no-cache, max-age=60' }, 0],
  [{ 'cache-control': 'no-store' }, 0],
  [{ 'cache-control': 'private' }, 300],
  [{ expires: 'Thu, 01 Jan 2026 00:02:00 GMT' }, 120],
  [{ expires: 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
  [{ expires: '0' }, 0],
  [{ 'cache-control': 'max-age=5', expires: 'Thu, 01 Jan 2026 00:02:00 GMT' }, 5],
])('%j is fresh for %d s', (headers, seconds) => {
  expect((freshUntil(headers, now) - now) / 1000).toBe(seconds);
});
