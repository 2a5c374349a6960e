import type { Clock, Logger, Random, Timer } from '@intermix/kernel';
import type { DialogTable } from '../dialog/dialog-table.js';
import type { SipRequest } from '../message/message.js';
import type { SipUri, Uri } from '../message/uri.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/client-transaction.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { AnswerParts, Composer } from './composer.js';
import type { RequestTarget, SipTimers } from './types.js';

/** An INVITE of a peer that a CANCEL may still reach. */
export interface Cancellable {
  /** The CANCEL has been answered; the INVITE is to get 487. */
  handleCancel(cancel: SipRequest): void;
  /** The user agent stops: ends without sending anything. */
  abandon(): void;
}

/**
 * What the endpoint gives to its invites, sessions and requests: the world below the dialogs. Internal to this folder.
 */
export interface UaCore {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timers: SipTimers;
  readonly dialogs: DialogTable;
  readonly composer: Composer;
  /** INVITE server transactions that are not answered yet. */
  readonly cancellables: Map<ServerTransaction, Cancellable>;
  /** A fresh tag or Call-ID part. */
  newToken(): string;
  /** Puts a Via on the request and sends it in a new client transaction. */
  send(request: SipRequest, flow: Flow, handlers: ClientTransactionHandlers): ClientTransaction;
  /** Puts a Via on the request and sends it without a transaction: the ACK to a 2xx. Gives the bytes for repeats. */
  sendAck(ack: SipRequest, flow: Flow): Uint8Array;
  /** Contact for messages of ours over this flow, as a name-addr text. */
  contact(flow: Flow, options: { user?: string | undefined; secure?: boolean }): string;
  /** The next hops of a target, best first. */
  hops(target: RequestTarget, nextHop: Uri): Hops;
  /** A flow to the first reachable address of a URI; undefined without a resolver. */
  readonly connect: ((uri: SipUri) => Promise<Flow>) | undefined;
}

/** Octets that the Via and Contact of a flow add to a request, about. */
export const viaAndContact = 200;

/** The flows to try one after the other. `undefined` when there are no more. */
export interface Hops {
  /** The flow that needs no looking up. */
  readonly known: Flow | undefined;
  /** `octets` gives about how long the request will be; where we choose the transport, a long one does not go by UDP. */
  next(octets?: () => number): Promise<Flow | undefined>;
}

/** 0 to 10 seconds, for Retry-After of a 500 (RFC 3261 §14.2). */
export function randomRetryAfter(random: Random): string {
  return String(Math.floor(random.fraction() * 11));
}

/** Answers a request; a To tag is made up where none is given. */
export function reply(core: UaCore, transaction: ServerTransaction, status: number, parts: AnswerParts = {}): void {
  const toTag = parts.toTag ?? core.newToken();
  transaction.respond(core.composer.response(transaction.request, status, { ...parts, toTag }));
}

/** A request that came while another one is in its way: try again in a while. RFC 3261 §14.2, RFC 3311 §5.2. */
export function replyBusy(core: UaCore, transaction: ServerTransaction, toTag?: string): void {
  reply(core, transaction, 500, { toTag, headers: [['Retry-After', randomRetryAfter(core.random)]] });
}

/** A timer that is set again and again. */
export class Alarm {
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): boolean {
    return this.#timer !== undefined;
  }

  set(delayMs: number, fire: () => void): void {
    this.clear();
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      fire();
    });
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** The arguments of a listener, as TypedEmitter has them. */
export type ListenerArgs<T> = T extends unknown[] ? T : never;
