import type { CallOrder, CallRecord, PlaceCallRequest } from '@intermix/calls';
import { type Clock, silentLogger } from '@intermix/kernel';
import { SpeechError } from '@intermix/speech';
import type { AppSettings } from '@intermix/store';
import { describe, expect, it } from 'vitest';
import { AppPlayback, type AppPlaybackDeps } from './app-playback.js';

const request = {
  user: { accountSid: 'acc', appId: 'app', userId: 'asha' },
  to: '+911130000100',
  customField: 'order-42',
} as PlaceCallRequest;
const url = 'https://crm.example/notice.mp3';

function bench(playbackUrl: string | undefined, fileFor: AppPlaybackDeps['prompts']['fileFor']) {
  const placed: Array<CallOrder | PlaceCallRequest> = [];
  const events: unknown[] = [];
  let giveUp = () => {};
  const clock: Clock = {
    now: () => 0,
    schedule(_, fire) {
      giveUp = fire;
      return { cancel: () => {} };
    },
  };
  const playback = new AppPlayback({
    switch: {
      placeCall: async (order) => {
        placed.push(order);
        return { callSid: 'c1' } as CallRecord;
      },
    },
    settings: { find: async () => ({ playbackUrl }) as AppSettings },
    prompts: { fileFor },
    calls: { apply: async (change) => void events.push(...(change.events ?? [])) },
    clock,
    logger: silentLogger,
  });
  return { playback, placed, events, giveUp: () => giveUp() };
}

describe('the playback of an app', () => {
  it('is played to both before they are joined', async () => {
    const { playback, placed, events } = bench(url, async (accountSid, prompt) => {
      expect([accountSid, prompt]).toEqual(['acc', { url }]);
      return { path: '/notice.wav', durationMs: 1_000 };
    });
    expect(await playback.placeCall(request)).toMatchObject({ callSid: 'c1' });
    expect(placed).toEqual([
      {
        ...{ from: { user: request.user }, to: { number: request.to }, customField: 'order-42' },
        announcement: { file: '/notice.wav', to: 'both' },
      },
    ]);
    expect(events).toEqual([]);
  });

  it('is not asked for when the app has none', async () => {
    const { playback, placed } = bench(undefined, () => Promise.reject(new Error('asked')));
    await playback.placeCall(request);
    expect(placed).toEqual([request]);
  });

  it('that cannot be played hinders no call, and its record tells why', async () => {
    const { playback, placed, events } = bench(url, () =>
      Promise.reject(new SpeechError('not-audio', 'This is a web page.')),
    );
    await playback.placeCall(request);
    expect(placed).toEqual([{ from: { user: request.user }, to: { number: request.to }, customField: 'order-42' }]);
    const told = { callSid: 'c1', type: 'audio-unplayed', data: { parameter: 'playback', why: 'This is a web page.' } };
    expect(events).toEqual([expect.objectContaining(told)]);
  });

  it('that does not come in time is waited for no longer', async () => {
    const { playback, placed, events, giveUp } = bench(url, () => new Promise(() => {}));
    const placing = playback.placeCall(request);
    await Promise.resolve();
    await Promise.resolve();
    giveUp();
    await placing;
    expect(placed[0]).not.toHaveProperty('announcement');
    expect(events).toHaveLength(1);
  });
});
