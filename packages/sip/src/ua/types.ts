// The face of the SIP package towards its users: calls, simulator, voice-sdk. The classes in this folder implement it.
import type { Clock, Logger, Random } from '@intermix/kernel';
import type { SessionSnapshot } from '../dialog/session-snapshot.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import type { NameAddr } from '../message/name-addr.js';
import type { SipUri } from '../message/uri.js';
import type { Flow, Resolver, SipProtocol, Transport } from '../transport/flow.js';

/** Extra header fields of an outgoing message, in order. Headers that the engine owns are refused with SipHeaderError. */
export type ExtraHeaders = ReadonlyArray<readonly [name: string, value: string]>;

/** A message body. SDP is `{ type: 'application/sdp', content }`. */
export interface SipBody {
  type: string;
  content: string;
}

/** `Reason` header, RFC 3326. */
export interface Reason {
  protocol: 'SIP' | 'Q.850';
  cause: number;
  text?: string;
}

/** Why an INVITE session is over. A closed union: every end of a call is one of these. */
export type SessionEnd =
  | { by: 'local'; cause: 'bye' }
  | { by: 'remote'; cause: 'bye'; reason?: Reason }
  | { by: 'local'; cause: 'no-ack' } // Our 2xx was never acknowledged; BYE was sent (RFC 3261 §13.3.1.4).
  | { by: 'local'; cause: 'dialog-gone' } // A request inside the dialog got 408 or 481, or timed out (RFC 5057), or nobody refreshed the session (RFC 4028).
  | { by: 'local'; cause: 'flow-lost' }; // Declared by the user of the session, see `InviteSession.flowLost`.

/** How a failed INVITE or request ended. `response` is absent for `timeout` (408), `transport` (503) and `cancelled` without 487. */
export interface SipFailure {
  cause: 'response' | 'timeout' | 'transport' | 'cancelled';
  status: number;
  reason: string;
  response?: SipResponse;
}

/** Credentials for digest answers towards a peer. */
export interface DigestCredentials {
  username: string;
  password: string;
}

/**
 * Where a request goes. `flow`: over that flow, whatever the URI says. `uri` alone: resolved by RFC 3263.
 * `route` is a preloaded route set (Path of a binding, outbound proxy), written as Route headers and followed.
 */
export interface RequestTarget {
  uri: SipUri;
  flow?: Flow;
  route?: readonly NameAddr[];
  /** Forces the transport when the URI does not say (a trunk's setting). */
  protocol?: SipProtocol;
}

export interface EndpointOptions {
  transports: readonly Transport[];
  /** Needed only where requests are sent to a URI without a flow. */
  resolver?: Resolver;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Written as User-Agent and Server. */
  userAgent: string;
  /** Default: the RFC's. */
  timers?: Partial<SipTimers>;
  /** Send `Supported: …` with these option tags. */
  supported?: readonly string[];
  /** Methods that listeners serve beyond the engine's own (REFER, NOTIFY, …); written into Allow. */
  methods?: readonly string[];
}

/** RFC 3261 table 4, milliseconds. */
export interface SipTimers {
  t1: number; // 500
  t2: number; // 4000
  t4: number; // 5000
  /** Timer C of an INVITE that has rung: give up after this. 180 s. */
  timerC: number;
}

/** An out-of-dialog request that is not INVITE: REGISTER, OPTIONS, MESSAGE, … Unanswered ones get 500 after 32 s. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Final answer; a second call does nothing. */
  respond(status: number, options?: ResponseOptions): void;
}

export interface ResponseOptions {
  reason?: string;
  headers?: ExtraHeaders;
  body?: SipBody;
  /** Contact header fields written verbatim (REGISTER, 3xx). */
  contacts?: readonly string[];
}

export interface IncomingInviteEvents {
  /** The caller gave up (CANCEL), or its transaction died. 487 has been sent. No other event follows. */
  cancelled: [reason: Reason | undefined];
}

