import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord, CallRecordingState, RecordingOrder } from '@intermix/calls';
import { silentLogger, systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RecordOrder } from '../files/recording-spec.js';
import { defaultRecordingSettings } from '../ports/recording-store.js';
import { FolderStorage } from '../storage/folder-storage.js';
import { FakeRecordedLeg, recordedCall, writeTone } from '../testing/fake-recorded-call.js';
import { MemoryRecordingSettings, MemoryRecordingStore } from '../testing/memory-recordings.js';
import { DeviceControl } from './device-control.js';
import { RecordingService } from './recording-service.js';
import { RecordingUrls } from './recording-urls.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-control-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const party = { legId: 'leg_1', userId: 'asha', appId: 'app' };

/** A call that is up, of an app that lets its users control recordings. */
async function begin(changes: Partial<CallRecord> = {}) {
  const call = recordedCall(changes);
  const leg = new FakeRecordedLeg();
  const clock = new FakeClock();
  const settings = new MemoryRecordingSettings();
  await settings.put('acc', 'app', { ...defaultRecordingSettings, control: 'agent' });
  const store = new MemoryRecordingStore();
  const recordings = new RecordingService({
    ...{ owner: 'me', partsFolder: join(folder, 'parts'), store, settings, clock },
    ...{ random: systemRandom, logger: silentLogger },
    storage: new FolderStorage(join(folder, 'kept')),
    apps: { find: async () => ({ recordingEnabled: false }) },
    calls: { mediaOf: () => leg.media() },
    callRecords: { find: async (accountSid) => (accountSid === call.accountSid ? { call } : undefined) },
    announcer: { recordingReady: async () => {}, recordingFailed: async () => {} },
    urls: new RecordingUrls({ baseUrl: 'https://pbx.example', key: new Uint8Array(32).fill(1), clock }),
    freeBytes: async () => 1e12,
  });
  await recordings.load();
  const states: CallRecordingState[] = [];
  recordings.on('stateChanged', (_callSid, state) => states.push(state));
  const ofAccount = async (accountSid: string, appId: string) =>
    accountSid === 'acc' ? settings.find(accountSid, appId) : undefined;
  const control = new DeviceControl({ recordings, settings: { find: ofAccount }, logger: silentLogger });
  const order = (wanted: RecordingOrder, by = party) => control.order(call, by, wanted);
  const end = async (n = 0) => {
    const attachment = leg.attachments[n];
    attachment?.end(await writeTone((attachment.spec as RecordOrder).path, 1, true));
  };
  return { call, leg, settings, store, recordings, states, order, end };
}

it('starts, pauses, resumes and stops, each told; after a stop a new one can be started', async () => {
  const { order, leg, states, end, store } = await begin();
  expect(await order({ do: 'start', channels: 'dual', format: 'wav' })).toEqual({ state: 'recording' });
  expect(leg.attachments[0]?.spec).toMatchObject({ do: 'record', channels: 'dual', format: 'wav' });
  expect(await order({ do: 'pause' })).toEqual({ state: 'paused' });
  expect(await order({ do: 'pause' })).toEqual({ state: 'paused' }); // Twice pauses once.
  expect(await order({ do: 'status' })).toEqual({ state: 'paused' });
  expect(await order({ do: 'resume' })).toEqual({ state: 'recording' });
  expect(leg.attachments[0]?.told).toEqual([{ do: 'pause' }, { do: 'pause' }, { do: 'resume' }]);
  const stopped = order({ do: 'stop' });
  await end();
  expect(await stopped).toEqual({ state: 'off' });
  expect(leg.attachments[0]?.isClosed).toBe(true);
  expect(await order({ do: 'start' })).toEqual({ state: 'recording' });
  expect(states).toEqual(['recording', 'paused', 'recording', 'off', 'recording']);
  expect(store.rows.size).toBe(2);
});

it('names what does not fit: started twice, paused and stopped where none runs, a leg that cannot be recorded', async () => {
  const { order, leg } = await begin();
  for (const step of ['pause', 'resume', 'stop'] as const)
    expect(await order({ do: step })).toMatchObject({ state: 'off', problem: 'not-running' });
  leg.refuses = new Error('no room');
  expect(await order({ do: 'start' })).toMatchObject({
    state: 'off',
    problem: 'failed',
    detail: expect.stringContaining('no room'),
  });
  leg.refuses = undefined;
  await order({ do: 'start' });
  expect(await order({ do: 'start' })).toMatchObject({ state: 'recording', problem: 'already-recording' });
});

it.each([
  ['of an app that lets nobody', {}, party, 'none'],
  ['of another app than the call', { appId: 'other' }, party, 'agent'],
  ['of no app', {}, { ...party, appId: undefined }, 'agent'],
  ['of an app of another account', { accountSid: 'stranger' }, party, 'agent'],
] as const)('a user %s may only ask how it stands', async (_whose, changes, by, setting) => {
  const { order, settings, leg, recordings, call } = await begin(changes);
  await settings.put('acc', 'app', { ...defaultRecordingSettings, control: setting });
  for (const step of ['start', 'pause', 'resume', 'stop'] as const)
    expect(await order({ do: step }, by as typeof party)).toEqual({ state: 'off', problem: 'not-allowed' });
  expect(leg.attachments).toEqual([]);
  await recordings.handleWish(call, {});
  expect(await order({ do: 'stop' }, by as typeof party)).toEqual({ state: 'recording', problem: 'not-allowed' });
  expect(await order({ do: 'status' }, by as typeof party)).toEqual({ state: 'recording' });
});

it('of a call that is no app’s, the user’s app decides', async () => {
  const { order } = await begin({ appId: undefined });
  expect(await order({ do: 'start' })).toEqual({ state: 'recording' });
});
