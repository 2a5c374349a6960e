import { IntermixError } from '@intermix/kernel';

/** What went wrong in the media engine. Stable words: callers branch on them. */
export type MediaProblem =
  | 'not-started'
  | 'build-missing'
  | 'port-in-use'
  | 'ports-exhausted'
  | 'no-process'
  | 'engine-lost'
  | 'timeout'
  | 'leg-closed'
  | 'wrong-state'
  | 'codec-mismatch'
  | 'no-telephone-event'
  | 'bad-argument'
  | 'internal';

/** The media engine could not do what was asked. The leg, when there is one, stays closable. */
export class MediaError extends IntermixError {
  readonly code = 'ERR_MEDIA';

  constructor(
    readonly problem: MediaProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What is wrong with a session description, or with answering it. */
export type SdpProblem =
  | 'malformed'
  | 'too-large'
  | 'no-audio'
  | 'rejected'
  | 'no-common-codec'
  | 'unsupported-profile'
  | 'wrong-kind'
  | 'bad-address'
  | 'missing-ice'
  | 'missing-fingerprint'
  | 'no-offer';

/** A session description that cannot be read or answered. The message names the line where there is one. */
export class SdpError extends IntermixError {
  readonly code = 'ERR_SDP';

  constructor(
    readonly problem: SdpProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  static noCommonCodec(offered: readonly string[], allowed: readonly string[]): SdpError {
    const theirs = offered.length > 0 ? offered.join(', ') : 'no known codec';
    return new SdpError('no-common-codec', `the far end has ${theirs}; this leg may use ${allowed.join(', ')}`);
  }
}

/** A packet that is not what its place on the wire says. Callers drop it and count it. */
export class RtpParseError extends IntermixError {
  readonly code = 'ERR_RTP_PARSE';

  static truncated(what: string, length: number): RtpParseError {
    return new RtpParseError(`${what} packet is cut short at ${length} octets`);
  }
}
