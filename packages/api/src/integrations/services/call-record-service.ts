import {
  type CallDurations,
  type CallEventRecord,
  type CallRecord,
  callDurations,
  type LegRecord,
  lastSeenOf,
} from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type { Recording, RecordingService } from '@intermix/recordings';
import type { DeliveryDetail, DeliveryLog } from '@intermix/webhooks';
import { ApiError } from '../../http/api-error.js';
import type { AppCallQuery, CallArchive } from '../ports.js';
import type { AppScope } from './app-scope.js';
import { namingCursor } from './store-cursor.js';

/** A call with its times. */
export interface TimedCall {
  call: CallRecord;
  durations: CallDurations;
  recording: CallRecording | undefined;
}

/** The last recording of a call that is ready. */
export interface CallRecording extends Recording {
  /** For everybody who has it, for an hour. */
  url: string;
}

/** A call with all that is known of it. */
export interface CallStory extends TimedCall {
  legs: LegRecord[];
  events: CallEventRecord[];
  deliveries: DeliveryDetail[];
}

export interface CallRecordServiceDeps {
  callArchive: CallArchive;
  deliveries: Pick<DeliveryLog, 'ofCall'>;
  recordings: Pick<RecordingService, 'ofCalls' | 'urls'>;
  clock: Clock;
}

const toldUrlMinutes = 60;

/** The records of an app's calls. */
export class CallRecordService {
  readonly #deps: CallRecordServiceDeps;

  constructor(deps: CallRecordServiceDeps) {
    this.#deps = deps;
  }

  /** Newest first. 400: a cursor that no page gave. */
  async list(
    app: AppScope,
    filter: Omit<AppCallQuery, 'accountSid' | 'appId'>,
  ): Promise<{ calls: TimedCall[]; nextCursor: string | undefined }> {
    const query = { ...filter, accountSid: app.accountSid, appId: app.appId };
    const { calls, nextCursor } = await namingCursor('cursor', this.#deps.callArchive.listOfApp(query));
    const now = this.#now();
    const recordings = await this.#recordingsOf(app, calls);
    const timed = calls.map((call) => ({
      call,
      recording: recordings.get(call.callSid),
      durations: callDurations(call, [{ role: 'callee', ringingAt: call.firstRangAt }], now),
    }));
    return { calls: timed, nextCursor };
  }

  /** 404: the app has no such call. */
  async find(app: AppScope, callSid: string): Promise<CallStory> {
    const { callArchive, deliveries } = this.#deps;
    const [story, told] = await Promise.all([
      callArchive.find(app.accountSid, callSid),
      deliveries.ofCall(app.accountSid, callSid),
    ]);
    if (story?.call.appId !== app.appId) throw unknownCall(callSid);
    const recordings = await this.#recordingsOf(app, [story.call]);
    return {
      ...story,
      recording: recordings.get(callSid),
      durations: callDurations(
        { ...story.call, lastSeenAt: lastSeenOf(story.call, story.events) },
        story.legs,
        this.#now(),
      ),
      deliveries: told.filter(({ appId }) => appId === app.appId),
    };
  }

  async #recordingsOf(app: AppScope, calls: readonly CallRecord[]): Promise<Map<string, CallRecording>> {
    const { recordings } = this.#deps;
    const sids = calls.map(({ callSid }) => callSid);
    const found = await recordings.ofCalls(app.accountSid, sids);
    const ready = found.filter(({ state }) => state === 'ready');
    return new Map(ready.map((one) => [one.callSid, { ...one, url: recordings.urls.signed(one, toldUrlMinutes) }]));
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
  }
}

function unknownCall(callSid: string): ApiError {
  const message = `"call_sid": the app has no call "${callSid}"; GET …/calls lists those that it has.`;
  return new ApiError(404, 'ERR_NOT_FOUND', message, 'call_sid');
}
