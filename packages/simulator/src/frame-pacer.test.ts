import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { FramePacer } from './frame-pacer.js';

function makePacer(latenessMs: () => number) {
  const clock = new FakeClock();
  const seen = { frames: 0, skipped: 0 };
  const late = {
    now: () => clock.now(),
    schedule: (delayMs: number, fire: () => void) => clock.schedule(delayMs + latenessMs(), fire),
  };
  const pacer = new FramePacer({
    clock: late,
    frame: () => seen.frames++,
    skipped: (frames) => {
      seen.skipped += frames;
    },
  });
  return { clock, pacer, seen };
}

it('keeps the rate although each timer fires late', () => {
  const { clock, pacer, seen } = makePacer(() => 7);
  pacer.start();
  clock.advance(10_000);
  expect(seen.frames).toBeGreaterThanOrEqual(498);
  expect(seen.frames).toBeLessThanOrEqual(500);
  expect(seen.skipped).toBe(0);
});

it('leaves frames out after a stall instead of sending a burst', () => {
  let stall = 0;
  const { clock, pacer, seen } = makePacer(() => {
    const lateness = stall;
    stall = 0;
    return lateness;
  });
  stall = 1000;
  pacer.start();
  clock.advance(1020);
  expect(seen).toEqual({ frames: 1, skipped: 50 });
});

it('sends nothing after stop, also when stopped by a frame', () => {
  const clock = new FakeClock();
  let frames = 0;
  const pacer = new FramePacer({
    clock,
    skipped: () => undefined,
    frame: () => {
      frames += 1;
      pacer.stop();
    },
  });
  pacer.start();
  clock.advance(1000);
  expect(frames).toBe(1);
});
