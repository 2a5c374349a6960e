import type { SipRequest, SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import {
  type ClientMachine,
  type ClientTransactionHandlers,
  type ClientTransactionHost,
  noHandlers,
} from './client-transaction.js';
import { callUp, handlerThrew, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';

// Non-INVITE client transaction, RFC 3261 §17.1.2.
//
//   trying ──1xx──► proceeding ──200–699──► completed ──timer K──► terminated
//      └────────────200–699─────────────────────┘
//
// Timer F ends "trying" and "proceeding"; timer E repeats the request in both.

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientInput = 'provisional' | 'final' | 'timerE' | 'timerF' | 'timerK' | 'transportError';
type Action = 'passUpProvisional' | 'complete' | 'retransmit' | 'reportTimeout' | 'reportTransportError';

const nonInviteClient: TransitionTable<NonInviteClientState, NonInviteClientInput, Action> = {
  trying: {
    provisional: { next: 'proceeding', run: 'passUpProvisional' },
    final: { next: 'completed', run: 'complete' },
    timerE: { next: 'trying', run: 'retransmit' },
    timerF: { next: 'terminated', run: 'reportTimeout' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  proceeding: {
    provisional: { next: 'proceeding', run: 'passUpProvisional' },
    final: { next: 'completed', run: 'complete' },
    timerE: { next: 'proceeding', run: 'retransmit' },
    timerF: { next: 'terminated', run: 'reportTimeout' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  completed: {
    timerK: { next: 'terminated' },
    transportError: { next: 'terminated' },
  },
  terminated: {},
};

/** Sends any request but INVITE and ACK until its final response. */
export class NonInviteClientTransaction implements ClientMachine {
  readonly flow: Flow;
  readonly branch: string;
  readonly #key: string;
  readonly #context: TransactionContext;
  readonly #host: ClientTransactionHost;
  #handlers: ClientTransactionHandlers;
  readonly #timers: StateTimers;
  readonly #bytes: Uint8Array;
  #request: SipRequest | undefined;
  #state: NonInviteClientState = 'trying';
  #intervalMs = 0;

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

  get state(): NonInviteClientState {
    return this.#state;
  }

  get request(): SipRequest {
    return this.#request ?? (parseMessage(this.#bytes) as SipRequest);
  }

  start(): void {
    const { t1 } = this.#context.timers;
    this.#timers.deadlineIn(64 * t1, () => this.#input('timerF'));
    if (!this.flow.reliable) this.#armTimerE(t1);
    this.flow.send(this.#bytes);
  }

  receive(response: SipResponse, flow: Flow): void {
    this.#input(response.status < 200 ? 'provisional' : 'final', { response, flow });
  }

  flowFailed(reason: string): void {
    this.#input('transportError', { reason });
  }

  /** Only an INVITE can be cancelled (RFC 3261 §9.1). */
  cancel(): void {}

  abandon(): void {
    this.#state = 'terminated';
    this.#timers.stop();
    this.#host.clientEnded(this.#key, this);
  }

  #input(input: NonInviteClientInput, what: { response?: SipResponse; flow?: Flow; reason?: string } = {}): void {
    const step = nonInviteClient[this.#state][input];
    if (!step) return;
    this.#state = step.next;
    if (step.run) this.#run(step.run, what);
    if (step.next === 'terminated') this.#end();
  }

  #run(action: Action, what: { response?: SipResponse; flow?: Flow; reason?: string }): void {
    switch (action) {
      case 'passUpProvisional':
        this.#passUp('onProvisional', what.response!, what.flow!);
        break;
      case 'complete':
        this.#timers.stop();
        this.#passUp('onFinal', what.response!, what.flow!);
        this.#letGo();
        this.#armTimerK();
        break;
      case 'retransmit':
        this.#armTimerE(this.#state === 'trying' ? this.#intervalMs * 2 : this.#context.timers.t2);
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

  /** Timer E doubles up to T2 while trying, and is T2 once a provisional has come (§17.1.2.2). */
  #armTimerE(delayMs: number): void {
    this.#intervalMs = Math.min(delayMs, this.#context.timers.t2);
    this.#timers.repeatIn(this.#intervalMs, () => this.#input('timerE'));
  }

  /** What is left to do is to swallow repeated responses, for which nothing of this is needed. */
  #letGo(): void {
    this.#request = undefined;
    const { onTerminated } = this.#handlers;
    this.#handlers = onTerminated ? { ...noHandlers, onTerminated } : noHandlers;
  }

  /** Timer K soaks up repeated responses for T4; 0 over a reliable flow. */
  #armTimerK(): void {
    if (this.#state !== 'completed') return;
    if (this.flow.reliable) this.#input('timerK');
    else this.#timers.deadlineIn(this.#context.timers.t4, () => this.#input('timerK'));
  }

  #end(): void {
    this.#timers.stop();
    this.#host.clientEnded(this.#key, this);
    callUp(this.#context.logger, 'onTerminated', () => this.#handlers.onTerminated?.());
  }
}
