import type { SipRequest, SipResponse } from '../message/message.js';
import { createResponse } from '../message/responses.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { callUp, type TransactionContext, type TransitionTable } from './machine.js';
import { type ServerCause, StatefulServer } from './server-machine.js';
import type { ServerTransactionHost, ServerTransactionParts } from './server-transaction.js';

// INVITE server transaction, RFC 3261 §17.2.1, with "accepted" from RFC 6026 §7.1.
//
//   proceeding ──2xx sent──► accepted ──timer L──► terminated
//      └────300–699 sent───► completed ──ACK──► confirmed ──timer I──► terminated
//                                └──timer H──► terminated
//
// Timer G repeats the 300–699. In "accepted" the dialog repeats the 2xx, and repeated INVITEs are swallowed.

export type InviteServerState = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';
export type InviteServerInput =
  | 'invite'
  | 'ack'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'timerTrying'
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerL'
  | 'transportError';
type Action =
  | 'send'
  | 'sendTrying'
  | 'accept'
  | 'complete'
  | 'confirm'
  | 'repeatFailure'
  | 'passUpAck'
  | 'reportTimeout'
  | 'reportTransportError';

const inviteServer: TransitionTable<InviteServerState, InviteServerInput, Action> = {
  proceeding: {
    invite: { next: 'proceeding', run: 'send' },
    provisional: { next: 'proceeding', run: 'send' },
    success: { next: 'accepted', run: 'accept' },
    failure: { next: 'completed', run: 'complete' },
    timerTrying: { next: 'proceeding', run: 'sendTrying' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  accepted: {
    success: { next: 'accepted', run: 'send' },
    ack: { next: 'accepted', run: 'passUpAck' },
    timerL: { next: 'terminated' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  completed: {
    invite: { next: 'completed', run: 'send' },
    ack: { next: 'confirmed', run: 'confirm' },
    timerG: { next: 'completed', run: 'repeatFailure' },
    timerH: { next: 'terminated', run: 'reportTimeout' },
    transportError: { next: 'terminated', run: 'reportTransportError' },
  },
  confirmed: {
    timerI: { next: 'terminated' },
    transportError: { next: 'terminated' },
  },
  terminated: {},
};

/** RFC 3261 §17.2.1: 100 is sent unless the layer above has answered within this time. */
const TRYING_AFTER_MS = 200;

export class InviteServerTransaction extends StatefulServer<InviteServerState, InviteServerInput, Action> {
  #intervalMs = 0;

  constructor(context: TransactionContext, host: ServerTransactionHost, parts: ServerTransactionParts) {
    super(context, host, parts, 'proceeding', inviteServer);
  }

  start(): void {
    this.repeatIn(TRYING_AFTER_MS, 'timerTrying');
  }

  receive(request: SipRequest, flow: Flow): void {
    this.input(request.method === 'ACK' ? 'ack' : 'invite', { request, flow });
  }

  respond(response: SipResponse): void {
    const { status } = response;
    if (status < 200) this.#provisional(response);
    else if (status >= 300) this.answer('failure', response);
    else if (this.answer('success', response)) this.bytes = undefined; // The dialog repeats it, until the ACK comes.
  }

  #provisional(response: SipResponse): void {
    if (this.answer('provisional', response)) this.timers.stopRepeat(); // No 100 is due any more.
  }

  protected override run(action: Action, cause: ServerCause): void {
    switch (action) {
      case 'sendTrying':
        this.#sendTrying();
        break;
      case 'accept':
        this.endIn(64 * this.context.timers.t1, 'timerL');
        this.send();
        break;
      case 'complete':
        this.#complete();
        break;
      case 'confirm':
        this.linger(this.context.timers.t4, 'timerI'); // For repeated ACKs.
        break;
      case 'repeatFailure':
        this.#armTimerG(this.#intervalMs * 2);
        this.send();
        break;
      case 'passUpAck':
        this.host.ackToSuccess(cause.request!, cause.flow!);
        break;
      case 'reportTimeout':
        callUp(this.context.logger, 'onTimeout', () => this.onTimeout?.());
        break;
      default:
        super.run(action, cause);
    }
  }

  #sendTrying(): void {
    this.lastStatus = 100;
    this.bytes = writeMessage(createResponse(this.request, 100));
    this.send();
  }

  #complete(): void {
    const { t1 } = this.context.timers;
    this.endIn(64 * t1, 'timerH');
    if (!this.flow.reliable) this.#armTimerG(t1);
    this.send();
  }

  #armTimerG(delayMs: number): void {
    this.#intervalMs = Math.min(delayMs, this.context.timers.t2);
    this.repeatIn(this.#intervalMs, 'timerG');
  }
}
