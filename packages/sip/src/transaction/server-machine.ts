import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { callUp, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';
import type {
  ServerMachine,
  ServerTransaction,
  ServerTransactionHost,
  ServerTransactionParts,
} from './server-transaction.js';

/** What an input brings along. */
export interface ServerCause {
  request?: SipRequest;
  flow?: Flow;
  reason?: string;
}

type CommonInput = 'transportError';
type CommonAction = 'send' | 'reportTransportError';

/** What is the same in both server transactions: the request, the response that is repeated, and the way to "terminated". */
export abstract class StatefulServer<
  State extends ServerTransaction['state'],
  Input extends string,
  Action extends string,
> implements ServerMachine
{
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly flow: Flow;
  onTransportError: ((reason: string) => void) | undefined;
  onTimeout: (() => void) | undefined;
  onTerminated: (() => void) | undefined;
  state: State;
  lastStatus: number | undefined;
  protected readonly context: TransactionContext;
  protected readonly host: ServerTransactionHost;
  protected readonly timers: StateTimers;
  /** The response to repeat. */
  protected bytes: Uint8Array | undefined;
  readonly #parts: ServerTransactionParts;
  readonly #table: TransitionTable<State, Input | CommonInput, Action | CommonAction>;

  protected constructor(
    context: TransactionContext,
    host: ServerTransactionHost,
    parts: ServerTransactionParts,
    first: State,
    table: TransitionTable<State, Input | CommonInput, Action | CommonAction>,
  ) {
    this.context = context;
    this.host = host;
    this.#parts = parts;
    this.key = parts.key;
    this.mergeKey = parts.mergeKey;
    this.flow = parts.flow;
    this.timers = new StateTimers(context.clock);
    this.state = first;
    this.#table = table;
    parts.path.onLost((reason) => this.flowFailed(reason));
  }

  get request(): SipRequest {
    const { request } = this.#parts;
    if (!request) throw new Error('a request is let go once it has its final response');
    return request;
  }

  abstract start(): void;
  abstract receive(request: SipRequest, flow: Flow): void;
  abstract respond(response: SipResponse): void;

  flowFailed(reason: string): void {
    this.input('transportError', { reason });
  }

  abandon(): void {
    this.state = 'terminated' as State;
    this.#leave();
  }

  /** Takes a response, when the state allows it: it is written before the state changes, as that may throw. */
  protected answer(input: Input, response: SipResponse): boolean {
    if (!this.#table[this.state][input]) return false;
    this.bytes = writeMessage(response);
    this.lastStatus = response.status;
    this.input(input);
    if (response.status >= 200) this.#parts.request = undefined;
    return true;
  }

  protected input(input: Input | CommonInput, cause: ServerCause = {}): void {
    const before = this.state;
    const step = this.#table[before][input];
    if (!step) return;
    this.state = step.next;
    if (before !== step.next) this.timers.stop();
    if (step.run) this.run(step.run, cause);
    if (step.next !== 'terminated') return;
    this.#leave();
    callUp(this.context.logger, 'onTerminated', () => this.onTerminated?.());
  }

  protected run(action: Action | CommonAction, { reason = 'flow closed' }: ServerCause): void {
    if (action === 'send') this.send();
    else if (action === 'reportTransportError') {
      callUp(this.context.logger, 'onTransportError', () => this.onTransportError?.(reason));
    }
  }

  /** The state ends by this input, unless it has changed by then. Its closure keeps no message in memory. */
  protected endIn(delayMs: number, input: Input): void {
    this.timers.deadlineIn(delayMs, () => this.input(input));
  }

  /** Stays for what may come again; over a reliable flow nothing does. */
  protected linger(delayMs: number, input: Input): void {
    if (this.flow.reliable) this.input(input);
    else this.endIn(delayMs, input);
  }

  /** A message is repeated by this input. */
  protected repeatIn(delayMs: number, input: Input): void {
    this.timers.repeatIn(delayMs, () => this.input(input));
  }

  protected send(): void {
    if (this.bytes) this.#parts.path.send(this.bytes);
  }

  #leave(): void {
    this.timers.stop();
    this.host.serverEnded(this);
  }
}
