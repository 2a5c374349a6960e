import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { FakeCallControl } from '../testing/fake-call-control.js';
import { RecordedMessages } from './recorded-messages.js';

const wish = { format: 'mp3', maxSec: 60, silenceSec: 3 } as const;

function bench() {
  const clock = new FakeClock();
  const control = new FakeCallControl();
  const log: string[] = [];
  const recordings = {
    start: async () => {
      log.push('record');
      return { url: 'https://pbx.example/r.mp3', stop: async () => void log.push('stop') };
    },
  };
  return { clock, control, log, messages: new RecordedMessages({ recordings, clock }) };
}

it.each<[string, (parts: ReturnType<typeof bench>) => void, number]>([
  ['max-time', ({ clock }) => clock.advance(60_000), 60],
  ['silence', ({ control }) => control.attachments[0]?.end({ endedBy: 'silence' }), 0],
  ['caller', ({ control }) => control.leave(), 0],
])('ends by %s', async (endedBy, make, durationSec) => {
  const parts = bench();
  const running = await parts.messages.start(parts.control, wish);
  make(parts);
  expect(await running.taken).toEqual({ recordingUrl: 'https://pbx.example/r.mp3', durationSec, endedBy });
  expect([parts.log, parts.clock.pendingTimers]).toEqual([['record', 'stop'], 0]);
  expect(parts.control.attachments[0]).toMatchObject({ kind: 'silence', spec: { silenceMs: 3000 }, isClosed: true });
});

it('ends when it is stopped, and listens to no silence that does not matter', async () => {
  const { control, clock, messages } = bench();
  const running = await messages.start(control, { ...wish, silenceSec: undefined });
  clock.advance(4000);
  running.stop();
  running.stop();
  expect(await running.taken).toMatchObject({ endedBy: 'stopped', durationSec: 4 });
  expect(control.attachments).toEqual([]);
});

it('leaves no recording behind when nobody can listen', async () => {
  const { control, log, messages } = bench();
  control.failAttach = true;
  await expect(messages.start(control, wish)).rejects.toThrow('no media');
  expect(log).toEqual(['record', 'stop']);
});
