import { IntermixError } from '@intermix/kernel';

/** What can go wrong for a page, and what a person can do about it. */
const cures = {
  'invalid-options': 'Check the options given to the client.',
  'not-connected': 'Call register() and wait for the "registered" event first.',
  'connection-failed': 'Check the network and that the server address is right.',
  'connection-lost': 'Nothing: the connection is being made again.',
  'credentials-rejected': 'Correct the user name and password, then register() again.',
  'registration-refused': 'Ask the operator why the server refuses this account.',
  'microphone-blocked': "Allow the microphone for this page in the browser's address bar, then try again.",
  'microphone-missing': 'Plug in a microphone or headset, then try again.',
  'microphone-busy': 'Close the other program that uses the microphone, then try again.',
  'unsupported-browser': 'Open the page over https in a current browser.',
  'invalid-target': 'Give a phone number, a user name or a SIP URI.',
  'invalid-dtmf': 'Use the digits 0-9, A-D, * and #, and a comma for a pause.',
  'wrong-state': "Look at the call's state before this step.",
  'call-refused': 'Try again later or dial another number.',
  'call-ended': 'The call is over: start a new one.',
  'hold-refused': 'Try again; the call goes on as before.',
  'dtmf-refused': 'The other side takes no digits in this call.',
  'recording-not-allowed': 'Ask the operator to allow it.',
  'recording-failed': 'Try again; the call goes on as before.',
  'not-supported-by-server': 'Ask the operator for a newer server.',
  'device-missing': 'Choose a device that is plugged in.',
  'output-fixed': "Choose the output in the system's own settings.",
  'part-missing': 'Put all exotelsdk files into one folder, and check the network.',
  'media-failed': 'Check that the network lets UDP through, then call again.',
  'token-failed': 'Look at what tokenProvider threw; it is asked again.',
  'api-failed': 'Check host, access token and user id.',
} as const;

/** The name of a problem, for a `switch`. */
export type VoiceProblem = keyof typeof cures;

/** Stable; the problem's name in capitals. */
export type VoiceErrorCode =
  | 'ERR_VOICE_INVALID_OPTIONS'
  | 'ERR_VOICE_NOT_CONNECTED'
  | 'ERR_VOICE_CONNECTION_FAILED'
  | 'ERR_VOICE_CONNECTION_LOST'
  | 'ERR_VOICE_CREDENTIALS_REJECTED'
  | 'ERR_VOICE_REGISTRATION_REFUSED'
  | 'ERR_VOICE_MICROPHONE_BLOCKED'
  | 'ERR_VOICE_MICROPHONE_MISSING'
  | 'ERR_VOICE_MICROPHONE_BUSY'
  | 'ERR_VOICE_UNSUPPORTED_BROWSER'
  | 'ERR_VOICE_INVALID_TARGET'
  | 'ERR_VOICE_INVALID_DTMF'
  | 'ERR_VOICE_WRONG_STATE'
  | 'ERR_VOICE_CALL_REFUSED'
  | 'ERR_VOICE_CALL_ENDED'
  | 'ERR_VOICE_HOLD_REFUSED'
  | 'ERR_VOICE_DTMF_REFUSED'
  | 'ERR_VOICE_RECORDING_NOT_ALLOWED'
  | 'ERR_VOICE_RECORDING_FAILED'
  | 'ERR_VOICE_NOT_SUPPORTED_BY_SERVER'
  | 'ERR_VOICE_DEVICE_MISSING'
  | 'ERR_VOICE_OUTPUT_FIXED'
  | 'ERR_VOICE_PART_MISSING'
  | 'ERR_VOICE_MEDIA_FAILED'
  | 'ERR_VOICE_TOKEN_FAILED'
  | 'ERR_VOICE_API_FAILED';

/** Of these nothing comes any more: the SDK does not try again, or the call is over. */
const fatal: readonly VoiceProblem[] = [
  'invalid-options',
  'credentials-rejected',
  'unsupported-browser',
  'call-refused',
  'call-ended',
  'media-failed',
];

export interface VoiceErrorOptions {
  cause?: unknown;
  status?: number;
  field?: string;
  /** Where the problem alone does not tell: a server that is busy is asked again, an account that is gone is not. */
  fatal?: boolean;
}

/** The one error of the SDK: `code` is stable, `cure` is a sentence to show to a person, `cause` is what it came from. */
export class VoiceError extends IntermixError {
  readonly code: VoiceErrorCode;
  readonly problem: VoiceProblem;
  readonly cure: string;
  /** True: the SDK does not try again by itself, or the call is over. False: what was up goes on. */
  readonly fatal: boolean;
  /** SIP or HTTP status, when the server said it. */
  readonly status: number | undefined;
  /** Of `invalid-options`: the option that is wrong. */
  readonly field: string | undefined;

  constructor(problem: VoiceProblem, message: string, options: VoiceErrorOptions = {}) {
    super(message, options);
    this.name = 'VoiceError'; // Not `new.target.name`: the bundle is minified.
    this.problem = problem;
    this.code = `ERR_VOICE_${problem.toUpperCase().replace(/-/g, '_')}` as VoiceErrorCode;
    this.cure = cures[problem];
    this.fatal = options.fatal ?? fatal.includes(problem);
    this.status = options.status;
    this.field = options.field;
  }

  /** A file that stands beside the script could not be loaded. @internal */
  static part(name: string, cause: unknown): VoiceError {
    return new VoiceError('part-missing', `exotelsdk-${name}.js cannot be loaded`, { cause });
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
