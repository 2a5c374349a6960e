import { IntermixError } from '@intermix/kernel';

/** The header fields of a broken request that a stateless answer needs, as they came. RFC 3261 §8.2.6. */
export interface PartialMessage {
  /** Absent when the start line did not even hold a method. */
  method?: string;
  via: readonly string[];
  from?: string;
  to?: string;
  callId?: string;
  cseq?: string;
}

/** What a parser refuses. `problem` is a short stable word for counters, such as `request-uri` or `content-length`. */
export class SipParseError extends IntermixError {
  readonly code = 'ERR_SIP_PARSE';
  readonly problem: string;
  /** The status to answer a request with; undefined for a response or for noise, which are dropped. */
  readonly status: number | undefined;
  /** Present when the message was a request whose head could be split into header fields. */
  readonly partial: PartialMessage | undefined;

  constructor(problem: string, message: string, options: { status?: number; partial?: PartialMessage } = {}) {
    super(message);
    this.problem = problem;
    this.status = options.status;
    this.partial = options.partial;
  }
}

/** A header name or value that may not be written: CR, LF, NUL, or not a token. Guards against header injection. */
export class SipHeaderError extends IntermixError {
  readonly code = 'ERR_SIP_HEADER';
  readonly header: string;

  constructor(header: string, message: string) {
    super(message);
    this.header = header;
  }
}
