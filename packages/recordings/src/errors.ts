import { IntermixError } from '@intermix/kernel';

/** What cannot be done with a recording. Stable words: callers branch on them. */
export type RecordingProblem =
  | 'unknown-call'
  | 'unknown-recording'
  | 'already-recording'
  | 'not-running'
  | 'still-running'
  | 'start-failed'
  | 'storage';

/** A recording cannot be started, changed, kept or read; the message says why. */
export class RecordingError extends IntermixError {
  readonly code = 'ERR_RECORDING';

  constructor(
    readonly problem: RecordingProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  static unknownCall(): RecordingError {
    return new RecordingError('unknown-call', 'There is no such call that is up and has audio.');
  }

  static unknownRecording(): RecordingError {
    return new RecordingError('unknown-recording', 'There is no such recording.');
  }

  static alreadyRecording(): RecordingError {
    return new RecordingError('already-recording', 'The call is being recorded; stop that recording first.');
  }

  static notRunning(): RecordingError {
    return new RecordingError('not-running', 'The recording has ended.');
  }

  static stillRunning(): RecordingError {
    return new RecordingError('still-running', 'The recording is not finished; stop it and wait until it is ready.');
  }

  static startFailed(why: string): RecordingError {
    return new RecordingError('start-failed', `The recording cannot be started: ${why}.`);
  }

  static storage(what: string, cause: unknown): RecordingError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new RecordingError('storage', `${what}: ${why}`, { cause });
  }
}
