import type { SipResponse } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { AnswerParts } from './composer.js';
import type { ListenerArgs } from './core.js';
import type { InviteSession, InviteSessionEvents, SessionEnd, SipFailure } from './types.js';

/** What the parts of a session ask of it. */
export interface SessionHost {
  readonly session: InviteSession;
  /** Hands a request of the peer to the user; it is made only where somebody listens. False when nobody does. */
  announce<E extends 'reinvite' | 'info' | 'request'>(
    event: E,
    make: () => ListenerArgs<InviteSessionEvents[E]>[0],
  ): boolean;
  /** Answers a request in the dialog. */
  reply(transaction: ServerTransaction, status: number, parts?: AnswerParts): void;
  /** 64·T1 have passed since a 2xx of ours. */
  neverAcknowledged(): void;
  /** 408, 481, silence, or a session that nobody refreshed: there is no dialog any more. */
  dialogGone(failure: SipFailure | SipResponse): void;
  /** The session is over for its user, who is told; once. */
  ended(end: SessionEnd): void;
  /** The dialog is gone. May be called twice. */
  gone(): void;
}
