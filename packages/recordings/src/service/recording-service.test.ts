import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '@intermix/calls';
import { silentLogger, systemRandom } from '@intermix/kernel';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingError } from '../errors.js';
import type { RecordOrder } from '../files/recording-spec.js';
import { repairRecording } from '../files/repair-recording.js';
import type { RecordedMedia } from '../ports/recorded-calls.js';
import { defaultRecordingSettings, type Recording } from '../ports/recording-store.js';
import { FolderStorage } from '../storage/folder-storage.js';
import { decodeRecording, toneIn } from '../testing/decode-recording.js';
import { FakeRecordedLeg, recordedCall, writeTone } from '../testing/fake-recorded-call.js';
import { MemoryRecordingSettings, MemoryRecordingStore } from '../testing/memory-recordings.js';
import { RecordingService } from './recording-service.js';
import { RecordingUrls } from './recording-urls.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-recordings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = ({ attachments: [first] }: FakeRecordedLeg) => (first ? (first.spec as RecordOrder).path : '');
const waits = { timeoutMs: 15_000 };

/** The service over a folder of its own; a second one over the same `world` is the next start of the server. */
function begin(world = newWorld(), owner = 'server-1') {
  const { clock, store, settings, apps, calls, leg, told, storage } = world;
  const parts = join(folder, owner, 'parts');
  const service = new RecordingService({
    ...{ partsFolder: parts, owner, store, settings, storage, clock, random: systemRandom, logger: silentLogger },
    apps: { find: async (_account, appId) => apps.get(appId) },
    calls: { mediaOf: (callSid) => world.media.get(callSid) },
    callRecords: {
      async find(accountSid, callSid) {
        const call = calls.get(callSid);
        return call?.accountSid === accountSid ? { call } : undefined;
      },
    },
    announcer: {
      async recordingReady({ recording, recordingUrl }) {
        if (world.isReceiverDown) throw new Error('no outbox');
        told.push(['ready', recording.recordingSid, recordingUrl]);
      },
      async recordingFailed({ recording, cause }) {
        told.push(['failed', recording.recordingSid, cause]);
      },
    },
    urls: new RecordingUrls({ baseUrl: 'https://pbx.example', key: new Uint8Array(32).fill(1), clock }),
    freeBytes: async () => world.freeBytes,
  });
  const answer = async (call: CallRecord, recording?: RecordedMedia['recording']) => {
    calls.set(call.callSid, call);
    world.media.set(call.callSid, leg.media(recording));
    await service.handleAnswered(call);
  };
  const only = (): Recording => {
    expect(store.rows.size).toBe(1);
    return [...store.rows.values()][0] as Recording;
  };
  /** The recorder ends with five seconds of sound. */
  const end = async (n = 0) => {
    const attachment = leg.attachments[n];
    if (!attachment) throw new Error('nothing was attached');
    attachment.end(await writeTone((attachment.spec as RecordOrder).path, 5, true));
  };
  const reaches = (state: Recording['state']) => eventually(() => only().state === state, waits);
  const tells = (count: number) => eventually(() => told.length >= count, waits);
  const start = async () => {
    await service.load();
    await service.start();
  };
  return { ...world, world, service, parts, answer, only, end, reaches, tells, start };
}

function newWorld() {
  return {
    clock: new FakeClock(),
    store: new MemoryRecordingStore(),
    settings: new MemoryRecordingSettings(),
    apps: new Map([['app', { recordingEnabled: true }]]),
    calls: new Map<string, CallRecord>(),
    media: new Map<string, RecordedMedia>(),
    leg: new FakeRecordedLeg(),
    told: [] as unknown[][],
    storage: new FolderStorage(join(folder, 'kept')) as FolderStorage,
    freeBytes: 1e12,
    isReceiverDown: false,
  };
}

