import type { CallRecord } from '@intermix/calls';
import type { Outbox } from '../ports/outbox.js';
import type { LateNotices } from './late-notices.js';
import { type AppFacts, makeNotice } from './make-notice.js';

/** A recording that can be fetched. */
export interface ReadyRecording {
  call: CallRecord;
  recordingUrl: string;
  /** Length of the recording. */
  durationSec: number;
  at: Date;
}

/** Tells an app's backend that the recording of one of its calls is there: the recorder calls it when the file is kept. */
export class RecordingNotices {
  readonly #late: LateNotices;
  readonly #outbox: Outbox;
  readonly #onQueued: () => void;

  constructor(deps: { late: LateNotices; outbox: Outbox; onQueued(): void }) {
    this.#late = deps.late;
    this.#outbox = deps.outbox;
    this.#onQueued = deps.onQueued;
  }

  /** Resolves when it is kept; a second time for the same call adds nothing. A call without an app is passed over. */
  async recordingReady({ call, recordingUrl, durationSec, at }: ReadyRecording): Promise<void> {
    const { accountSid, appId } = call;
    if (appId === undefined) return;
    const facts = await this.#late.facts(accountSid, appId);
    const happening = { type: 'recording_ready' as const, at, recordingUrl, durationSec };
    const make = (known: AppFacts | undefined) => [makeNotice(happening, { call, legs: [], appId }, known)];
    await this.#outbox.enqueue(make(facts));
    if (facts === undefined) this.#late.add(accountSid, appId, make);
    this.#onQueued();
  }
}
