import type { SipRequest, SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import type { ClientMachine, ClientTransactionHandlers, ClientTransactionHost } from './client-transaction.js';
import { createAckToFailure, createCancel } from './derived-requests.js';
import { callUp, handlerThrew, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';

// INVITE client transaction, RFC 3261 §17.1.1, with "accepted" from RFC 6026 §7.2.
//
//   calling ──1xx──► proceeding ──2xx──► accepted ──timer M──► terminated
//      │                 └──300–699──┐
//      ├───────2xx──► accepted       ▼
//      └──────300–699───────────► completed ──timer D──► terminated
//
// Timer B ends "calling"; `timerCancel` (64·T1 after our CANCEL, §9.1) ends "proceeding".

export type InviteClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';
export type InviteClientInput =
  | 'provisional'
  | 'success'
  | 'failure'
  | 'timerA'
  | 'timerB'
  | 'timerCancel'
  | 'timerD'
  | 'timerM'
  | 'transportError';
type Action =
  | 'passUpProvisional'
  | 'accept'
  | 'passUpFinal'
  | 'complete'
  | 'acknowledge'
  | 'retransmit'
  | 'reportTimeout'
  | 'reportTransportError';

const inviteClient: TransitionTable<InviteClientState, InviteClientInput, Action> = {
  calling: {
    provisional: { next: 'proceeding', run: 'passUpProvisional' },
    success: { next: 'accepted', run: 'accept' },
    failure: { next: 'completed', run: 'complete' },
    timerA: { next: 'calling', run: 'retransmit' },
    timerB: { next: 'terminated', run: 'reportTimeout' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  proceeding: {
    provisional: { next: 'proceeding', run: 'passUpProvisional' },
    success: { next: 'accepted', run: 'accept' },
    failure: { next: 'completed', run: 'complete' },
    timerCancel: { next: 'terminated', run: 'reportTimeout' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  accepted: {
    success: { next: 'accepted', run: 'passUpFinal' },
    timerM: { next: 'terminated' },
    transportError: { next: 'terminated' },
  },
  completed: {
    failure: { next: 'completed', run: 'acknowledge' },
    timerD: { next: 'terminated' },
    transportError: { next: 'terminated' },
  },
  terminated: {},
};

/** Sends an INVITE until it is heard of, and ACKs its failures. The ACK to a 2xx belongs to the dialog. */
export class InviteClientTransaction implements ClientMachine {
  readonly flow: Flow;
  readonly branch: string;
  readonly #key: string;
  readonly #context: TransactionContext;
  readonly #host: ClientTransactionHost;
  readonly #handlers: ClientTransactionHandlers;
  readonly #timers: StateTimers;
  readonly #bytes: Uint8Array;
  #request: SipRequest | undefined;
  #state: InviteClientState = 'calling';
  #intervalMs = 0;
  #ack: Uint8Array | undefined;
  #cancel: { sent: boolean; request: SipRequest } | undefined;

  constructor(
    context: TransactionContext,
    host: ClientTransactionHost,
    what: { key: string; branch: string; request: SipRequest; flow: Flow; handlers: ClientTransactionHandlers },
  ) {
    this.#context = context;
    this.#host = host;
    this.#key = what.key;
    this.branch = what.branch;
    this.#request = what.request;
    this.flow = what.flow;
    this.#handlers = what.handlers;
    this.#timers = new StateTimers(context.clock);
    this.#bytes = writeMessage(what.request);
  }

  get state(): InviteClientState {
    return this.#state;
  }

  get request(): SipRequest {
    return this.#request ?? (parseMessage(this.#bytes) as SipRequest);
  }

  start(): void {
    const { t1 } = this.#context.timers;
    this.#timers.deadlineIn(64 * t1, () => this.#input('timerB'));
    if (!this.flow.reliable) this.#armTimerA(t1);
    this.flow.send(this.#bytes);
  }

  receive(response: SipResponse, flow: Flow): void {
    const { status } = response;
    this.#input(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure', { response, flow });
  }

  flowFailed(reason: string): void {
    this.#input('transportError', { reason });
  }

  cancel(reason?: string): void {
    if (this.#cancel || (this.#state !== 'calling' && this.#state !== 'proceeding')) return;
    this.#cancel = { sent: false, request: createCancel(this.request, reason) };
    if (this.#state === 'proceeding') this.#sendCancel();
  }

  abandon(): void {
    this.#state = 'terminated';
    this.#timers.stop();
    this.#host.clientEnded(this.#key, this);
  }

  #input(input: InviteClientInput, what: { response?: SipResponse; flow?: Flow; reason?: string } = {}): void {
    const step = inviteClient[this.#state][input];
    if (!step) return;
    const before = this.#state;
    this.#state = step.next;
    if (before !== step.next) this.#timers.stop();
    if (step.run) this.#run(step.run, before, what);
    // A handler may have moved us on; only the one who enters "terminated" cleans up.
    if (step.next === 'terminated') this.#end();
  }

  #run(
    action: Action,
    before: InviteClientState,
    what: { response?: SipResponse; flow?: Flow; reason?: string },
  ): void {
    switch (action) {
      case 'passUpProvisional':
        if (before === 'calling' && this.#cancel) this.#sendCancel();
        this.#passUp('onProvisional', what.response!, what.flow!);
        break;
      case 'accept':
        this.#armTimerM();
        this.#passUp('onFinal', what.response!, what.flow!);
        this.#request = undefined;
        break;
      case 'passUpFinal':
        this.#passUp('onFinal', what.response!, what.flow!);
        break;
      case 'complete':
        this.#acknowledge(what.response!);
        this.#passUp('onFinal', what.response!, what.flow!);
        this.#request = undefined;
        this.#armTimerD();
        break;
      case 'acknowledge':
        this.#acknowledge(what.response!);
        break;
      case 'retransmit':
        this.#armTimerA(this.#intervalMs * 2);
        this.flow.send(this.#bytes);
        break;
      case 'reportTimeout':
        callUp(this.#context.logger, 'onTimeout', () => this.#handlers.onTimeout());
        break;
      case 'reportTransportError':
        callUp(this.#context.logger, 'onTransportError', () =>
          this.#handlers.onTransportError(what.reason ?? 'flow closed'),
        );
        break;
    }
  }

  #passUp(handler: 'onProvisional' | 'onFinal', response: SipResponse, flow: Flow): void {
    try {
      this.#handlers[handler]?.(response, flow);
    } catch (error) {
      handlerThrew(this.#context.logger, handler, error);
    }
  }

  /** Apart from the messages, which a timer set beside them would keep for as long as it runs. */
  #armTimerM(): void {
    this.#timers.deadlineIn(64 * this.#context.timers.t1, () => this.#input('timerM'));
  }

  /** Timer A doubles without a cap (§17.1.1.2); timer B ends it after seven sendings. */
  #armTimerA(delayMs: number): void {
    this.#intervalMs = delayMs;
    this.#timers.repeatIn(delayMs, () => this.#input('timerA'));
  }

  /** Timer D is 0 over a reliable flow: nothing can come twice. */
  #armTimerD(): void {
    if (this.#state !== 'completed') return;
    if (this.flow.reliable) this.#input('timerD');
    else this.#timers.deadlineIn(64 * this.#context.timers.t1, () => this.#input('timerD'));
  }

  #acknowledge(response: SipResponse): void {
    this.#ack ??= writeMessage(createAckToFailure(this.request, response));
    this.flow.send(this.#ack);
  }

  #sendCancel(): void {
    if (!this.#cancel || this.#cancel.sent) return;
    this.#cancel.sent = true;
    this.#timers.deadlineIn(64 * this.#context.timers.t1, () => this.#input('timerCancel'));
    this.#host.sendCancel(this.#cancel.request, this.flow);
  }

  #end(): void {
    this.#timers.stop();
    this.#host.clientEnded(this.#key, this);
    callUp(this.#context.logger, 'onTerminated', () => this.#handlers.onTerminated?.());
  }
}
