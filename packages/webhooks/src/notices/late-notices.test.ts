import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import type { AppNotificationSettings } from '../ports/app-notifications.js';
import type { Notice } from '../ports/notice.js';
import { at, everyUrl, inert, makeCall, makeLeg, Story } from '../testing/story.js';

const failing = () => Promise.reject(new Error('the database is away'));
const tenMinutesMs = 600_000;

function begin() {
  const clock = new FakeClock();
  const story = new Story(clock);
  const ring = () => story.step('leg-ringing', at('10:30:01.000'), { status: 'ringing' }, [makeLeg('leg_1')]);
  const start = () => story.begin(makeCall(), [makeLeg('leg_1')]);
  const told = () => story.store.told.map(({ type, delivery }) => [type, delivery?.url]);
  return { clock, story, start, ring, told };
}

describe('a step whose app’s settings cannot be read in time', () => {
  it('is delivered when a slow lookup has come: the notice that would have been written with the call', async () => {
    const { clock, story, start, told } = begin();
    const slow = (): Promise<AppNotificationSettings> =>
      new Promise((resolve) => clock.schedule(5_000, () => resolve(everyUrl)));
    story.findSettings = slow;
    const starting = start();
    await clock.advanceAsync(1_500);
    await starting; // The call goes on meanwhile.
    expect(told()).toEqual([['incoming_call', undefined]]);
    expect(story.late.waiting).toBe(1);
    await clock.advanceAsync(6_000);
    const prompt = begin();
    await prompt.start();
    const expected = prompt.story.notice('incoming_call') as Notice;
    expect([...story.outbox.kept.values()]).toEqual([expected]);
    expect(expected.delivery?.url).toBe(everyUrl.popupUrl);
    expect([story.queued, story.late.waiting, story.late.lost]).toEqual([1, 0, 0]);
  });

  it('is delivered once a lookup that failed succeeds, and once the outbox takes it', async () => {
    const { clock, story, start } = begin();
    story.findSettings = failing;
    story.outbox.failing = true;
    await start();
    await clock.advanceAsync(60_000);
    story.findSettings = async () => everyUrl;
    await clock.advanceAsync(30_000);
    expect([story.outbox.types(), story.queued]).toEqual([[], 0]);
    story.outbox.failing = false;
    await clock.advanceAsync(30_000);
    expect(story.outbox.types()).toEqual(['incoming_call']);
    expect([story.queued, story.late.waiting]).toEqual([1, 0]);
  });

  it('says what was so at its time, though the call went on', async () => {
    const { clock, story, start, ring } = begin();
    story.findSettings = failing;
    await start();
    await ring();
    await story.end('no-answer', at('10:30:31.000'));
    story.findSettings = async () => everyUrl;
    await clock.advanceAsync(1_000);
    const kept = [...story.outbox.kept.values()];
    expect(kept.map(({ delivery }) => JSON.parse(delivery?.body ?? '').event)).toEqual([
      ...['incoming_call', 'call_ringing', 'call_missed', 'missed_call'],
    ]);
    expect(kept.map(({ payload, eventId }) => ({ payload, eventId }))).toEqual(
      story.store.told.map(({ payload, eventId }) => ({ payload, eventId })),
    );
    expect(JSON.parse(kept[1]?.delivery?.body ?? '')).toMatchObject({ status: 'ringing' });
  });

  it('goes into the outbox before the next step of the call, which finds the settings', async () => {
    const { story, start, ring, told } = begin();
    story.findSettings = failing;
    await start();
    story.findSettings = async () => everyUrl;
    const order: string[] = [];
    const { enqueue } = story.outbox;
    story.outbox.enqueue = async (notices) => {
      await enqueue.call(story.outbox, notices);
      order.push(...notices.map(({ type }) => type), `before ${story.store.told.length + 1}`);
    };
    await ring();
    expect(order).toEqual(['incoming_call', 'before 2']);
    expect(told()).toEqual([
      ['incoming_call', undefined],
      ['call_ringing', everyUrl.callbackUrl],
    ]);
  });

  it('holds the next step up for 1.5 s at most', async () => {
    const { clock, story, start, ring, told } = begin();
    story.findSettings = failing;
    await start();
    story.findSettings = async () => everyUrl;
    story.outbox.enqueue = () => new Promise(() => {});
    const ringing = ring();
    await clock.advanceAsync(1_499);
    expect(told()).toHaveLength(1);
    await clock.advanceAsync(1);
    await ringing;
    expect(told()).toHaveLength(2);
  });

  it('is told to nobody when the call’s own write failed', async () => {
    const { clock, story, start } = begin();
    story.findSettings = failing;
    story.store.failing = true;
    await expect(start()).rejects.toThrow('away');
    story.findSettings = async () => everyUrl;
    await clock.advanceAsync(60_000);
    expect([...story.outbox.kept]).toEqual([]);
  });

  it('waits for nothing when the app has no receiver, or is no more', async () => {
    const { clock, story, start } = begin();
    story.findSettings = failing;
    await start();
    story.findSettings = async () => undefined;
    await clock.advanceAsync(1_000);
    expect([story.late.waiting, story.late.lost, story.queued, story.outbox.kept.size]).toEqual([0, 0, 0, 0]);
  });

  it('is given up after ten minutes, and counted', async () => {
    const { clock, story, start } = begin();
    story.findSettings = failing;
    await start();
    await clock.advanceAsync(tenMinutesMs - 1_000);
    expect([story.late.waiting, story.late.lost]).toEqual([1, 0]);
    await clock.advanceAsync(32_000);
    expect([story.late.waiting, story.late.lost]).toEqual([0, 1]);
    story.findSettings = async () => everyUrl;
    await clock.advanceAsync(tenMinutesMs);
    expect([...story.outbox.kept]).toEqual([]);
  });

  it('of a call that a dead server left open is delivered as well', async () => {
    const { clock, story, told } = begin();
    story.findSettings = failing;
    const call = makeCall({ status: 'failed', endedAt: at('11:00:00.000'), answeredAt: at('10:30:05.000') });
    story.store.open = [{ call, legs: [makeLeg('leg_1')], lastSeenAt: call.createdAt }];
    await story.calls.failOpenCalls(at('11:00:00.000'));
    expect(told()).toEqual([['call_completed', undefined]]);
    story.findSettings = async () => everyUrl;
    await clock.advanceAsync(1_000);
    expect(story.outbox.types()).toEqual(['call_completed']);
  });
});

