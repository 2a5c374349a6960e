import { systemRandom } from '@intermix/kernel';
import { runAttachment } from '@intermix/media/testing';
import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { silenceAttachment } from './silence-attachment.js';

function listen(silenceMs: number) {
  const clock = new FakeClock();
  const running = runAttachment(silenceAttachment, { silenceMs }, { clock, random: systemRandom });
  /** The far end makes a tone of this level for so long. */
  const hear = (level: number, ms: number) => {
    for (let at = 0; at < ms; at += 20) {
      running.audio.receive(Int16Array.from({ length: 160 }, (_, n) => Math.round(level * Math.sin(n / 3))));
      clock.advance(20);
    }
  };
  return { clock, running, hear };
}

it('hears speech, then silence for so long', () => {
  const { clock, running, hear } = listen(2000);
  hear(3000, 5000);
  hear(0, 1900);
  expect(running.end).toBeUndefined();
  hear(0, 200);
  expect(running.end).toEqual({ result: { endedBy: 'silence' } });
  expect([running.audio.subscriptions, clock.pendingTimers]).toEqual([0, 0]);
});

it('takes the noise of a line, and audio that does not come, for silence', () => {
  const { clock, running, hear } = listen(2000);
  hear(60, 1000);
  clock.advance(1100);
  expect(running.end).toEqual({ result: { endedBy: 'silence' } });
});

it('ends when it is told to', () => {
  const { clock, running } = listen(2000);
  running.attachment.close('closed');
  running.attachment.close('closed');
  expect(running.end).toEqual({ result: { endedBy: 'closed' } });
  expect([running.audio.subscriptions, clock.pendingTimers]).toEqual([0, 0]);
});

it.each([undefined, {}, { silenceMs: 0 }, { silenceMs: 'x' }, { silenceMs: Number.NaN }])('refuses %j', (spec) => {
  const deps = { clock: new FakeClock(), random: systemRandom };
  expect(() => runAttachment(silenceAttachment, spec, deps)).toThrow('silenceMs');
});
