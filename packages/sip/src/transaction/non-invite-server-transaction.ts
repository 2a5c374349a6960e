import type { SipResponse } from '../message/message.js';
import type { TransactionContext, TransitionTable } from './machine.js';
import { type ServerCause, StatefulServer } from './server-machine.js';
import type { ServerTransactionHost, ServerTransactionParts } from './server-transaction.js';

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

export class NonInviteServerTransaction extends StatefulServer<NonInviteServerState, NonInviteServerInput, Action> {
  constructor(context: TransactionContext, host: ServerTransactionHost, parts: ServerTransactionParts) {
    super(context, host, parts, 'trying', nonInviteServer);
  }

  start(): void {}

  receive(): void {
    this.input('request');
  }

  respond(response: SipResponse): void {
    this.answer(response.status < 200 ? 'provisional' : 'final', response);
  }

  protected override run(action: Action, cause: ServerCause): void {
    if (action === 'complete') {
      this.send();
      this.#armTimerJ();
    } else super.run(action, cause);
  }

  /** Timer J keeps the response for 64·T1, for requests that come again; 0 over a reliable flow. */
  #armTimerJ(): void {
    if (this.state !== 'completed') return; // The path was lost while sending.
    this.linger(64 * this.context.timers.t1, 'timerJ');
  }
}
