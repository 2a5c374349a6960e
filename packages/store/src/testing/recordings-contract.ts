import { randomBytes } from 'node:crypto';
import { defaultRecordingSettings, type Recording, type RecordingChange } from '@intermix/recordings';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant } from './tenant.js';

const day = 86_400_000;
const owner = 'server-1';

/** What any store of recordings does. */
export function recordingsContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const [mine, theirs] = [await makeTenant(store), await makeTenant(store)];
    const make = async (changes: Partial<Recording> = {}) => {
      const recording = newRecording(mine.accountSid, { appId: mine.appId, ...changes });
      await store.recordings.create(recording, owner);
      return recording;
    };
    return { store, recordings: store.recordings, settings: store.recordingSettings, theirs, make, ...mine };
  }

  it('keeps a recording whole, and shows it to its own account alone', async () => {
    const { recordings, theirs, make, accountSid } = await begin();
    const whole = await make({
      ...{ state: 'ready', endedAt: new Date(), durationMs: 61_000, bytes: 5_000_000_000, location: 'folder:a/b.mp3' },
      ...{ cause: 'lost', detail: 'a sentence', announcedAt: new Date() },
    });
    const bare = await make({ appId: undefined });
    for (const one of [whole, bare]) {
      expect(await recordings.find(accountSid, one.recordingSid)).toStrictEqual(one);
      expect(await recordings.find(theirs.accountSid, one.recordingSid)).toBeUndefined();
      expect(await recordings.ofCalls(theirs.accountSid, [one.callSid])).toEqual([]);
    }
    await expect(recordings.create(whole, owner)).rejects.toThrow();
  });

  it('has nothing of a name that no text of the database can hold', async () => {
    const { recordings, settings, make, accountSid } = await begin();
    const one = await make();
    expect(await recordings.find(accountSid, 'rec_\0')).toBeUndefined();
    expect(await recordings.ofCalls(accountSid, ['\0'])).toEqual([]);
    expect(await recordings.ofCalls(accountSid, ['\0', one.callSid])).toHaveLength(1);
    expect(await settings.find(accountSid, '\0')).toBeUndefined();
    expect(await settings.put(accountSid, '\0', defaultRecordingSettings)).toBe(false);
  });

  it('changes what a step names, in the states that it names', async () => {
    const { recordings, make, accountSid } = await begin();
    const one = await make({ detail: 'old' });
    const change: RecordingChange = {
      ...{
        state: 'processing',
        startedAt: new Date(),
        endedAt: new Date(),
        durationMs: 5,
        bytes: 7,
        detail: undefined,
      },
    };
    expect(await recordings.change(one.recordingSid, ['processing', 'ready'], change)).toBe(false);
    expect(await recordings.find(accountSid, one.recordingSid)).toStrictEqual(one);
    expect(await recordings.change(one.recordingSid, ['recording'], change)).toBe(true);
    expect(await recordings.find(accountSid, one.recordingSid)).toStrictEqual({ ...one, ...change });
    expect(await recordings.change('rec_none', ['recording'], change)).toBe(false);
  });

  it('lists those of calls in their order, without deleted ones', async () => {
    const { recordings, make, accountSid } = await begin();
    const callSid = randomBytes(8).toString('hex');
    const at = Date.UTC(2026, 0, 1);
    const second = await make({ callSid, startedAt: new Date(at + 1) });
    const first = await make({ callSid, startedAt: new Date(at) });
    await make({ callSid, state: 'deleted' });
    await make();
    const found = await recordings.ofCalls(accountSid, [callSid, 'none']);
    expect(found.map(({ recordingSid }) => recordingSid)).toEqual([first.recordingSid, second.recordingSid]);
    expect(await recordings.ofCalls(accountSid, [])).toEqual([]);
  });

  it('knows what has still to be done', async () => {
    const { recordings, make } = await begin();
    const open = [await make(), await make({ state: 'processing' }), await make({ state: 'ready' })];
    await make({ state: 'ready', announcedAt: new Date() });
    const found = (await recordings.claim(owner, new Date(), new Date(0))).map(({ recordingSid }) => recordingSid);
    expect(found).toEqual(expect.arrayContaining(open.map(({ recordingSid }) => recordingSid)));
    for (const { recordingSid } of open)
      await recordings.change(recordingSid, ['recording', 'processing', 'ready'], { announcedAt: new Date() });
    const left = (await recordings.claim(owner, new Date(), new Date(0))).map(({ recordingSid }) => recordingSid);
    expect(left.filter((sid) => open.some(({ recordingSid }) => recordingSid === sid))).toEqual([]);
  });

  it("leaves another server's to it, until that has been away for long", async () => {
    const { recordings, make } = await begin();
    const one = await make();
    const other = `server-${randomBytes(4).toString('hex')}`;
    const now = Date.now();
    const claimed = async (by: string, goneSince: number) =>
      (await recordings.claim(by, new Date(now), new Date(goneSince))).some(
        ({ recordingSid }) => recordingSid === one.recordingSid,
      );
    expect(await claimed(other, now - day)).toBe(false);
    await recordings.stillHere(owner, new Date(now + day));
    expect(await claimed(other, now + day - 1)).toBe(false);
    expect(await claimed(owner, 0)).toBe(true);
    expect(await claimed(other, now + 2 * day)).toBe(true);
    expect(await claimed(owner, 0)).toBe(false); // The first one is back, and has lost it.
    await recordings.stillHere(owner, new Date(now + 3 * day));
    expect(await claimed(owner, now + 1)).toBe(true);
    await recordings.change(one.recordingSid, ['recording'], { announcedAt: new Date() });
    expect(await claimed(owner, now + 9 * day)).toBe(false);
  });

  it("leaves a file in another server's folder to that one's retention, not one in a store for all", async () => {
    const { recordings, settings, make, accountSid, appId } = await begin();
    await settings.put(accountSid, appId, { ...defaultRecordingSettings, retentionDays: 7 });
    const ended = { state: 'ready', announcedAt: new Date(), endedAt: new Date(Date.now() - 8 * day) } as const;
    const [inFolder, inStore] = [
      await make({ ...ended, location: 'folder:a/b.mp3' }),
      await make({ ...ended, location: 's3:a/b.mp3' }),
    ].map(({ recordingSid }) => recordingSid);
    const due = async (by: string) => {
      const found = (await recordings.expired(by, new Date(), 1_000)).map(({ recordingSid }) => recordingSid);
      return [inFolder, inStore].filter((sid) => found.includes(sid ?? ''));
    };
    expect((await due(owner)).sort()).toEqual([inFolder, inStore].sort());
    expect(await due('server-2')).toEqual([inStore]);
  });

  it("finds what an app's retention has run out for, and no other, part by part", async () => {
    const { recordings, settings, make, theirs, accountSid, appId } = await begin();
    const now = Date.now();
    const kept = (days: number, changes: Partial<Recording> = {}) =>
      make({
        ...{ state: 'ready', location: 'folder:a.mp3', announcedAt: new Date() },
        ...{ endedAt: new Date(now - days * day), ...changes },
      });
    const old = await kept(8);
    await kept(6);
    await kept(8, { state: 'deleted', location: undefined });
    await kept(8, { state: 'failed', location: undefined });
    await kept(800, { appId: theirs.appId }); // That app keeps its recordings.
    const brokenOff = await kept(9, { state: 'failed' });
    const twins = [await kept(10), await kept(10)].sort((a, b) => (a.recordingSid < b.recordingSid ? -1 : 1));
    const mine = async (after?: Recording) =>
      (await recordings.expired(owner, new Date(now), 100, after)).filter((one) => one.accountSid === accountSid);
    expect(await mine()).toEqual([]);
    expect(await settings.put(accountSid, appId, { ...defaultRecordingSettings, retentionDays: 7 })).toBe(true);
    expect(await mine()).toStrictEqual([...twins, brokenOff, old]);
    expect(await mine(twins[0])).toStrictEqual([twins[1], brokenOff, old]);
    expect(await mine(old)).toEqual([]);
  });

  it('has settings by default, replaces them, and keeps them from other accounts', async () => {
    const { settings, theirs, accountSid, appId } = await begin();
    expect(await settings.find(accountSid, appId)).toStrictEqual(defaultRecordingSettings);
    const wanted = {
      ...({ channels: 'dual', format: 'wav', pausedAs: 'cut', heldAs: 'sound', tone: 'repeat' } as const),
      ...({ retentionDays: 30, control: 'agent' } as const),
    };
    for (const one of [wanted, defaultRecordingSettings]) {
      expect(await settings.put(accountSid, appId, one)).toBe(true);
      expect(await settings.find(accountSid, appId)).toStrictEqual(one);
    }
    expect(await settings.put(theirs.accountSid, appId, wanted)).toBe(false);
    expect(await settings.find(theirs.accountSid, appId)).toBeUndefined();
    expect(await settings.find(accountSid, appId)).toStrictEqual(defaultRecordingSettings);
  });
}

function newRecording(accountSid: string, changes: Partial<Recording>): Recording {
  return {
    recordingSid: `rec_${randomBytes(16).toString('hex')}`,
    callSid: randomBytes(16).toString('hex'),
    accountSid,
    appId: undefined,
    state: 'recording',
    channels: 'dual',
    format: 'mp3',
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
    endedAt: undefined,
    durationMs: 0,
    bytes: 0,
    location: undefined,
    cause: undefined,
    detail: undefined,
    announcedAt: undefined,
    ...changes,
  };
}
