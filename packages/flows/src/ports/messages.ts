import type { CallControl } from '@intermix/calls';

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

/** Records what the calling party says to nobody. Joined by the server to whatever records. */
export interface MessageRecorder {
  start(control: CallControl, wish: MessageWish): Promise<RunningMessage>;
}
