import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { callUp, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';
import {
  openRequest,
  type ServerMachine,
  type ServerTransactionHost,
  type ServerTransactionParts,
} from './server-transaction.js';

// Non-INVITE server transaction, RFC 3261 §17.2.2.
//
//   trying ──1xx sent──► proceeding ──200–699 sent──► completed ──timer J──► terminated
//      └────────────200–699 sent──────────────────────────┘
//
// No 100 is sent by itself here (RFC 4320 §4.1). In "completed" a repeated request brings the response again.

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerInput = 'request' | 'provisional' | 'final' | 'timerJ' | 'transportError';
type Action = 'send' | 'complete' | 'reportTransportError';

const nonInviteServer: TransitionTable<NonInviteServerState, NonInviteServerInput, Action> = {
  trying: {
    provisional: { next: 'proceeding', run: 'send' },
    final: { next: 'completed', run: 'complete' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  proceeding: {
    request: { next: 'proceeding', run: 'send' },
    provisional: { next: 'proceeding', run: 'send' },
    final: { next: 'completed', run: 'complete' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  completed: {
    request: { next: 'completed', run: 'send' },
    timerJ: { next: 'terminated' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  terminated: {},
};

export class NonInviteServerTransaction implements ServerMachine {
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly flow: Flow;
  onTransportError: ((reason: string) => void) | undefined;
  onTimeout: (() => void) | undefined;
  onTerminated: (() => void) | undefined;
  readonly #context: TransactionContext;
  readonly #host: ServerTransactionHost;
  readonly #parts: ServerTransactionParts;
  readonly #timers: StateTimers;
  #state: NonInviteServerState = 'trying';
  #lastStatus: number | undefined;
  #bytes: Uint8Array | undefined;

  constructor(context: TransactionContext, host: ServerTransactionHost, parts: ServerTransactionParts) {
    this.#context = context;
    this.#host = host;
    this.#parts = parts;
    this.key = parts.key;
    this.mergeKey = parts.mergeKey;
    this.flow = parts.flow;
    this.#timers = new StateTimers(context.clock);
    parts.path.onLost((reason) => this.flowFailed(reason));
  }

  get state(): NonInviteServerState {
    return this.#state;
  }

  get request(): SipRequest {
    return openRequest(this.#parts);
  }

  get lastStatus(): number | undefined {
    return this.#lastStatus;
  }

  start(): void {}

  receive(): void {
    this.#input('request');
  }

  respond(response: SipResponse): void {
    const input = response.status < 200 ? 'provisional' : 'final';
    if (!nonInviteServer[this.#state][input]) return;
    this.#bytes = writeMessage(response); // Before the state changes, as it may throw.
    this.#lastStatus = response.status;
    this.#input(input);
    if (input === 'final') this.#parts.request = undefined;
  }

  flowFailed(reason: string): void {
    this.#input('transportError', { reason });
  }

  abandon(): void {
    this.#state = 'terminated';
    this.#timers.stop();
    this.#host.serverEnded(this);
  }

  #input(input: NonInviteServerInput, what: { response?: SipResponse; reason?: string } = {}): void {
    const step = nonInviteServer[this.#state][input];
    if (!step) return;
    this.#state = step.next;
    if (step.run) this.#run(step.run, what);
    if (step.next === 'terminated') this.#end();
  }

  #run(action: Action, what: { response?: SipResponse; reason?: string }): void {
    switch (action) {
      case 'send':
        this.#send();
        break;
      case 'complete':
        this.#send();
        this.#armTimerJ();
        break;
      case 'reportTransportError':
        callUp(this.#context.logger, 'onTransportError', () => this.onTransportError?.(what.reason ?? 'flow closed'));
        break;
    }
  }

  #send(): void {
    if (this.#bytes) this.#parts.path.send(this.#bytes);
  }

  /** Timer J keeps the response for 64·T1, for requests that come again; 0 over a reliable flow. */
  #armTimerJ(): void {
    if (this.#state !== 'completed') return; // The path was lost while sending.
    if (this.flow.reliable) this.#input('timerJ');
    else this.#timers.deadlineIn(64 * this.#context.timers.t1, () => this.#input('timerJ'));
  }

  #end(): void {
    this.#timers.stop();
    this.#host.serverEnded(this);
    callUp(this.#context.logger, 'onTerminated', () => this.onTerminated?.());
  }
}
