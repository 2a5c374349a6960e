import { Readable } from 'node:stream';
import type { Clock } from '@intermix/kernel';
import {
  defaultRecordingSettings,
  type Recording,
  RecordingError,
  type RecordingService,
  type RecordingSettings,
  RecordingUrls,
} from '@intermix/recordings';
import type { RecordingRoutesDeps } from '../recordings/recording-routes.js';

export interface MemoryRecordings extends Omit<RecordingRoutesDeps, 'tokens'> {
  recordings: RecordingRoutesDeps['recordings'] & Pick<RecordingService, 'ofCalls'>;
  rows: Recording[];
  /** What `open` gives. */
  sound: Buffer;
}

/** Recordings in memory, of account `one` and its call `c1`, as the service gives them. Account `one` has the app `app`. */
export function memoryRecordings(clock: Clock): MemoryRecordings {
  const rows: Recording[] = [];
  const paused = new Set<string>();
  const sound = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  let settings: RecordingSettings = defaultRecordingSettings;
  const find = (accountSid: string, sid: string) =>
    rows.find((row) => row.accountSid === accountSid && row.recordingSid === sid);
  const running = (accountSid: string, callSid: string, sid: string) => {
    const row = find(accountSid, sid);
    if (row?.callSid !== callSid) throw RecordingError.unknownRecording();
    if (row.state !== 'recording') throw RecordingError.notRunning();
    return row;
  };
  const ofCalls = async (accountSid: string, callSids: readonly string[]) =>
    rows.filter((row) => row.accountSid === accountSid && callSids.includes(row.callSid));
  const urls = new RecordingUrls({ baseUrl: 'https://pbx.example', key: new Uint8Array(32).fill(9), clock });
  return {
    rows,
    sound,
    recordings: {
      urls,
      ofCalls,
      ofCall: (accountSid: string, callSid: string) => ofCalls(accountSid, [callSid]),
      find: async (accountSid: string, sid: string) => find(accountSid, sid),
      isPaused: (sid: string) => paused.has(sid),
      async startFor(accountSid: string, callSid: string, wish: Partial<Recording> = {}) {
        if (accountSid !== 'one' || callSid !== 'c1') throw RecordingError.unknownCall();
        if (rows.some(({ state }) => state === 'recording')) throw RecordingError.alreadyRecording();
        const row = newRecording(`rec_${String(rows.length + 1).padStart(4, '0')}`, clock, wish);
        rows.push(row);
        return row;
      },
      async pause(accountSid: string, callSid: string, sid: string) {
        const row = running(accountSid, callSid, sid);
        paused.add(sid);
        return row;
      },
      async resume(accountSid: string, callSid: string, sid: string) {
        const row = running(accountSid, callSid, sid);
        paused.delete(sid);
        return row;
      },
      async stopFor(accountSid: string, callSid: string, sid: string) {
        const row = running(accountSid, callSid, sid);
        return Object.assign(row, {
          state: 'ready',
          location: `folder:${sid}`,
          bytes: sound.length,
          durationMs: 5000,
          endedAt: new Date(clock.now()),
        });
      },
      async delete(accountSid: string, callSid: string, sid: string) {
        const row = find(accountSid, sid);
        if (row?.callSid !== callSid) throw RecordingError.unknownRecording();
        if (row.state === 'recording') throw RecordingError.stillRunning();
        rows.splice(rows.indexOf(row), 1);
      },
      open: async (_recording: Recording, range?: { first: number; last: number }) =>
        Readable.from([range ? sound.subarray(range.first, range.last + 1) : sound]),
    },
    settings: {
      find: async (accountSid, appId) => (accountSid === 'one' && appId === 'app' ? settings : undefined),
      async put(accountSid, appId, wanted) {
        if (accountSid !== 'one' || appId !== 'app') return false;
        settings = wanted;
        return true;
      },
    },
  };
}

function newRecording(recordingSid: string, clock: Clock, wish: Partial<Recording>): Recording {
  return {
    ...{
      recordingSid,
      callSid: 'c1',
      accountSid: 'one',
      appId: 'app',
      state: 'recording',
      startedAt: new Date(clock.now()),
    },
    ...{ channels: wish.channels ?? 'single', format: wish.format ?? 'mp3' },
    ...{ endedAt: undefined, durationMs: 0, bytes: 0, location: undefined, cause: undefined, detail: undefined },
    announcedAt: undefined,
  };
}
