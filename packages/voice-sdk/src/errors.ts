import { IntermixError } from '@intermix/kernel';

/** What can go wrong for a page, each with its stable code and what a person can do about it. */
const problems = {
  'invalid-options': ['ERR_VOICE_INVALID_OPTIONS', 'Check the options given to the client.'],
  'not-connected': ['ERR_VOICE_NOT_CONNECTED', 'Call register() and wait for the "registered" event first.'],
  'connection-failed': ['ERR_VOICE_CONNECTION_FAILED', 'Check the network and that the server address is right.'],
  'connection-lost': ['ERR_VOICE_CONNECTION_LOST', 'Nothing: the connection is being made again.'],
  'credentials-rejected': [
    'ERR_VOICE_CREDENTIALS_REJECTED',
    'Correct the user name and password, then register() again.',
  ],
  'registration-refused': ['ERR_VOICE_REGISTRATION_REFUSED', 'Ask the operator why the server refuses this account.'],
  'microphone-blocked': [
    'ERR_VOICE_MICROPHONE_BLOCKED',
    "Allow the microphone for this page in the browser's address bar, then try again.",
  ],
  'microphone-missing': ['ERR_VOICE_MICROPHONE_MISSING', 'Plug in a microphone or headset, then try again.'],
  'microphone-busy': ['ERR_VOICE_MICROPHONE_BUSY', 'Close the other program that uses the microphone, then try again.'],
  'unsupported-browser': ['ERR_VOICE_UNSUPPORTED_BROWSER', 'Open the page over https in a current browser.'],
  'invalid-target': ['ERR_VOICE_INVALID_TARGET', 'Give a phone number, a user name or a SIP URI.'],
  'invalid-dtmf': ['ERR_VOICE_INVALID_DTMF', 'Use the digits 0-9, A-D, * and #, and a comma for a pause.'],
  'wrong-state': ['ERR_VOICE_WRONG_STATE', "Look at the call's state before this step."],
  'call-refused': ['ERR_VOICE_CALL_REFUSED', 'Try again later or dial another number.'],
  'call-ended': ['ERR_VOICE_CALL_ENDED', 'The call is over: start a new one.'],
  'hold-refused': ['ERR_VOICE_HOLD_REFUSED', 'Try again; the call goes on as before.'],
  'dtmf-refused': ['ERR_VOICE_DTMF_REFUSED', 'The other side takes no digits in this call.'],
  'media-failed': ['ERR_VOICE_MEDIA_FAILED', 'Check that the network lets UDP through, then call again.'],
} as const satisfies Record<string, readonly [`ERR_VOICE_${string}`, string]>;

/** The name of a problem, for a `switch`. */
export type VoiceProblem = keyof typeof problems;

/** The one error of the SDK: `code` is stable, `cure` is a sentence to show to a person. */
export class VoiceError extends IntermixError {
  readonly code: (typeof problems)[VoiceProblem][0];
  readonly problem: VoiceProblem;
  readonly cure: string;
  /** SIP status, when the server said it. */
  readonly status: number | undefined;

  constructor(problem: VoiceProblem, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options);
    this.name = 'VoiceError'; // Not `new.target.name`: the bundle is minified.
    this.problem = problem;
    [this.code, this.cure] = problems[problem];
    this.status = options.status;
  }

  /** Names what `getUserMedia` refused. */
  static microphone(cause: unknown): VoiceError {
    if (cause instanceof VoiceError) return cause;
    const name = (cause as { name?: string } | undefined)?.name;
    if (name === 'NotFoundError' || name === 'OverconstrainedError') {
      return new VoiceError('microphone-missing', 'no microphone was found', { cause });
    }
    if (name === 'NotReadableError' || name === 'AbortError') {
      return new VoiceError('microphone-busy', 'the microphone could not be opened', { cause });
    }
    return new VoiceError('microphone-blocked', 'the page may not use the microphone', { cause });
  }
}