describe('what waits', () => {
  const notice = { ...inert, delivery: undefined } as unknown as Notice;

  it('is bounded: more than 10,000 are given up', () => {
    const { story } = begin();
    for (let n = 0; n < 10_005; n++) story.late.add('acct1', `app_${n % 7}`, () => [notice]);
    expect([story.late.waiting, story.late.lost]).toEqual([10_000, 5]);
  });

  it('gets one last try when the server stops', async () => {
    const { story, start } = begin();
    story.findSettings = failing;
    await start();
    story.findSettings = async () => everyUrl;
    await story.late.stop(1_500);
    expect(story.outbox.types()).toEqual(['incoming_call']);
    expect([story.late.waiting, story.late.lost]).toEqual([0, 0]);
  });

  it('does not hold the stop up, is counted, and tried no more', async () => {
    const { clock, story, start } = begin();
    story.findSettings = failing;
    await start();
    let lookups = 0;
    story.findSettings = () => {
      lookups += 1;
      return new Promise(() => {});
    };
    const stopping = story.late.stop(1_500);
    await clock.advanceAsync(1_500);
    await stopping;
    expect([story.late.waiting, story.late.lost]).toEqual([0, 1]);
    story.late.add('acct1', 'app', () => [notice]);
    expect([story.late.waiting, story.late.lost]).toEqual([0, 2]);
    await clock.advanceAsync(tenMinutesMs);
    expect(lookups).toBe(1);
  });
});
