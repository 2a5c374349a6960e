import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { PlayoutEstimate } from './playout-estimate.js';

const frameMs = 100;

/** A far end as Intermix's: plays in real time, and tells its figures ten times a second, a moment after they were so. */
class FarEnd {
  readonly clock = new FakeClock();
  readonly estimate = new PlayoutEstimate(this.clock);
  queueMs = 0;
  playedMs = 0;

  say(ms: number): void {
    this.estimate.said(ms);
    this.queueMs += ms;
  }

  clear(): void {
    this.estimate.cleared();
    this.queueMs = 0;
  }

  run(ms: number, plays: (frame: number) => boolean = () => true): void {
    for (let frame = 0; frame < ms / frameMs; frame++) {
      this.clock.advance(frameMs);
      const taken = plays(frame) ? Math.min(frameMs, this.queueMs) : 0;
      this.queueMs -= taken;
      this.playedMs += taken;
      this.estimate.told({ queueMs: this.queueMs, playedMs: this.playedMs });
    }
  }

  get believed() {
    return { playedMs: this.estimate.playedMs, queuedMs: this.estimate.queuedMs };
  }

  get truth() {
    return { playedMs: this.playedMs, queuedMs: this.queueMs };
  }
}

describe('PlayoutEstimate', () => {
  it('goes by the clock alone where the far end tells nothing', () => {
    const clock = new FakeClock();
    const estimate = new PlayoutEstimate(clock);
    estimate.said(1_000);
    clock.advance(400);
    expect([estimate.playedMs, estimate.queuedMs]).toEqual([400, 600]);
    estimate.cleared();
    clock.advance(5_000);
    expect([estimate.playedMs, estimate.queuedMs]).toEqual([400, 0]);
    estimate.said(200);
    clock.advance(5_000);
    expect([estimate.playedMs, estimate.queuedMs]).toEqual([600, 0]);
  });

  it('forgets what the far end dropped without playing it', () => {
    const far = new FarEnd();
    far.say(3_000);
    far.run(1_000);
    far.queueMs -= 500;
    far.run(1_500);
    expect(far.believed).toEqual({ playedMs: 2_500, queuedMs: 0 });
    far.run(10_000);
    expect(far.believed).toEqual(far.truth);
  });

  it('does so again and again while the bot speaks on', () => {
    const far = new FarEnd();
    for (let second = 0; second < 20; second++) {
      far.say(1_000);
      if (second % 4 === 3) far.queueMs -= 500;
      far.run(1_000);
    }
    far.run(frameMs * 4);
    expect(far.believed).toEqual({ playedMs: 17_500, queuedMs: 0 });
  });

  it('is with the far end again after a clear, whose first 100 ms are told late', () => {
    const far = new FarEnd();
    far.say(3_000);
    far.run(1_000);
    far.estimate.cleared();
    far.playedMs += frameMs; // It played on until it heard of it.
    far.queueMs = 0;
    far.run(frameMs);
    expect(far.believed).toEqual(far.truth);
    far.say(800);
    far.run(300);
    expect(far.believed).toEqual(far.truth);
    far.run(2_000);
    expect(far.believed).toEqual({ playedMs: 1_900, queuedMs: 0 });
  });

  it('takes figures from before a clear for what they are', () => {
    const far = new FarEnd();
    far.say(3_000);
    far.run(1_000);
    far.estimate.cleared();
    far.clock.advance(50);
    far.estimate.told({ queueMs: 1_950, playedMs: 1_050 });
    expect(far.believed).toEqual({ playedMs: 1_050, queuedMs: 0 });
  });

  it('does not lose what has not arrived when the far end tells its queue', () => {
    const clock = new FakeClock();
    const estimate = new PlayoutEstimate(clock);
    estimate.said(100);
    clock.advance(1_000);
    estimate.said(5_000);
    clock.advance(80);
    estimate.told({ queueMs: 0, playedMs: 100 });
    expect(estimate.queuedMs).toBe(5_000);
    clock.advance(500); // A line of more than a second: it is told of it in the end.
    estimate.told({ queueMs: 0, playedMs: 100 });
    clock.advance(100);
    estimate.told({ queueMs: 4_900, playedMs: 200 });
    expect([estimate.playedMs, estimate.queuedMs]).toEqual([200, 4_900]);
  });

  it.each([
    [{ queueMs: 1e308, playedMs: 0 }],
    [{ queueMs: 0, playedMs: 1e308 }],
    [{ queueMs: 1e308, playedMs: -1e308 }],
    [{ queueMs: -5, playedMs: -5 }],
    [{ queueMs: Number.POSITIVE_INFINITY, playedMs: Number.NEGATIVE_INFINITY }],
    [{ queueMs: Number.NaN, playedMs: 0 }],
    [{ queueMs: 0, playedMs: Number.NaN }],
  ])('believes nothing that cannot be: %j', (figures) => {
    const clock = new FakeClock();
    const estimate = new PlayoutEstimate(clock);
    estimate.said(2_000);
    clock.advance(1_000);
    estimate.told(figures);
    const { playedMs, queuedMs } = estimate;
    expect(playedMs).toBeGreaterThanOrEqual(0);
    expect(queuedMs).toBeGreaterThanOrEqual(0);
    expect(playedMs + queuedMs).toBeLessThanOrEqual(2_000);
    clock.advance(2_000);
    expect(estimate.queuedMs).toBe(0);
  });
});
