/** Whether what is said in the call is being written. */
export type RecordingState = 'off' | 'recording' | 'paused';

/** How a recording is to be made; what is left out, the server's settings say. */
export interface RecordingOptions {
  /** `dual`: each side in a channel of its own, who called left. */
  channels?: 'single' | 'dual';
  format?: 'mp3' | 'mp3-hq' | 'wav';
}

export type RecordingStep = 'start' | 'pause' | 'resume' | 'stop';

/** Of INVITE and 200: we take the server's word of recordings (RFC 6086). */
export const recvInfo = [['Recv-Info', 'intermix-recording']] as const;

/**
 * The recording of a call that the server makes. Each step resolves with how it stands then, and rejects with VoiceError:
 * `recording-not-allowed`, `not-supported-by-server`, `wrong-state` (started twice, paused while none runs), `recording-failed`,
 * `call-ended`, `connection-lost`. What others start and stop is told by `recording` of the call all the same.
 */
export class CallRecording {
  readonly state: RecordingState = 'off';
  readonly #order: (step: RecordingStep, options?: RecordingOptions) => Promise<RecordingState>;

  /** @internal */
  constructor(order: (step: RecordingStep, options?: RecordingOptions) => Promise<RecordingState>) {
    this.#order = order;
  }

  start(options?: RecordingOptions): Promise<RecordingState> {
    return this.#order('start', options);
  }

  /** What is said from now on is not written; in its place there is silence, or nothing, as the server's settings say. */
  pause(): Promise<RecordingState> {
    return this.#order('pause');
  }

  resume(): Promise<RecordingState> {
    return this.#order('resume');
  }

  /** Ends it; the call goes on. */
  stop(): Promise<RecordingState> {
    return this.#order('stop');
  }
}
