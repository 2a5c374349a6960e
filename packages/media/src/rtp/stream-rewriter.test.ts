import { describe, expect, it } from 'vitest';
import { StreamRewriter } from './stream-rewriter.js';

const make = (sequenceNumber = 1000) => new StreamRewriter({ ssrc: 7, sequenceNumber, timestamp: 50_000 });
const packet = (source: string | number, sequenceNumber: number, timestamp: number, marker = false) => ({
  source,
  sequenceNumber,
  timestamp,
  marker,
});

describe('StreamRewriter', () => {
  it('gives one SSRC and continuous numbers from the first packet on', () => {
    const rewriter = make();
    expect(rewriter.place(packet('a', 65_535, 0xffffffff), 0, 8000)).toEqual({
      ssrc: 7,
      sequenceNumber: 1000,
      timestamp: 50_000,
      marker: true,
    });
    expect(rewriter.place(packet('a', 0, 159), 20, 8000)).toMatchObject({
      sequenceNumber: 1001,
      timestamp: 50_160,
      marker: false,
    });
  });

  it('passes loss and reordering on as they came', () => {
    const rewriter = make();
    const placed = [10, 13, 12].map((n) => rewriter.place(packet('a', n, n * 160), n * 20, 8000)?.sequenceNumber);
    expect(placed).toEqual([1000, 1003, 1002]);
  });

  it('continues over a change of source: next number, time as it went by, marker', () => {
    const rewriter = make();
    rewriter.place(packet('a', 10, 1600), 0, 8000);
    expect(rewriter.place(packet('b', 9999, 77), 500, 8000)).toMatchObject({
      sequenceNumber: 1001,
      timestamp: 54_000,
      marker: true,
    });
    expect(rewriter.place(packet('a', 40, 6400), 505, 8000)).toMatchObject({
      sequenceNumber: 1002,
      timestamp: 54_160,
      marker: true,
    });
  });

  it('drops a late packet of before the change of source, whose number is taken', () => {
    const rewriter = make();
    rewriter.place(packet('a', 10, 1600), 0, 8000);
    rewriter.place(packet('b', 500, 0), 20, 8000);
    expect(rewriter.place(packet('b', 499, 0), 21, 8000)).toBeUndefined();
    expect(rewriter.place(packet('b', 501, 160), 40, 8000)?.sequenceNumber).toBe(1002);
  });

  it('shows no gap after an interruption', () => {
    const rewriter = make();
    rewriter.place(packet('a', 10, 1600), 0, 8000);
    rewriter.interrupt();
    expect(rewriter.place(packet('a', 510, 81_600), 10_000, 8000)).toMatchObject({
      sequenceNumber: 1001,
      timestamp: 130_000,
      marker: true,
    });
  });

  it('takes a far jump of the same source for a restart', () => {
    const rewriter = make();
    rewriter.place(packet('a', 10, 1600), 0, 8000);
    expect(rewriter.place(packet('a', 40_000, 5), 20, 8000)).toMatchObject({ sequenceNumber: 1001, marker: true });
    expect(rewriter.place(packet('a', 39_000, 5), 40, 8000)).toMatchObject({ sequenceNumber: 1002, marker: true });
  });

  it('goes on for longer than the number space of a source', () => {
    const rewriter = make(0);
    for (let n = 0; n < 200_000; n++) {
      const placed = rewriter.place(packet('a', n & 0xffff, (n * 160) >>> 0), n * 20, 8000);
      if (placed?.sequenceNumber !== (n & 0xffff)) throw new Error(`packet ${n} got ${placed?.sequenceNumber}`);
    }
    expect(rewriter.place(packet('a', 200_000 & 0xffff, 0), 4_000_000, 8000)).toBeDefined();
  });

  it('counts time from the start of a telephone event, whose packets share a timestamp', () => {
    const rewriter = make();
    for (let i = 0; i < 10; i++) rewriter.place(packet('digit', i, 0), i * 20, 8000);
    expect(rewriter.place(packet('a', 1, 0), 200, 8000)?.timestamp).toBe(50_000 + 1600);
  });
});
