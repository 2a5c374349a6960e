import { type Logger, silentLogger } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { UnwrittenEnds } from './unwritten-ends.js';

function makeEnds() {
  const clock = new FakeClock();
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_fields: unknown, text?: string) => void errors.push(text ?? '') };
  const written: string[] = [];
  const state = { isAway: true };
  const end =
    (name: string, refused = false) =>
    async () => {
      if (state.isAway || refused) throw new Error('not now');
      written.push(name);
    };
  return { ends: new UnwrittenEnds({ clock, logger }), clock, errors, written, state, end };
}

describe('ends that the store refused', () => {
  it('are tried again every five seconds; one that is always refused holds up no other', async () => {
    const { ends, clock, written, state, end } = makeEnds();
    for (const [name, refused] of [
      ['first', false],
      ['spoilt', true],
      ['last', false],
    ] as const)
      ends.keep(end(name, refused));
    await clock.advanceAsync(60_000);
    expect([written, ends.size]).toEqual([[], 3]);
    state.isAway = false;
    await clock.advanceAsync(5_000);
    expect([written, ends.size]).toEqual([['first', 'last'], 1]);
    await ends.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are tried a last time at the stop; what is lost then is told', async () => {
    const saved = makeEnds();
    saved.ends.keep(saved.end('saved'));
    saved.state.isAway = false;
    await saved.ends.stop();
    expect([saved.written, saved.errors, saved.clock.pendingTimers]).toEqual([['saved'], [], 0]);

    const lost = makeEnds();
    lost.ends.keep(lost.end('lost'));
    await lost.ends.stop();
    expect(lost.errors).toEqual(['stopping with call records that could not be written']);
    expect(lost.clock.pendingTimers).toBe(0);
  });

  it('are bounded: the oldest is given up beyond 10,000', async () => {
    const { ends, clock, written, state, errors, end } = makeEnds();
    for (let i = 0; i < 10_001; i++) ends.keep(end(`call ${i}`));
    expect(ends.size).toBe(10_000);
    expect(errors).toHaveLength(1);
    state.isAway = false;
    await clock.advanceAsync(5_000);
    await ends.stop();
    expect(written).toHaveLength(10_000);
    expect(written[0]).toBe('call 1');
  });
});
