import { type Clock, type Logger, type Random, silentLogger } from '@intermix/kernel';
import { type SipMessage, SipRequest, SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { createBranch } from '../message/requests.js';
import type { SipParseError } from '../message/syntax-errors.js';
import { Via } from '../message/via.js';
import type { Flow } from '../transport/flow.js';
import {
  type ClientMachine,
  type ClientTransaction,
  type ClientTransactionHandlers,
  type ClientTransactionHost,
  noHandlers,
} from './client-transaction.js';
import { FlowIndex } from './flow-index.js';
import { InviteClientTransaction } from './invite-client-transaction.js';
import { InviteServerTransaction } from './invite-server-transaction.js';
import { clientKey, clientKeyOf, mergeKey, serverKey } from './keys.js';
import {
  callUp,
  defaultTransactionTimers,
  handlerThrew,
  type TransactionContext,
  type TransactionTimers,
} from './machine.js';
import { NonInviteClientTransaction } from './non-invite-client-transaction.js';
import { NonInviteServerTransaction } from './non-invite-server-transaction.js';
import { type ConnectFlow, ResponsePath } from './response-path.js';
import type { ServerMachine, ServerTransaction, ServerTransactionHost } from './server-transaction.js';
import { statelessErrorBytes, statelessResponseBytes } from './stateless-responses.js';
import { writeSource } from './via-source.js';

/** What the transaction layer hands up. One that throws is logged; the message then counts as handled. */
export interface TransactionUser {
  /** A new request, not ACK and not CANCEL. It must be answered with `transaction.respond`, sooner or later. */
  onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void;
  /** An ACK to a 2xx, or one that fits nothing. */
  onAck(request: SipRequest, flow: Flow): void;
  /** A response without a transaction: a 2xx that came again after timer M, or noise. */
  onStrayResponse(response: SipResponse, flow: Flow): void;
  /**
   * A CANCEL. Answer `cancel` with 200 and `invite` (still unanswered or not) with 487; with 481 when there is no `invite`.
   * RFC 3261 §9.2.
   */
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void;
}

export interface TransactionLayerOptions {
  clock: Clock;
  random: Random;
  logger?: Logger;
  /** Default: the RFC's 500, 4000 and 5000 ms. */
  timers?: Partial<TransactionTimers>;
  /** For responses whose connection is gone, and for UDP requests without `rport`. Without it, the request's flow is all. */
  connect?: ConnectFlow;
  /** More than this many open server transactions bring a stateless 503 to each new request. Default 200,000. */
  maxServerTransactions?: number;
}

/** The Via to put on a request of ours. */
export interface SentBy {
  host: string;
  port?: number | undefined;
}

/**
 * RFC 3261 §17 and RFC 6026: matches messages to transactions, repeats what may have been lost and swallows what came
 * twice. Everything else goes up to `user`, which must be set before the first message.
 */
export class TransactionLayer {
  user: TransactionUser | undefined;
  readonly #context: TransactionContext;
  readonly #random: Random;
  readonly #connect: ConnectFlow | undefined;
  readonly #maxServers: number;
  readonly #clients = new Map<string, ClientMachine>();
  readonly #servers = new Map<string, ServerMachine>();
  /** First transaction of each out-of-dialog request, to find merged ones. */
  readonly #firsts = new Map<string, ServerMachine>();
  readonly #flows = new FlowIndex<ClientMachine | ServerMachine>();
  readonly #clientHost: ClientTransactionHost;
  readonly #serverHost: ServerTransactionHost;

  constructor(options: TransactionLayerOptions) {
    this.#context = {
      clock: options.clock,
      timers: { ...defaultTransactionTimers, ...options.timers },
      logger: options.logger ?? silentLogger,
    };
    this.#random = options.random;
    this.#connect = options.connect;
    this.#maxServers = options.maxServerTransactions ?? 200_000;
    this.#clientHost = {
      clientEnded: (key, transaction) => this.#clientEnded(key, transaction),
      // What becomes of a CANCEL is of no interest: the INVITE's own final response, or its time-out, tells.
      sendCancel: (cancel, flow) => void this.createClient(cancel, flow, noHandlers),
    };
    this.#serverHost = {
      serverEnded: (transaction) => this.#serverEnded(transaction),
      ackToSuccess: (ack, flow) => this.#up('onAck', (user) => user.onAck(ack, flow)),
    };
  }

  /** Open transactions. Both are 0 when nothing leaks. */
  get counts(): { clientTransactions: number; serverTransactions: number } {
    return { clientTransactions: this.#clients.size, serverTransactions: this.#servers.size };
  }

  /** Takes a message that has passed parser and sanity checks. Never throws. */
  receive(message: SipMessage, flow: Flow): void {
    try {
      if (message instanceof SipResponse) this.#receiveResponse(message, flow);
      else if (message instanceof SipRequest) this.#receiveRequest(message, flow);
    } catch (error) {
      this.#context.logger.error({ err: error, flow: flow.id }, 'message could not be handled');
    }
  }

  /** Ends what can no longer get an answer, or give one. To be called when a transport reports a closed flow. */
  flowClosed(flow: Flow, reason: string): void {
    for (const transaction of this.#flows.take(flow.id)) transaction.flowFailed(reason);
  }

  /**
   * A datagram could not be sent. A request's transaction ends at once with a transport error (RFC 3261 §18.4); a response
   * is left to its retransmissions. Never throws.
   */
  sendFailed(bytes: Uint8Array, reason: string): void {
    try {
      const message = parseMessage(bytes);
      if (!(message instanceof SipRequest)) return;
      this.#clients.get(clientKey(message.topVia.branch ?? '', message.method))?.flowFailed(reason);
    } catch (error) {
      this.#context.logger.debug({ err: error }, 'what could not be sent could not be read either');
    }
  }

  /**
   * Sends a request and follows it to its end. With `sentBy`, a Via with a fresh branch is put on top of the request's
   * header fields; without, the request's own top Via is used. An ACK has no transaction: `addVia`, then `flow.send`.
   * Throws SipHeaderError when the request cannot be written.
   */
  createClient(
    request: SipRequest,
    flow: Flow,
    handlers: ClientTransactionHandlers,
    options: { sentBy?: SentBy } = {},
  ): ClientTransaction {
    const branch = options.sentBy ? this.addVia(request, flow, options.sentBy) : (request.topVia.branch ?? '');
    const key = clientKey(branch, request.method);
    const Machine = request.method === 'INVITE' ? InviteClientTransaction : NonInviteClientTransaction;
    const transaction = new Machine(this.#context, this.#clientHost, { key, branch, request, flow, handlers });
    this.#clients.set(key, transaction);
    if (flow.reliable) this.#flows.add(flow.id, transaction);
    transaction.start();
    // Told later, so that the caller holds the transaction by then.
    if (flow.closed) this.#context.clock.schedule(0, () => transaction.flowFailed('flow closed'));
    return transaction;
  }

  /** Puts a Via with a fresh branch on top, and gives the branch. For the ACK to a 2xx, which has no transaction. */
  addVia(request: SipRequest, flow: Flow, sentBy: SentBy): string {
    const branch = createBranch(this.#random);
    const params: [string, string | undefined][] = [['branch', branch]];
    if (!flow.reliable) params.push(['rport', undefined]);
    const via = Via.create({ protocol: flow.protocol, host: sentBy.host, port: sentBy.port, params });
    request.headers.prepend('Via', via.toString());
    return branch;
  }

  /**
   * True when the same request has come by another way before: answer 482 (RFC 3261 §8.2.2.2). After a 408 or 5xx it is
   * none: an upstream proxy that then tries another address of ours sends the same Call-ID and CSeq. To be asked when
   * the request arrives.
   */
  isMerged(transaction: ServerTransaction): boolean {
    const merge = mergeKey(transaction.request);
    const first = merge === undefined ? undefined : this.#firsts.get(merge);
    return first !== undefined && first !== transaction && !invitesRetry(first);
  }

  /** Answers a message that the parser refused, when it can be answered. Keeps no state; never throws. */
  answerBadMessage(error: SipParseError, flow: Flow): void {
    const bytes = statelessErrorBytes(error, flow);
    if (bytes) flow.send(bytes);
  }

  /** Answers a request outside of any transaction, for sanity failures and floods. ACK is never answered. */
  respondStateless(
    request: SipRequest,
    flow: Flow,
    status: number,
    options: { reason?: string; headers?: Iterable<readonly [string, string]> } = {},
  ): void {
    if (request.method === 'ACK') return;
    try {
      writeSource(request, flow);
      flow.send(statelessResponseBytes(request, status, options));
    } catch (error) {
      this.#context.logger.debug({ err: error, flow: flow.id }, 'request could not be answered');
    }
  }

  /** Ends our requests; those without a final response report a transport error. */
  failClients(reason: string): void {
    for (const transaction of [...this.#clients.values()]) transaction.flowFailed(reason);
  }

  /** Ends all transactions without a word. */
  stop(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.abandon();
  }

  #receiveResponse(response: SipResponse, flow: Flow): void {
    const key = clientKeyOf(response);
    const transaction = key === undefined ? undefined : this.#clients.get(key);
    if (transaction) transaction.receive(response, flow);
    else this.#up('onStrayResponse', (user) => user.onStrayResponse(response, flow));
  }

  #receiveRequest(request: SipRequest, flow: Flow): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    writeSource(request, flow);
    if (known) known.receive(request, flow);
    else if (request.method === 'ACK') this.#up('onAck', (user) => user.onAck(request, flow));
    else if (this.#servers.size >= this.#maxServers) this.respondStateless(request, flow, 503);
    else this.#openServer(key, request, flow);
  }

  #openServer(key: string, request: SipRequest, flow: Flow): void {
    const Machine = request.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
    const path = new ResponsePath(flow, request.topVia, this.#connect);
    const merge = mergeKey(request);
    const transaction = new Machine(this.#context, this.#serverHost, { key, mergeKey: merge, request, flow, path });
    this.#servers.set(key, transaction);
    if (merge !== undefined) this.#noteFirst(merge, transaction);
    if (flow.reliable && !path.canReconnect) this.#flows.add(flow.id, transaction);
    transaction.start();
    if (request.method === 'CANCEL') this.#cancelled(transaction, request);
    else this.#handUp(transaction, request, flow);
  }

  /** Without a closure, as each request passes here. */
  #handUp(transaction: ServerMachine, request: SipRequest, flow: Flow): void {
    try {
      this.user?.onRequest(transaction, request, flow);
    } catch (error) {
      handlerThrew(this.#context.logger, 'onRequest', error);
    }
  }

  #noteFirst(merge: string, transaction: ServerMachine): void {
    const first = this.#firsts.get(merge);
    if (!first || invitesRetry(first)) this.#firsts.set(merge, transaction);
  }

  #cancelled(cancel: ServerMachine, request: SipRequest): void {
    const invite = this.#servers.get(serverKey(request, 'INVITE'));
    this.#up('onCancel', (user) => user.onCancel(cancel, invite));
  }

  #clientEnded(key: string, transaction: ClientMachine): void {
    if (this.#clients.get(key) === transaction) this.#clients.delete(key);
    if (transaction.flow.reliable) this.#flows.delete(transaction.flow.id, transaction);
  }

  #serverEnded(transaction: ServerMachine): void {
    if (this.#servers.get(transaction.key) === transaction) this.#servers.delete(transaction.key);
    const { mergeKey: merge } = transaction;
    if (merge !== undefined && this.#firsts.get(merge) === transaction) this.#firsts.delete(merge);
    if (transaction.flow.reliable) this.#flows.delete(transaction.flow.id, transaction);
  }

  #up(what: string, call: (user: TransactionUser) => void): void {
    const { user } = this;
    if (user) callUp(this.#context.logger, what, () => call(user));
  }
}

/** Answers after which RFC 3263 §4.3 has a sender try the next address. */
function invitesRetry({ lastStatus = 0 }: ServerTransaction): boolean {
  return lastStatus === 408 || (lastStatus >= 500 && lastStatus < 600);
}
