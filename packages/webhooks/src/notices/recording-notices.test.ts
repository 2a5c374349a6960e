import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import type { AppNotificationSettings } from '../ports/app-notifications.js';
import { at, everyUrl, makeCall, Story } from '../testing/story.js';
import { RecordingNotices } from './recording-notices.js';

function begin(settings: AppNotificationSettings = everyUrl) {
  const story = new Story(new FakeClock());
  story.settings = settings;
  const { late, outbox } = story;
  const notices = new RecordingNotices({ late, outbox, onQueued: () => story.queued++ });
  const call = makeCall({ status: 'completed', endedAt: at('10:35:00.000') });
  const ready = (recordingSid: string) => {
    const recordingUrl = `https://pbx.example/${recordingSid}.mp3`;
    return notices.recordingReady({ call, recordingSid, recordingUrl, durationSec: 295, at: at('10:35:02.000') });
  };
  const failed = () =>
    notices.recordingFailed({ call, recordingSid: 'rec_1', cause: 'disk-full', at: at('10:35:02.000') });
  const told = () => [...outbox.kept.values()];
  return { story, told, ready, failed, notices };
}

it('tells of each recording of a call, once', async () => {
  const { story, told, ready } = begin();
  for (const sid of ['rec_1', 'rec_2', 'rec_1']) await ready(sid);
  expect(told()).toHaveLength(2);
  expect(told()[0]?.delivery).toMatchObject({
    url: everyUrl.recordingUrl,
    body:
      '{"event":"recording_ready","call_sid":"call_in_abc123","recording_url":"https://pbx.example/rec_1.mp3",' +
      '"duration":295,"timestamp":"2024-06-15T10:35:02.000Z"}',
  });
  expect(story.queued).toBe(3);
});

it('tells of one that came to nothing, and why', async () => {
  const { told, failed } = begin();
  await failed();
  expect(told()[0]?.delivery).toMatchObject({
    url: everyUrl.recordingUrl,
    body: '{"event":"recording_failed","call_sid":"call_in_abc123","cause":"disk-full","timestamp":"2024-06-15T10:35:02.000Z"}',
  });
});

it('has the URL in CallRecordings, and a failure in CallDetail, for CamelCase apps', async () => {
  const { told, ready, failed } = begin({ ...everyUrl, notificationFormat: 'camel' });
  await ready('rec_1');
  await failed();
  const bodies = told().map(({ delivery }) => JSON.parse(delivery?.body ?? ''));
  expect(bodies).toMatchObject([
    { CallRecordings: 'https://pbx.example/rec_1.mp3', CallDetail: null },
    { CallRecordings: '', CallDetail: 'recording_failed' },
  ]);
});

it('passes over a call without an app', async () => {
  const { told, notices } = begin();
  const call = makeCall({ appId: undefined });
  await notices.recordingFailed({ call, recordingSid: 'rec_1', cause: 'lost', at: at('10:35:02.000') });
  expect(told()).toEqual([]);
});
