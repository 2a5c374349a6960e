import type { MediaAttachment } from '@intermix/media';
import type { Recording } from '../ports/recording-store.js';

export interface RunningRecording {
  readonly recording: Recording;
  readonly attachment: MediaAttachment;
  isPaused: boolean;
  /** Resolves when its end has been dealt with. */
  readonly ended: Promise<void>;
}

const maxRemembered = 50_000;

/** Recordings that grow now, and which calls of late have one. */
export class RunningRecordings {
  readonly #bySid = new Map<string, RunningRecording>();
  readonly #recorded = new Map<string, Recording>();

  get size(): number {
    return this.#bySid.size;
  }

  add(running: RunningRecording): void {
    this.#bySid.set(running.recording.recordingSid, running);
    this.remember(running.recording);
  }

  get(recordingSid: string): RunningRecording | undefined {
    return this.#bySid.get(recordingSid);
  }

  of(callSid: string): RunningRecording | undefined {
    for (const running of this.#bySid.values()) if (running.recording.callSid === callSid) return running;
    return undefined;
  }

  delete(recordingSid: string): void {
    this.#bySid.delete(recordingSid);
  }

  /** Its call has a recording, or will have. */
  remember(recording: Recording): void {
    this.#recorded.set(recording.callSid, recording);
    const oldest = this.#recorded.keys().next();
    if (this.#recorded.size > maxRemembered && !oldest.done) this.#recorded.delete(oldest.value);
  }

  forget(callSid: string): void {
    this.#recorded.delete(callSid);
  }

  /** The last one that the call has, or will have. */
  knownOf(callSid: string): Recording | undefined {
    return this.#recorded.get(callSid);
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#bySid.values()].map(({ ended }) => ended));
  }
}
