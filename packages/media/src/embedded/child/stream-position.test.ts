import { describe, expect, it } from 'vitest';
import { StreamPosition } from './stream-position.js';

/** Places packets that are given as [timestamp, arrival in milliseconds, SSRC]. */
function places(packets: readonly (readonly [number, number, number?])[], clockRateHz = 8000) {
  const stream = new StreamPosition();
  return packets.map(([timestamp, atMs, ssrc = 1]) => {
    const { position, source } = stream.place({ ssrc, timestamp: timestamp >>> 0 }, clockRateHz, atMs);
    return [position, source];
  });
}

describe('StreamPosition', () => {
  it('follows the timestamps over their wrap, leaves gaps where packets are lost, and puts late ones where they belong', () => {
    const start = 0xffff_ff00;
    expect(
      places([
        [start, 0],
        [start + 160, 20],
        [start + 320, 40],
        [start + 800, 100],
        [start + 640, 101],
        [start + 960, 120],
      ]),
    ).toEqual([0, 160, 320, 800, 640, 960].map((position) => [position, 0]));
  });

  it('counts samples of 8 kHz on the clock of Opus', () => {
    expect(
      places(
        [
          [0, 0],
          [960, 20],
          [2880, 60],
        ],
        48_000,
      ),
    ).toEqual([
      [0, 0],
      [160, 0],
      [480, 0],
    ]);
  });

  it('knows a pause of the far end that its timestamps count', () => {
    expect(
      places([
        [0, 0],
        [80_000, 10_000],
      ]),
    ).toEqual([
      [0, 0],
      [80_000, 0],
    ]);
  });

  it('begins a new source with another SSRC, with a jump ahead of time, and with one back', () => {
    expect(
      places([
        [0, 0],
        [160, 20, 2],
        [500_000, 40, 2],
        [500_160, 60, 2],
        [7, 80, 2],
      ]),
    ).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [160, 2],
      [0, 3],
    ]);
  });

  it('after a pause of ours keeps a source that went on by the clock, and no other', () => {
    const stream = new StreamPosition();
    const place = (timestamp: number, atMs: number) => stream.place({ ssrc: 1, timestamp }, 8000, atMs);
    place(0, 0);
    stream.pause();
    expect(place(80_160, 10_030)).toEqual({ position: 80_160, source: 0 });
    stream.pause();
    expect(place(80_320, 20_000)).toEqual({ position: 0, source: 1 });
    expect(place(80_480, 20_020)).toEqual({ position: 160, source: 1 });
  });

  it('takes a burst after the process was held up for the same source', () => {
    expect(
      places([
        [0, 0],
        [160, 900],
        [320, 900],
        [7200, 901],
      ]),
    ).toEqual([0, 160, 320, 7200].map((position) => [position, 0]));
  });
});