/** An INVITE that opens a dialog, not yet answered. 100 has been sent. */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** SDP of the INVITE; undefined means a late offer (our 2xx must carry one). */
  readonly offer: string | undefined;
  /** True after cancel, answer or rejection. */
  readonly finished: boolean;
  on<E extends keyof IncomingInviteEvents>(e: E, fn: (...a: IncomingInviteEvents[E]) => void): () => void;
  /** Sends 101–199. The last 18x is repeated each minute (RFC 3261 §13.3.1.1). Ignored once finished. */
  progress(status: number, options?: { reason?: string; sdp?: string; headers?: ExtraHeaders }): void;
  /** Sends 200 with the SDP and returns the session, or undefined when the INVITE was cancelled before. */
  accept(options: { sdp: string; headers?: ExtraHeaders }): InviteSession | undefined;
  /** Sends 300–699. Ignored once finished. */
  reject(status: number, options?: { reason?: string; headers?: ExtraHeaders }): void;
}

export interface OutgoingInviteEvents {
  /** A provisional above 100. `remoteTag` tells forks apart. */
  progress: [p: { status: number; reason: string; sdp?: string; remoteTag: string | undefined; response: SipResponse }];
  /** First 2xx. For an INVITE with an offer the ACK is already on its way; for a late offer call `session.acknowledge(sdp)`. */
  answered: [session: InviteSession, response: SipResponse];
  /** The end without an answer. Emitted exactly once unless `answered` was. After `cancel()` the cause is `cancelled`. */
  failed: [failure: SipFailure];
}

export interface OutgoingInvite {
  readonly callId: string;
  /** The INVITE as sent last (it is sent again with credentials after 401/407, and to the next target after 503/timeouts). */
  readonly request: SipRequest;
  on<E extends keyof OutgoingInviteEvents>(e: E, fn: (...a: OutgoingInviteEvents[E]) => void): () => void;
  /**
   * CANCEL, at once or as soon as a provisional has come (RFC 3261 §9.1). A 2xx that crosses is ACKed and BYEd inside, and
   * `failed` with cause `cancelled` is emitted all the same. May be called twice.
   */
  cancel(reason?: Reason): void;
}

export interface OutgoingInviteOptions {
  target: RequestTarget;
  from: NameAddr;
  to: NameAddr;
  /** Undefined: a late offer. */
  sdp?: string;
  headers?: ExtraHeaders;
  credentials?: DigestCredentials;
  /** Give up with CANCEL when no final answer has come (milliseconds). The failure then has cause `timeout`, status 408. */
  ringTimeoutMs?: number;
  /** User part of our Contact. */
  contactUser?: string;
  maxForwards?: number;
}

/** An offer (or, with `offer` undefined, a request for one) inside a dialog: re-INVITE or UPDATE. */
export interface IncomingReinvite {
  readonly request: SipRequest;
  readonly offer: string | undefined;
  accept(options: { sdp?: string; headers?: ExtraHeaders }): void;
  reject(status: number, options?: { reason?: string }): void;
}

export interface InviteSessionEvents {
  /** A re-INVITE or UPDATE. Exactly one listener must answer; without a listener it gets 488. */
  reinvite: [r: IncomingReinvite];
  /** INFO inside the dialog. Without a listener it gets 415/501. */
  info: [r: IncomingRequest];
  /** Any other in-dialog request (REFER, NOTIFY, MESSAGE, OPTIONS is answered inside). Without a listener: 501. */
  request: [r: IncomingRequest];
  /** The ACK to our 2xx, with the answer when our 2xx held an offer. */
  acknowledged: [sdp: string | undefined];
  /** Emitted exactly once. Nothing of the session is sent afterwards. */
  ended: [end: SessionEnd];
}

