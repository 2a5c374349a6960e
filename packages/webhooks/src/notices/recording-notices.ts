import type { CallRecord } from '@intermix/calls';
import type { Outbox } from '../ports/outbox.js';
import type { Happening } from './happening.js';
import type { LateNotices } from './late-notices.js';
import { type AppFacts, makeNotice } from './make-notice.js';

/** A recording that can be fetched. */
export interface ReadyRecording {
  call: CallRecord;
  recordingSid: string;
  recordingUrl: string;
  /** Length of the recording. */
  durationSec: number;
  at: Date;
}

/** A recording that came to nothing. */
export interface FailedRecording {
  call: CallRecord;
  recordingSid: string;
  /** A stable word: `disk-full`, `write-failed`, … */
  cause: string;
  at: Date;
}

/** Tells an app's backend what came of the recording of one of its calls: the recorder calls it when the file is kept, or lost. */
export class RecordingNotices {
  readonly #late: LateNotices;
  readonly #outbox: Outbox;
  readonly #onQueued: () => void;

  constructor(deps: { late: LateNotices; outbox: Outbox; onQueued(): void }) {
    this.#late = deps.late;
    this.#outbox = deps.outbox;
    this.#onQueued = deps.onQueued;
  }

  /** Resolves when it is kept; a second time for the same recording adds nothing. A call without an app is passed over. */
  async recordingReady({ call, ...ready }: ReadyRecording): Promise<void> {
    await this.#tell(call, { type: 'recording_ready', ...ready });
  }

  /** The same for one that came to nothing. */
  async recordingFailed({ call, ...failed }: FailedRecording): Promise<void> {
    await this.#tell(call, { type: 'recording_failed', ...failed });
  }

  async #tell(call: CallRecord, happening: Happening): Promise<void> {
    const { accountSid, appId } = call;
    if (appId === undefined) return;
    const facts = await this.#late.facts(accountSid, appId);
    const make = (known: AppFacts | undefined) => [makeNotice(happening, { call, legs: [], appId }, known)];
    await this.#outbox.enqueue(make(facts));
    if (facts === undefined) this.#late.add(accountSid, appId, make);
    this.#onQueued();
  }
}
