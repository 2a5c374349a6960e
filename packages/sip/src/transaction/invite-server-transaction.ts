import type { SipRequest, SipResponse } from '../message/message.js';
import { createResponse } from '../message/responses.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { callUp, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';
import {
  openRequest,
  type ServerMachine,
  type ServerTransactionHost,
  type ServerTransactionParts,
} from './server-transaction.js';

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

export class InviteServerTransaction implements ServerMachine {
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
  #state: InviteServerState = 'proceeding';
  #lastStatus: number | undefined;
  /** The response to repeat. Not kept in "accepted": there the dialog repeats the 2xx, until the ACK comes. */
  #bytes: Uint8Array | undefined;
  #intervalMs = 0;

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

  get state(): InviteServerState {
    return this.#state;
  }

  get request(): SipRequest {
    return openRequest(this.#parts);
  }

  get lastStatus(): number | undefined {
    return this.#lastStatus;
  }

  start(): void {
    this.#timers.repeatIn(TRYING_AFTER_MS, () => this.#input('timerTrying'));
  }

  receive(request: SipRequest, flow: Flow): void {
    this.#input(request.method === 'ACK' ? 'ack' : 'invite', { request, flow });
  }

  respond(response: SipResponse): void {
    const { status } = response;
    const input = status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure';
    if (!inviteServer[this.#state][input]) return;
    this.#bytes = writeMessage(response); // Before the state changes, as it may throw.
    this.#lastStatus = status;
    if (input === 'provisional') this.#timers.stopRepeat(); // No 100 is due any more.
    this.#input(input);
    if (status < 200) return;
    this.#parts.request = undefined;
    if (status < 300) this.#bytes = undefined;
  }

  flowFailed(reason: string): void {
    this.#input('transportError', { reason });
  }

  abandon(): void {
    this.#state = 'terminated';
    this.#timers.stop();
    this.#host.serverEnded(this);
  }

  #input(
    input: InviteServerInput,
    what: { request?: SipRequest; flow?: Flow; response?: SipResponse; reason?: string } = {},
  ): void {
    const step = inviteServer[this.#state][input];
    if (!step) return;
    if (this.#state !== step.next) this.#timers.stop();
    this.#state = step.next;
    if (step.run) this.#run(step.run, what);
    if (step.next === 'terminated') this.#end();
  }

  #run(action: Action, what: { request?: SipRequest; flow?: Flow; response?: SipResponse; reason?: string }): void {
    switch (action) {
      case 'send':
        this.#send();
        break;
      case 'sendTrying':
        this.#sendTrying();
        break;
      case 'accept':
        this.#armTimerL();
        this.#send();
        break;
      case 'complete':
        this.#complete();
        break;
      case 'confirm':
        this.#armTimerI();
        break;
      case 'repeatFailure':
        this.#armTimerG(this.#intervalMs * 2);
        this.#send();
        break;
      case 'passUpAck':
        this.#host.ackToSuccess(what.request!, what.flow!);
        break;
      case 'reportTimeout':
        callUp(this.#context.logger, 'onTimeout', () => this.onTimeout?.());
        break;
      case 'reportTransportError':
        callUp(this.#context.logger, 'onTransportError', () => this.onTransportError?.(what.reason ?? 'flow closed'));
        break;
    }
  }

  #sendTrying(): void {
    this.#lastStatus = 100;
    this.#bytes = writeMessage(createResponse(this.request, 100));
    this.#send();
  }

  #send(): void {
    if (this.#bytes) this.#parts.path.send(this.#bytes);
  }

  #complete(): void {
    const { t1 } = this.#context.timers;
    this.#timers.deadlineIn(64 * t1, () => this.#input('timerH'));
    if (!this.flow.reliable) this.#armTimerG(t1);
    this.#send();
  }

  /** Apart from the messages, which a timer set beside them would keep for as long as it runs. */
  #armTimerL(): void {
    this.#timers.deadlineIn(64 * this.#context.timers.t1, () => this.#input('timerL'));
  }

  #armTimerG(delayMs: number): void {
    this.#intervalMs = Math.min(delayMs, this.#context.timers.t2);
    this.#timers.repeatIn(this.#intervalMs, () => this.#input('timerG'));
  }

  /** Timer I soaks up repeated ACKs for T4; 0 over a reliable flow. */
  #armTimerI(): void {
    if (this.flow.reliable) this.#input('timerI');
    else this.#timers.deadlineIn(this.#context.timers.t4, () => this.#input('timerI'));
  }

  #end(): void {
    this.#timers.stop();
    this.#host.serverEnded(this);
    callUp(this.#context.logger, 'onTerminated', () => this.onTerminated?.());
  }
}
