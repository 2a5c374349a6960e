import { describe, expect, it } from 'vitest';
import { timeRange } from './time-range.js';

const names = { from: 'start_date', to: 'end_date' };
const range = (from: string | undefined, to: string | undefined) => {
  const { from: first, to: last } = timeRange({ from, to }, names);
  return [first?.toISOString(), last?.toISOString()];
};

describe('a stretch of time', () => {
  it.each([
    [undefined, undefined, undefined, undefined],
    ['2024-06-01', '2024-06-30', '2024-06-01T00:00:00.000Z', '2024-07-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29', '2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['2024-06-01T15:00:00Z', '2024-06-01', '2024-06-01T15:00:00.000Z', '2024-06-02T00:00:00.000Z'],
    ['2024-06-01T09:30', undefined, '2024-06-01T09:30:00.000Z', undefined],
    ['2024-06-01 09:30:00', undefined, '2024-06-01T09:30:00.000Z', undefined],
    ['2024-06-01t09:30:00.5z', undefined, '2024-06-01T09:30:00.500Z', undefined],
    [undefined, '2024-06-01T09:30:00+05:30', undefined, '2024-06-01T04:00:00.000Z'],
    [undefined, '2024-06-01T09:30:00+0530', undefined, '2024-06-01T04:00:00.000Z'],
    ['2024-06-01T00:00:00Z', '2024-06-01T00:00:00Z', '2024-06-01T00:00:00.000Z', '2024-06-01T00:00:00.000Z'],
  ])('from %s to %s is from %s until %s', (from, to, first, last) => {
    expect(range(from, to)).toEqual([first, last]);
  });

  it.each([
    ['yesterday', undefined, 'start_date'],
    ['2024-6-1', undefined, 'start_date'],
    ['2023-02-29', undefined, 'start_date'],
    ['2023-02-29T00:00:00Z', undefined, 'start_date'],
    ['2024-06-01T24:01:00Z', undefined, 'start_date'],
    ['2024-06-01T09:30:00 05:30', undefined, 'start_date'],
    [undefined, '2024-13-01', 'end_date'],
    ['2024-06-02', '2024-06-01', 'end_date'],
    ['2024-06-02T10:00:00Z', '2024-06-02T09:59:59Z', 'end_date'],
  ])('cannot be from %s to %s: %s is named', (from, to, field) => {
    expect(() => range(from, to)).toThrow(expect.objectContaining({ status: 400, field }));
    expect(() => range(from, to)).toThrow(`"${field}"`);
  });
});
