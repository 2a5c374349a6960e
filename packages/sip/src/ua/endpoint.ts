import { TypedEmitter } from '@intermix/kernel';
import { DialogTable } from '../dialog/dialog-table.js';
import { restoreDialog, type SessionSnapshot } from '../dialog/session-snapshot.js';
import { SipParseError } from '../message/errors.js';
import { type SipMessage, SipRequest, type SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { createTag } from '../message/requests.js';
import { checkSanity, type SanityRefusal } from '../message/sanity.js';
import { writeMessage } from '../message/write.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/client-transaction.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Flow } from '../transport/flow.js';
import { Carriers } from './carriers.js';
import { Composer } from './composer.js';
import { type Cancellable, reply, type UaCore } from './core.js';
import { DigestAnswers } from './digest-answers.js';
import { firstFlow } from './hops.js';
import { UasInvite } from './incoming-invite.js';
import { DialogSession } from './invite-session.js';
import { refuseInvite } from './method-checks.js';
import { UacInvite } from './outgoing-invite.js';
import { UacRequest } from './outgoing-request.js';
import { receiveOutside } from './peer-requests.js';
import { refuseInterval } from './session-timer.js';
import type {
  EndpointEvents,
  EndpointFace,
  EndpointOptions,
  InviteSession,
  OutgoingInvite,
  OutgoingInviteOptions,
  OutgoingRequestOptions,
  ResumeOptions,
  SipTimers,
} from './types.js';

const defaultTimers: SipTimers = { t1: 500, t2: 4000, t4: 5000, timerC: 180_000 };

/**
 * One SIP user agent over several transports. Input takes one way:
 *
 *   transport ─► parse ─► screen ─► sanity ─► transaction ─► dialog ─► events
 *                  400      403     416 420      (repeats)     481
 *                  drop     drop    483 …                      482
 *
 * Each stage may take the message; none lets an exception out.
 */
export class Endpoint extends TypedEmitter<EndpointEvents> implements EndpointFace {
  screen?: (request: SipRequest, flow: Flow) => number | 'drop' | undefined;
  readonly #options: EndpointOptions;
  readonly #layer: TransactionLayer;
  readonly #core: UaCore;
  readonly #carriers: Carriers;
  /** Requests that failed the sanity check: answered in their transaction, so that repeats are taken care of. */
  /** Option tags that a request may require: those of the user, and of the session timer (RFC 4028). */
  readonly #understood: readonly string[];
  readonly #refused = new WeakMap<SipRequest, SanityRefusal>();

  constructor(options: EndpointOptions) {
    super();
    this.#options = options;
    this.#understood = [...(options.supported ?? []), 'timer'];
    const timers = { ...defaultTimers, ...options.timers };
    this.#carriers = new Carriers({
      transports: options.transports,
      resolver: options.resolver,
      user: {
        message: (bytes, flow) => this.#receive(bytes, flow),
        flowOpened: (flow) => void this.emit('flowOpened', flow),
        flowClosed: (flow, reason) => this.#flowClosed(flow, reason),
        sendFailed: (bytes, _flow, reason) => this.#layer.sendFailed(bytes, reason),
      },
    });
    this.#layer = new TransactionLayer({
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      timers,
      connect: (protocol, address) => this.#carriers.connect({ protocol, address }),
    });
    this.#layer.user = {
      onRequest: (transaction, request, flow) => this.#onRequest(transaction, request, flow),
      onAck: (request, flow) => this.#core.dialogs.find(request)?.receiveAck(request, flow),
      onCancel: (cancel, invite) => this.#onCancel(cancel, invite),
      onStrayResponse: (response, flow) => this.#onStrayResponse(response, flow),
    };
    this.#core = this.#makeCore(timers);
  }

  get counts(): { clientTransactions: number; serverTransactions: number; dialogs: number; flows: number } {
    return { ...this.#layer.counts, dialogs: this.#core.dialogs.size, flows: this.#carriers.size };
  }

  async start(): Promise<void> {
    await this.#carriers.start();
  }

  request(options: OutgoingRequestOptions): Promise<SipResponse> {
    return UacRequest.send(this.#core, options);
  }

  invite(options: OutgoingInviteOptions): OutgoingInvite {
    const invite = new UacInvite(this.#core, options);
    invite.start();
    return invite;
  }

  resume(snapshot: SessionSnapshot, options: ResumeOptions): InviteSession {
    const dialog = restoreDialog(snapshot);
    const { flow, credentials, contactUser = snapshot.contactUser } = options;
    const digest = credentials && new DigestAnswers(credentials, this.#core.random);
    const session = new DialogSession(this.#core, { dialog, flow, believeNextHop: false, digest, contactUser });
    session.startAsHeir(snapshot);
    return session;
  }

  async stop(): Promise<void> {
    this.#carriers.refuse();
    this.#layer.failClients('the endpoint has stopped');
    this.#core.dialogs.abandonAll();
    for (const cancellable of [...this.#core.cancellables.values()]) cancellable.abandon();
    this.#layer.stop();
    await this.#carriers.stop();
  }

  // --- Inbound ----------------------------------------------------------------------------------------------------

  #receive(bytes: Uint8Array, flow: Flow): void {
    try {
      const message = this.#parse(bytes, flow);
      if (message && this.#letIn(message, flow)) this.#layer.receive(message, flow);
    } catch (error) {
      this.#options.logger.error({ err: error, flow: flow.id }, 'message could not be handled');
    }
  }

  #parse(bytes: Uint8Array, flow: Flow): SipMessage | undefined {
    try {
      return parseMessage(bytes, { stream: flow.protocol === 'TCP' || flow.protocol === 'TLS' });
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.#dropped(error.problem, flow, error.status);
      this.#layer.answerBadMessage(error, flow);
      return undefined;
    }
  }

  #letIn(message: SipMessage, flow: Flow): boolean {
    if (message instanceof SipRequest && !this.#screened(message, flow)) return false;
    const refusal = checkSanity(message, { supported: this.#understood, forwards: true });
    if (refusal === undefined) return true;
    this.#dropped('sanity', flow, refusal === 'drop' ? undefined : refusal.status);
    if (refusal === 'drop' || !(message instanceof SipRequest)) return false;
    if (message.method === 'CANCEL') {
      this.#layer.respondStateless(message, flow, refusal.status, refusal);
      return false;
    }
    this.#refused.set(message, refusal);
    return true;
  }

  #screened(request: SipRequest, flow: Flow): boolean {
    const verdict = this.screen?.(request, flow);
    if (verdict === undefined) return true;
    if (verdict !== 'drop') this.#layer.respondStateless(request, flow, verdict);
    this.#dropped('screen', flow, verdict === 'drop' ? undefined : verdict);
    return false;
  }

  #onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const refusal = this.#refused.get(request);
    if (refusal) {
      reply(this.#core, transaction, refusal.status, refusal);
      return;
    }
    if (request.to.tag !== undefined) {
      const owner = this.#core.dialogs.find(request);
      if (owner) owner.receiveRequest(request, transaction, flow);
      else reply(this.#core, transaction, 481);
    } else if (this.#layer.isMerged(transaction)) reply(this.#core, transaction, 482);
    else if (request.method === 'INVITE') this.#onInvite(transaction, request);
    else {
      const count = this.listenerCount('request');
      receiveOutside(this.#core, transaction, { count, emit: (incoming) => this.emit('request', incoming) });
    }
  }

  #onInvite(transaction: ServerTransaction, request: SipRequest): void {
    const refusal = refuseInvite(request) ?? refuseInterval(request);
    if (refusal) {
      reply(this.#core, transaction, refusal.status, refusal);
      return;
    }
    if (this.listenerCount('invite') === 0) {
      reply(this.#core, transaction, 480);
      return;
    }
    transaction.respond(this.#core.composer.trying(request));
    this.emit('invite', new UasInvite(this.#core, transaction));
  }

  #onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void {
    const { request } = cancel;
    reply(this.#core, cancel, invite ? 200 : 481);
    if (invite) this.#core.cancellables.get(invite)?.handleCancel(request);
  }

  /** A 2xx that comes again after its transaction: its sender still waits for the ACK. */
  #onStrayResponse(response: SipResponse, flow: Flow): void {
    const isAnswer = response.cseq.method === 'INVITE' && response.status >= 200 && response.status < 300;
    const owner = isAnswer ? this.#core.dialogs.findAnswered(response) : undefined;
    if (owner?.handleRepeated2xx) owner.handleRepeated2xx(response.cseq.number);
    else this.#dropped('stray-response', flow);
  }

  #dropped(why: string, flow: Flow, status?: number): void {
    this.emit('dropped', status === undefined ? { why, flow } : { why, flow, status });
  }

  #flowClosed(flow: Flow, reason: string): void {
    this.#layer.flowClosed(flow, reason);
    this.emit('flowClosed', flow, reason);
  }

  // --- Outbound ---------------------------------------------------------------------------------------------------

  #makeCore(timers: SipTimers): UaCore {
    const { clock, random, logger, userAgent, supported, methods, resolver } = this.#options;
    return {
      clock,
      random,
      logger,
      timers,
      dialogs: new DialogTable(),
      composer: new Composer({ userAgent, ...(supported && { supported }), ...(methods && { methods }) }),
      cancellables: new Map<ServerTransaction, Cancellable>(),
      newToken: () => createTag(random),
      send: (request, flow, handlers) => this.#send(request, flow, handlers),
      sendAck: (ack, flow) => this.#sendAck(ack, flow),
      contact: (flow, options) => this.#carriers.contact(flow, options),
      hops: (target, nextHop) => this.#carriers.hops(target, nextHop),
      connect: resolver && ((uri) => firstFlow(this.#carriers.hops({ uri }, uri))),
    };
  }

  #send(request: SipRequest, flow: Flow, handlers: ClientTransactionHandlers): ClientTransaction {
    return this.#layer.createClient(request, flow, handlers, { sentBy: this.#carriers.sentBy(flow) });
  }

  #sendAck(ack: SipRequest, flow: Flow): Uint8Array {
    this.#layer.addVia(ack, flow, this.#carriers.sentBy(flow));
    const bytes = writeMessage(ack);
    flow.send(bytes);
    return bytes;
  }
}
