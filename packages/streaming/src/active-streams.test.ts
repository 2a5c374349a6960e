import { expect, it } from 'vitest';
import { ActiveStreams } from './active-streams.js';
import type { StreamHandle, StreamOptions } from './open-stream.js';
import type { StreamEnd } from './stream-end.js';

const options = (accountSid: string): StreamOptions => ({
  ...{ url: 'wss://user:secret@bot.example/talk', mode: 'bidirectional', callSid: 'c', accountSid },
  ...{ from: '+911', to: '+912', allowPrivate: false },
});
const attach = () => Promise.reject(new Error('not asked'));

function begin(limit: number) {
  const ends: Array<() => void> = [];
  const fails: { with: Error | undefined } = { with: undefined };
  const streams = new ActiveStreams({
    limit,
    async open(): Promise<StreamHandle> {
      if (fails.with) throw fails.with;
      const ended = new Promise<StreamEnd>((resolve) => ends.push(() => resolve({} as StreamEnd)));
      return { streamSid: 's', ended, onStarted: () => () => {}, stop() {} };
    },
  });
  return { streams, ends, fails, open: (accountSid = 'one') => streams.open(attach, options(accountSid)) };
}

it('counts the streams of an account until each has ended', async () => {
  const { streams, ends, open } = begin(10);
  await open();
  await open();
  await open('two');
  expect(streams.activeOf('one')).toEqual({ active: 2, limit: 10 });
  ends[0]?.();
  await new Promise(setImmediate);
  expect([streams.activeOf('one').active, streams.activeOf('two').active]).toEqual([1, 1]);
});

it('refuses one too many by its end, as a throttled one; another account is not held up', async () => {
  const { streams, ends, open } = begin(1);
  await open();
  const refused = await open();
  expect(await refused.ended).toMatchObject({
    ...{ status: 'failed', detailedStatus: 'Streaming_call_throttled', durationSec: 0 },
    streamUrl: expect.not.stringContaining('secret'),
  });
  expect(refused.streamSid).toMatch(/^[0-9a-f]{32}$/);
  await open('two');
  ends[0]?.();
  await new Promise(setImmediate);
  expect(streams.activeOf('one').active).toBe(0);
});

it('does not count one that could not be opened', async () => {
  const { streams, fails, open } = begin(1);
  fails.with = new Error('the media process is gone');
  await expect(open()).rejects.toThrow('gone');
  expect(streams.activeOf('one').active).toBe(0);
});