/** A confirmed INVITE dialog. RFC 3261 §12–15. */
export interface InviteSession {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localUri: NameAddr;
  readonly remoteUri: NameAddr;
  /** The flow over which requests go first; follows the peer's newest request. */
  readonly flow: Flow;
  readonly ended: boolean;
  /**
   * May this flow speak for the peer? Asked of each request and ACK that comes over another flow than `flow`, before anything
   * of it is taken. False: a request gets 403, an ACK is dropped, and path, sequence numbers and state stay as they were.
   * Unset: every flow may, since Call-ID and tags are all that RFC 3261 §12.2.2 asks for. Must not throw.
   */
  admit?: ((request: SipRequest, flow: Flow) => boolean) | undefined;
  on<E extends keyof InviteSessionEvents>(e: E, fn: (...a: InviteSessionEvents[E]) => void): () => void;
  /** The ACK of a late offer, with our answer. */
  acknowledge(sdp: string): void;
  /**
   * Sends a re-INVITE and gives the answer's SDP. Queued behind one that is under way; 491 is retried inside with the
   * RFC's back-off (§14.1); 401/407 answered with the credentials of the INVITE. Rejects with SipRejectedError (status)
   * when refused, in which case the old session description stays in force, or SessionEndedError.
   */
  reinvite(options: {
    sdp?: string;
    headers?: ExtraHeaders;
  }): Promise<{ sdp: string | undefined; response: SipResponse }>;
  /** A non-INVITE request in the dialog (INFO, MESSAGE, …); gives the final response whatever its status. */
  request(method: string, options?: { headers?: ExtraHeaders; body?: SipBody }): Promise<SipResponse>;
  /** Sends BYE (waiting for the ACK of our 2xx when it is still out) and ends at once for its user. May be called twice. */
  bye(options?: { reason?: Reason; headers?: ExtraHeaders }): void;
  /**
   * The 200 to the peer's BYE is to wait for this promise, however it settles, and at most 2 s: for the record of the end.
   * `ready` is called once, after `ended` has been emitted; undefined means at once.
   */
  answerByeAfter(ready: () => Promise<unknown> | undefined): void;
  /**
   * What another endpoint of the same account needs to go on with this session: see `EndpointFace.resume`. This session
   * is not over by that; who gives it away lets go of its flow. Throws SessionEndedError.
   */
  snapshot(): SessionSnapshot;
  /** The peer came back over another flow, with a new Contact (re-registration). Later requests go there. */
  rebind(flow: Flow, remoteTarget?: SipUri): void;
  /** The peer's flow is gone for good: ends with `flow-lost`, sending nothing. */
  flowLost(): void;
}

export interface OutgoingRequestOptions {
  method: string;
  target: RequestTarget;
  from: NameAddr;
  to: NameAddr;
  headers?: ExtraHeaders;
  body?: SipBody;
  credentials?: DigestCredentials;
  /** Fixed Call-ID and CSeq for REGISTER refreshes (RFC 3261 §10.2). */
  callId?: string;
  cseq?: number;
  /** Contact header fields written verbatim (REGISTER). */
  contacts?: readonly string[];
  /** Called with each request as it goes out: after a challenge and towards a further hop there are several. */
  onSent?: (request: SipRequest) => void;
}

export interface ResumeOptions {
  /** The way to the peer from now on. */
  flow: Flow;
  /** For challenges to later requests; a snapshot holds none. */
  credentials?: DigestCredentials;
  /** User part of our Contact; that of the snapshot unless given. */
  contactUser?: string;
}

export interface EndpointEvents {
  invite: [i: IncomingInvite];
  /** Any other out-of-dialog request but OPTIONS-in-dialog, ACK and CANCEL. Without a listener: 501/405; OPTIONS: 200. */
  request: [r: IncomingRequest];
  flowOpened: [flow: Flow];
  flowClosed: [flow: Flow, reason: string];
  /** A message that was thrown away or refused before it reached a handler. Counted, never logged above debug. */
  dropped: [d: { why: string; flow: Flow; status?: number }];
}

/** One SIP user agent core over several transports: the pipeline framing → parse → sanity → transaction → dialog → events. */
export interface EndpointFace {
  on<E extends keyof EndpointEvents>(e: E, fn: (...a: EndpointEvents[E]) => void): () => void;
  start(): Promise<void>;
  /** Out-of-dialog request; resolves with the final response (after answering digest challenges), rejects with SipRequestError. */
  request(options: OutgoingRequestOptions): Promise<SipResponse>;
  invite(options: OutgoingInviteOptions): OutgoingInvite;
  /**
   * A confirmed session out of a snapshot that this or another endpoint took. Nothing is sent: the peer learns of the new
   * Contact by the first re-INVITE. Our sequence numbers are moved ahead, so that a slightly old snapshot works, and one
   * that is too old shows by 481. Throws SessionSnapshotError.
   */
  resume(snapshot: SessionSnapshot, options: ResumeOptions): InviteSession;
  /** Called before any parsing effort beyond the head. Return a status to refuse (403) or 'drop'; undefined lets it in. */
  screen?: (request: SipRequest, flow: Flow) => number | 'drop' | undefined;
  /** Open transactions and dialogs, for metrics and for leak tests. */
  readonly counts: { clientTransactions: number; serverTransactions: number; dialogs: number; flows: number };
  stop(): Promise<void>;
}
