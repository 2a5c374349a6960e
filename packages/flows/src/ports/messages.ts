import type { CallControl, CallRecord } from '@intermix/calls';

export interface MessageWish {
  format: 'mp3' | 'mp3-hq' | 'wav';
  maxSec: number;
  /** Silence that ends it; undefined: none does. */
  silenceSec: number | undefined;
}

export interface TakenMessage {
  /** Undefined when it is not known yet, or nothing was recorded. */
  recordingUrl: string | undefined;
  durationSec: number;
  endedBy: 'max-time' | 'silence' | 'stopped' | 'caller';
}

export interface RunningMessage {
  /** Resolves once. Rejects when the recording failed. */
  readonly taken: Promise<TakenMessage>;
  /** Ends it. May be called twice. */
  stop(): void;
}

/** Takes what the calling party says to nobody. */
export interface MessageTaker {
  start(control: CallControl, wish: MessageWish): Promise<RunningMessage>;
}

/** A recording of a message. */
export interface MessageRecording {
  readonly url: string;
  /** Ends it; the call goes on. Never rejects. */
  stop(): Promise<void>;
}

/** Records a stretch of a call. Joined by the server to whatever records. */
export interface MessageRecordings {
  /** Rejects when it cannot be begun. */
  start(call: CallRecord, format: MessageWish['format']): Promise<MessageRecording>;
}