describe('RecordingService', () => {
  it('records a call of an app that wants it, keeps the file, tells of it, and gives it', async () => {
    const { service, start, answer, only, end, reaches, tells, told, leg, parts } = begin();
    await start();
    await answer(recordedCall());
    const { recordingSid } = only();
    expect(leg.attachments[0]?.spec).toEqual({
      ...{ do: 'record', path: join(parts, `${recordingSid}.mp3.part`) },
      ...{ format: 'mp3', channels: 'single', pausedAs: 'silence', heldAs: 'silence' },
    });
    expect(service.hasRecording('call-1')).toBe(true);
    await end();
    await reaches('ready');
    await tells(1);
    expect(told).toEqual([
      ['ready', recordingSid, expect.stringContaining(`/Recordings/${recordingSid}.mp3?expires=`)],
    ]);
    expect(only()).toMatchObject({
      durationMs: 5000,
      location: expect.stringMatching(/^folder:2026\/01\/01\/acc\/rec_/),
    });
    expect(readdirSync(parts)).toEqual([]);
    const plain = service.urlOfCall('call-1') ?? '';
    expect(await service.urlsOf('acc', ['call-1', 'call-2'])).toEqual(new Map([['call-1', plain]]));
    expect((await service.urlsOf('acc', ['call-1'], 5)).get('call-1')).toContain(`${plain}?expires=`);
    expect(await service.urlsOf('other', ['call-1'])).toEqual(new Map());
    const stream = await service.open(only());
    const octets: Buffer[] = [];
    for await (const part of stream ?? []) octets.push(part as Buffer);
    const [sound = new Float32Array()] = await decodeRecording(Buffer.concat(octets));
    expect(sound.length).toBe(40_000);
    expect(toneIn(sound, 440, 100, 4900).share).toBeGreaterThan(0.99);
  });

  it('says when the sound begins, not when the order for it was given', async () => {
    const { clock, start, answer, only, end, reaches, leg } = begin();
    await start();
    const { attach } = leg;
    Object.assign(leg, {
      attach: async (kind: string, spec: unknown) => {
        clock.advance(400); // A slow disk, a busy media process.
        return attach(kind, spec);
      },
    });
    await answer(recordedCall());
    clock.advance(5_000);
    await end();
    await reaches('ready');
    const { startedAt, endedAt, durationMs } = only();
    expect(Number(endedAt) - startedAt.getTime()).toBe(durationMs);
  });

  it('leaves other calls alone, records one that was ordered with it, in its own way', async () => {
    const { start, answer, apps, settings, leg, store } = begin();
    await start();
    apps.set('app', { recordingEnabled: false });
    await settings.put('acc', 'app', { ...defaultRecordingSettings, channels: 'dual', format: 'wav' });
    await answer(recordedCall());
    await answer(recordedCall({ callSid: 'call-2', appId: undefined }));
    expect(store.rows.size).toBe(0);
    await answer(recordedCall({ callSid: 'call-3' }), { format: 'mp3-hq' });
    expect(leg.attachments.map(({ spec }) => spec)).toMatchObject([{ channels: 'dual', format: 'mp3-hq' }]);
  });

  it('begins one for two words in one instant; who comes second is told when the first one is there', async () => {
    const { service, start, answer, store, leg, apps } = begin();
    await start();
    const answered = answer(recordedCall());
    await expect(service.startFor('acc', 'call-1')).rejects.toMatchObject({ problem: 'already-recording' });
    expect([...store.rows.values()].map(({ state }) => state)).toEqual(['recording']);
    await answered;
    apps.clear();
    const unwanted = answer(recordedCall({ callSid: 'call-2' })); // Its app wants none: the second word begins it.
    expect((await service.startFor('acc', 'call-2')).state).toBe('recording');
    await unwanted;
    leg.refuses = new Error('no such leg');
    const broken = [service.startFor('acc', 'call-3'), service.startFor('acc', 'call-3')];
    for (const one of broken) await expect(one).rejects.toMatchObject({ problem: 'unknown-call' });
    expect(store.rows.size).toBe(2);
  });

  it('is started, paused, taken up again and stopped during a call, by its own account alone', async () => {
    const { service, start, answer, apps, leg, end, reaches, only } = begin();
    await start();
    apps.clear();
    await answer(recordedCall());
    await expect(service.startFor('other', 'call-1')).rejects.toMatchObject({ problem: 'unknown-call' });
    const { recordingSid: sid } = await service.startFor('acc', 'call-1', { channels: 'dual' });
    await expect(service.startFor('acc', 'call-1')).rejects.toMatchObject({ problem: 'already-recording' });
    await expect(service.pause('other', 'call-1', sid)).rejects.toMatchObject({ problem: 'unknown-recording' });
    await expect(service.pause('acc', 'call-2', sid)).rejects.toMatchObject({ problem: 'unknown-recording' });
    await expect(service.delete('acc', 'call-1', sid)).rejects.toMatchObject({ problem: 'still-running' });
    await service.pause('acc', 'call-1', sid);
    expect(service.isPaused(sid)).toBe(true);
    await service.resume('acc', 'call-1', sid);
    expect(service.isPaused(sid)).toBe(false);
    expect(leg.attachments[0]?.told).toEqual([{ do: 'pause' }, { do: 'resume' }]);
    await service.stopFor('acc', 'call-1', sid);
    expect(leg.attachments[0]?.isClosed).toBe(true);
    await end();
    await reaches('ready');
    await expect(service.pause('acc', 'call-1', sid)).rejects.toMatchObject({ problem: 'not-running' });
    await service.startFor('acc', 'call-1'); // Another one of the same call.
    await service.delete('acc', 'call-1', sid);
    expect(await service.find('acc', sid)).toBeUndefined();
    expect(await service.ofCall('acc', 'call-1')).toHaveLength(1);
    expect(() => only()).toThrow();
    expect(
      readdirSync(join(folder, 'kept'), { recursive: true }).filter((name) => String(name).endsWith('.mp3')),
    ).toEqual([]);
  });

  it('begins one recording, however many ask at once', async () => {
    const { service, start, answer, apps, store } = begin();
    await start();
    apps.clear();
    const call = recordedCall();
    await answer(call);
    await Promise.all([service.handleWish(call, {}), service.handleWish(call, {}), service.handleAnswered(call)]);
    expect(store.rows.size).toBe(1);
  });

  it.each([
    ['disk-full', { freeBytes: 1e6 }],
    ['media-failed', { refuses: true }],
  ])(
    'tells of a recording that could not be begun: %s',
    async (cause, { freeBytes, refuses }: { freeBytes?: number; refuses?: boolean }) => {
      const { start, answer, told, tells, leg, only, service, world } = begin();
      await start();
      if (freeBytes) world.freeBytes = freeBytes;
      if (refuses) leg.refuses = new Error('no such leg');
      await answer(recordedCall());
      await tells(1);
      expect(told).toEqual([['failed', only().recordingSid, cause]]);
      expect(only()).toMatchObject({ state: 'failed', cause });
      expect(service.hasRecording('call-1')).toBe(false);
    },
  );

  it('tells of one that broke off, and keeps nothing of it', async () => {
    const { start, answer, told, tells, leg, only, parts } = begin();
    await start();
    await answer(recordedCall());
    writeFileSync(pathOf(leg), 'half of it');
    leg.attachments[0]?.end({ ok: false, failure: 'disk-full', detail: 'ENOSPC' });
    await tells(1);
    expect(told).toEqual([['failed', only().recordingSid, 'disk-full']]);
    expect(only().location).toBeUndefined();
    expect(readdirSync(parts)).toEqual([]);
  });

  it.each(['disk-full', 'encoder-behind', 'encoder-failed'] as const)(
    'keeps what can be heard of one that broke off by %s, and tells of it as failed',
    async (failure) => {
      const { service, start, answer, told, tells, leg, only, parts } = begin();
      await start();
      await answer(recordedCall());
      await writeTone(pathOf(leg), 5, false);
      leg.attachments[0]?.end({ ok: false, failure, detail: 'no' });
      await tells(1);
      await eventually(() => only().announcedAt, waits);
      expect(told).toEqual([['failed', only().recordingSid, failure]]);
      expect(only()).toMatchObject({ state: 'failed', cause: failure, detail: 'no' });
      expect(only().durationMs).toBeGreaterThan(4700);
      expect(readdirSync(parts)).toEqual([]);
      const stream = await service.open(only());
      const [sound = new Float32Array()] = await decodeRecording(Buffer.concat((await stream?.toArray()) ?? []));
      expect(Math.abs(sound.length / 8 - only().durationMs)).toBeLessThanOrEqual(1);
      expect(await service.urlsOf('acc', ['call-1'])).toEqual(new Map());
      await service.delete('acc', 'call-1', only().recordingSid);
      expect(await service.open(only())).toBeUndefined();
    },
  );

  it('tells of one that broke off also while there is no place for what there is of it, which follows', async () => {
    const { start, answer, told, tells, leg, only, clock, world } = begin();
    const { keep } = world.storage;
    world.storage.keep = async () => {
      throw RecordingError.storage('The recording cannot be moved', 'ENOSPC');
    };
    await start();
    await answer(recordedCall());
    await writeTone(pathOf(leg), 5, false);
    leg.attachments[0]?.end({ ok: false, failure: 'disk-full', detail: 'no room' });
    await tells(1);
    expect(told).toEqual([['failed', only().recordingSid, 'disk-full']]);
    expect(only()).toMatchObject({ location: undefined, announcedAt: undefined });
    world.storage.keep = keep;
    const isKept = () => {
      clock.advance(60_000);
      return only().announcedAt && only().location;
    };
    await eventually(isKept, waits);
    expect(only()).toMatchObject({ state: 'failed', cause: 'disk-full', detail: 'no room' });
  });

  it('keeps nothing that the disk did not write', async () => {
    const { start, answer, tells, leg, only, parts } = begin();
    await start();
    await answer(recordedCall());
    await writeTone(pathOf(leg), 5, false);
    leg.attachments[0]?.end({ ok: false, failure: 'write-failed', detail: 'EIO' });
    await tells(1);
    expect(only()).toMatchObject({ state: 'failed', cause: 'write-failed', location: undefined, bytes: 0 });
    expect(readdirSync(parts)).toEqual([]);
  });

  it('finishes what a lost media process left, as far as it goes', async () => {
    const { start, answer, tells, told, leg, only } = begin();
    await start();
    await answer(recordedCall());
    await writeTone(pathOf(leg), 5, false);
    leg.attachments[0]?.end('engine-lost');
    await tells(1);
    expect(told).toMatchObject([['ready', only().recordingSid, expect.any(String)]]);
    expect(only().durationMs).toBeGreaterThan(4700);
  });

  it('after a crash finishes and tells of what there is, fails what is gone, removes what belongs to nobody', async () => {
    const before = begin();
    await before.start();
    await before.answer(recordedCall());
    await before.answer(recordedCall({ callSid: 'call-2' }));
    const paths = before.leg.attachments.map(({ spec }) => (spec as RecordOrder).path);
    await writeTone(paths[0] ?? '', 5, false);
    writeFileSync(join(before.parts, 'rec_of_nobody.mp3.part'), 'x');

    const after = begin(before.world);
    await after.service.load();
    expect([after.service.hasRecording('call-1'), after.service.hasRecording('call-3')]).toEqual([true, false]);
    await after.service.start();
    await after.tells(2);
    const [first, second] = [...after.store.rows.values()];
    expect(after.told).toContainEqual(['ready', first?.recordingSid, expect.any(String)]);
    expect(after.told).toContainEqual(['failed', second?.recordingSid, 'lost']);
    expect(first?.state).toBe('ready');
    expect(readdirSync(after.parts)).toEqual([]);
    await eventually(() => [...after.store.rows.values()].every((row) => row.announcedAt), waits);
    const third = begin(before.world); // Nothing is left to do.
    await third.start();
    expect(third.service.stats).toEqual({ running: 0, pending: 0 });
  });

  it.each(['before', 'after'])('goes on where a process died %s it had moved the file', async (when) => {
    const first = begin();
    await first.start();
    await first.answer(recordedCall());
    const path = pathOf(first.leg);
    await writeTone(path, 5, true);
    const figures = await repairRecording(path, 'mp3');
    const row = first.only();
    Object.assign(row, { state: 'processing', endedAt: new Date(first.clock.now()), ...figures });
    if (when === 'after') await first.storage.keep(path, `2026/01/01/acc/${row.recordingSid}.mp3`);
    const second = begin(first.world);
    await second.start();
    await second.tells(1);
    expect(second.told).toMatchObject([['ready', row.recordingSid, expect.any(String)]]);
    expect(existsSync(join(folder, 'kept', '2026/01/01/acc', `${row.recordingSid}.mp3`))).toBe(true);
  });

  it('tells nothing while the store of recordings, the database or the outbox is down, and all of it afterwards', async () => {
    const world = newWorld();
    let isStoreDown = true;
    const { keep } = world.storage;
    world.storage.keep = async (path, key) => {
      if (isStoreDown) throw RecordingError.storage('The recording cannot be stored', 'connection refused');
      return keep.call(world.storage, path, key);
    };
    const { start, answer, only, end, told, clock, store, parts, service } = begin(world);
    await start();
    await answer(recordedCall());
    store.isDown = true;
    await end();
    await eventually(() => service.stats.pending === 1 && service.stats.running === 0, waits);
    store.isDown = false;
    const later = async (isDone: () => boolean) =>
      eventually(() => {
        clock.advance(60_000);
        return isDone();
      }, waits);
    await later(() => only().state === 'processing');
    await later(() => only().detail?.includes('connection refused') ?? false);
    expect(readdirSync(parts)).toHaveLength(1);
    world.isReceiverDown = true;
    isStoreDown = false;
    await later(() => only().state === 'ready');
    expect(told).toEqual([]);
    world.isReceiverDown = false;
    await later(() => told.length === 1);
    await later(() => only().announcedAt !== undefined);
    expect(service.stats.pending).toBe(0);
  });

  it('deletes what an app keeps no longer, and only that', async () => {
    const { start, answer, end, reaches, store, clock, only, service } = begin();
    await start();
    await answer(recordedCall());
    await end();
    await reaches('ready');
    const { location = '' } = only();
    store.retentionDays.set('app', 7);
    clock.advance(6 * 86_400_000);
    await eventually(() => clock.pendingTimers === 1, waits);
    expect(only().state).toBe('ready');
    const hours = () => {
      clock.advance(3_600_000);
      return only().state === 'deleted';
    };
    await eventually(hours, waits);
    expect(existsSync(join(folder, 'kept', location.replace('folder:', '')))).toBe(false);
    await service.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('deletes the others when one cannot be deleted, however many there are', async () => {
    const { start, store, clock, service, world } = begin();
    const row = (n: number): Recording => ({
      ...{ recordingSid: `rec_${1000 + n}`, callSid: 'call-1', accountSid: 'acc', appId: 'app', state: 'ready' },
      ...{ channels: 'single', format: 'mp3', startedAt: new Date(0), endedAt: new Date(0), durationMs: 1, bytes: 1 },
      ...{ location: `folder:${n}.mp3`, cause: undefined, detail: undefined, announcedAt: new Date(0) },
    });
    for (let n = 0; n < 250; n++) await store.create(row(n), 'server-1');
    store.retentionDays.set('app', 7);
    const { remove } = world.storage;
    world.storage.remove = async (location) => {
      if (location === 'folder:0.mp3') throw RecordingError.storage('The recording cannot be deleted', 'no such store');
      return remove.call(world.storage, location);
    };
    await start();
    clock.advance(60_000);
    const left = () => [...store.rows.values()].filter(({ state }) => state === 'ready');
    await eventually(() => clock.pendingTimers === 1, waits);
    expect(left().map(({ location }) => location)).toEqual(['folder:0.mp3']);
    world.storage.remove = remove;
    clock.advance(3_600_000);
    await eventually(() => left().length === 0, waits);
    await service.stop();
  });

  it('brings four away at once at most, those that are tried again too', async () => {
    const { start, store, clock, world, service } = begin();
    for (let n = 0; n < 20; n++) {
      const row: Recording = {
        ...{ recordingSid: `rec_${n}`, callSid: 'call-1', accountSid: 'acc', appId: 'app', state: 'processing' },
        ...{ channels: 'single', format: 'mp3', startedAt: new Date(0), endedAt: new Date(0), durationMs: 1, bytes: 1 },
        ...{ location: undefined, cause: undefined, detail: undefined, announcedAt: undefined },
      };
      await store.create(row, 'server-1');
    }
    let [underWay, most, tried] = [0, 0, 0];
    world.storage.keep = async () => {
      tried += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 2));
      underWay -= 1;
      if (tried <= 20) throw RecordingError.storage('The recording cannot be stored', 'connection refused');
      return 'folder:x';
    };
    await start();
    await eventually(() => tried === 20 && underWay === 0, waits);
    const isDone = () => {
      clock.advance(300_000);
      return service.stats.pending === 0;
    };
    await eventually(isDone, waits);
    expect([tried, most]).toEqual([40, 4]);
  });

  it('leaves the recordings of another server to it, until that one has been away for a week', async () => {
    const first = begin();
    await first.start();
    await first.answer(recordedCall());
    const second = begin(first.world, 'server-2');
    await second.start(); // The first one still records.
    await first.end();
    await first.reaches('ready');
    await first.tells(1);
    await first.answer(recordedCall({ callSid: 'call-2' }));
    void first.service.stop(); // Dies, and leaves one.
    const [left] = [...first.store.rows.values()].filter(({ state }) => state === 'recording');
    first.clock.advance(6 * 86_400_000);
    await begin(first.world, 'server-2').start();
    expect(first.store.rows.get(left?.recordingSid ?? '')?.state).toBe('recording');
    first.clock.advance(2 * 86_400_000);
    await begin(first.world, 'server-2').start();
    await first.tells(2);
    expect(first.told[1]).toEqual(['failed', left?.recordingSid, 'lost']);
  });

  it('says each hour that it is there', async () => {
    const { start, answer, store, clock, only } = begin();
    await start();
    await answer(recordedCall());
    const seenAt = () => store.owners.get(only().recordingSid)?.seenAt;
    for (const ms of [60_000, 3_600_000, 3_600_000]) {
      clock.advance(ms);
      await eventually(() => seenAt() === clock.now() && clock.pendingTimers > 0, waits);
    }
  });

  it('has the party hear a tone, until the recording ends', async () => {
    const { start, answer, settings, leg, end, reaches } = begin();
    await start();
    await settings.put('acc', 'app', { ...defaultRecordingSettings, tone: 'repeat' });
    await answer(recordedCall());
    expect(leg.attachments.map(({ spec }) => spec)).toMatchObject([{ do: 'tone', everySec: 15 }, { do: 'record' }]);
    expect(leg.attachments[0]?.isClosed).toBe(false);
    await end(1);
    await reaches('ready');
    expect(leg.attachments[0]?.isClosed).toBe(true);
  });

  it('does not record who cannot hear the tone that it is to hear', async () => {
    const { start, answer, settings, leg, told, tells, only, service } = begin();
    await start();
    await settings.put('acc', 'app', { ...defaultRecordingSettings, tone: 'start' });
    leg.refusesTones = true;
    await answer(recordedCall());
    await tells(1);
    expect(leg.attachments).toEqual([]);
    expect(told).toEqual([['failed', only().recordingSid, 'tone-failed']]);
    await expect(service.startFor('acc', 'call-1')).rejects.toMatchObject({ problem: 'start-failed' });
  });

  it('ends the tone of one that could not be begun', async () => {
    const { start, answer, settings, leg, tells, only } = begin();
    await start();
    await settings.put('acc', 'app', { ...defaultRecordingSettings, tone: 'repeat' });
    const { attach } = leg;
    Object.assign(leg, {
      attach: async (kind: string, spec: { do: string }) => {
        if (spec.do === 'record') throw new Error('no such leg');
        return attach(kind, spec);
      },
    });
    await answer(recordedCall());
    await tells(1);
    expect(only().cause).toBe('media-failed');
    expect(leg.attachments.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it('begins nothing while the database is away, and the call goes on', async () => {
    const { start, answer, store, told } = begin();
    await start();
    store.isDown = true;
    await answer(recordedCall()); // The call goes on: nothing is thrown.
    expect([store.rows.size, told.length]).toEqual([0, 0]);
  });
});

describe('RecordingUrls', () => {
  const clock = new FakeClock();
  const urls = new RecordingUrls({ baseUrl: 'https://pbx.example', key: new Uint8Array(32).fill(1), clock });
  const recording = { accountSid: 'acc one', recordingSid: 'rec_1', format: 'wav' } as const;
  const partsOf = (url: string) => {
    const { searchParams } = new URL(url);
    return { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
  };

  it.each([
    [1, 5],
    [5, 5],
    [30, 30],
    [600, 60],
  ])('signs for %i minutes: good for %i', (asked, minutes) => {
    const url = urls.signed(recording, asked);
    expect(url).toContain('https://pbx.example/v1/Accounts/acc%20one/Recordings/rec_1.wav?expires=');
    const check = () => urls.check({ ...recording, ...partsOf(url) });
    expect(check()).toBe('valid');
    clock.advance(minutes * 60_000 - 1000);
    expect(check()).toBe('valid');
    clock.advance(1000);
    expect(check()).toBe('expired');
  });

  it('takes no signature of another recording, account or time', () => {
    const signed = { ...recording, ...partsOf(urls.signed(recording, 5)) };
    for (const change of [
      { recordingSid: 'rec_2' },
      { accountSid: 'acc' },
      { expires: '9999999999' },
      { signature: '' },
      { signature: 'ä'.repeat(64) },
    ])
      expect(urls.check({ ...signed, ...change })).toBe('wrong');
  });
});
