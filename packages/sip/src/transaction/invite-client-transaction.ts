import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { type ClientCause, type ClientParts, StatefulClient } from './client-machine.js';
import type { ClientTransactionHost } from './client-transaction.js';
import { createAckToFailure, createCancel } from './derived-requests.js';
import type { TransactionContext, TransitionTable } from './machine.js';

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
export class InviteClientTransaction extends StatefulClient<InviteClientState, InviteClientInput, Action> {
  #intervalMs = 0;
  #ack: Uint8Array | undefined;
  #cancel: { sent: boolean; request: SipRequest } | undefined;

  constructor(context: TransactionContext, host: ClientTransactionHost, parts: ClientParts) {
    super(context, host, parts, 'calling', inviteClient);
  }

  start(): void {
    const { t1 } = this.context.timers;
    this.endIn(64 * t1, 'timerB');
    if (!this.flow.reliable) this.#armTimerA(t1);
    this.send();
  }

  receive(response: SipResponse, flow: Flow): void {
    const { status } = response;
    this.input(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure', { response, flow });
  }

  cancel(reason?: string): void {
    if (this.#cancel || (this.state !== 'calling' && this.state !== 'proceeding')) return;
    this.#cancel = { sent: false, request: createCancel(this.request, reason) };
    if (this.state === 'proceeding') this.#sendCancel();
  }

  protected override run(action: Action, cause: ClientCause, before: InviteClientState): void {
    if (before !== this.state) this.timers.stop();
    switch (action) {
      case 'passUpProvisional':
        if (before === 'calling' && this.#cancel) this.#sendCancel();
        this.passUp('onProvisional', cause);
        break;
      case 'accept':
        this.endIn(64 * this.context.timers.t1, 'timerM');
        this.passUp('onFinal', cause);
        this.letGo();
        break;
      case 'passUpFinal':
        this.passUp('onFinal', cause);
        break;
      case 'complete':
        this.#acknowledge(cause.response!);
        this.passUp('onFinal', cause);
        this.letGo();
        this.#armTimerD();
        break;
      case 'acknowledge':
        this.#acknowledge(cause.response!);
        break;
      case 'retransmit':
        this.#armTimerA(this.#intervalMs * 2);
        this.send();
        break;
      default:
        super.run(action, cause, before);
    }
  }

  /** Timer A doubles without a cap (§17.1.1.2); timer B ends it after seven sendings. */
  #armTimerA(delayMs: number): void {
    this.#intervalMs = delayMs;
    this.repeatIn(delayMs, 'timerA');
  }

  /** Timer D is 0 over a reliable flow: nothing can come twice. */
  #armTimerD(): void {
    if (this.state !== 'completed') return;
    this.linger(64 * this.context.timers.t1, 'timerD');
  }

  #acknowledge(response: SipResponse): void {
    this.#ack ??= writeMessage(createAckToFailure(this.request, response));
    this.flow.send(this.#ack);
  }

  #sendCancel(): void {
    if (!this.#cancel || this.#cancel.sent) return;
    this.#cancel.sent = true;
    this.endIn(64 * this.context.timers.t1, 'timerCancel');
    this.host.sendCancel(this.#cancel.request, this.flow);
  }
}
