import type { SipResponse } from '../message/message.js';
import type { Flow } from '../transport/flow.js';
import { type ClientCause, type ClientParts, StatefulClient } from './client-machine.js';
import { type ClientTransactionHost, noHandlers } from './client-transaction.js';
import type { TransactionContext, TransitionTable } from './machine.js';

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
export class NonInviteClientTransaction extends StatefulClient<NonInviteClientState, NonInviteClientInput, Action> {
  #intervalMs = 0;

  constructor(context: TransactionContext, host: ClientTransactionHost, parts: ClientParts) {
    super(context, host, parts, 'trying', nonInviteClient);
  }

  start(): void {
    const { t1 } = this.context.timers;
    this.endIn(64 * t1, 'timerF');
    if (!this.flow.reliable) this.#armTimerE(t1);
    this.send();
  }

  receive(response: SipResponse, flow: Flow): void {
    this.input(response.status < 200 ? 'provisional' : 'final', { response, flow });
  }

  /** Only an INVITE can be cancelled (RFC 3261 §9.1). */
  cancel(): void {}

  protected override run(action: Action, cause: ClientCause, before: NonInviteClientState): void {
    switch (action) {
      case 'complete':
        this.timers.stop();
        this.passUp('onFinal', cause);
        this.#forget();
        this.#armTimerK();
        break;
      case 'retransmit':
        this.#armTimerE(this.state === 'trying' ? this.#intervalMs * 2 : this.context.timers.t2);
        this.send();
        break;
      default:
        super.run(action, cause, before);
    }
  }

  /** Timer E doubles up to T2 while trying, and is T2 once a provisional has come (§17.1.2.2). */
  #armTimerE(delayMs: number): void {
    this.#intervalMs = Math.min(delayMs, this.context.timers.t2);
    this.repeatIn(this.#intervalMs, 'timerE');
  }

  /** What is left to do is to swallow repeated responses, for which nothing of this is needed. */
  #forget(): void {
    this.letGo();
    const { onTerminated } = this.handlers;
    this.handlers = onTerminated ? { ...noHandlers, onTerminated } : noHandlers;
  }

  /** Timer K soaks up repeated responses for T4; 0 over a reliable flow. */
  #armTimerK(): void {
    if (this.state !== 'completed') return;
    this.linger(this.context.timers.t4, 'timerK');
  }
}
