import type { SipRequest, SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import type {
  ClientMachine,
  ClientTransaction,
  ClientTransactionHandlers,
  ClientTransactionHost,
} from './client-transaction.js';
import { callUp, handlerThrew, StateTimers, type TransactionContext, type TransitionTable } from './machine.js';

/** What an input brings along. */
export interface ClientCause {
  response?: SipResponse;
  flow?: Flow;
  reason?: string;
}

export interface ClientParts {
  key: string;
  branch: string;
  request: SipRequest;
  flow: Flow;
  handlers: ClientTransactionHandlers;
}

type CommonInput = 'transportError';
type CommonAction = 'passUpProvisional' | 'reportTimeout' | 'reportTransportError';

/** What is the same in both client transactions: the request, its way to "terminated", and what is told of it. */
export abstract class StatefulClient<
  State extends ClientTransaction['state'],
  Input extends string,
  Action extends string,
> implements ClientMachine
{
  readonly flow: Flow;
  readonly branch: string;
  state: State;
  protected readonly context: TransactionContext;
  protected readonly host: ClientTransactionHost;
  protected readonly timers: StateTimers;
  protected handlers: ClientTransactionHandlers;
  readonly #key: string;
  readonly #table: TransitionTable<State, Input | CommonInput, Action | CommonAction>;
  readonly #bytes: Uint8Array;
  #request: SipRequest | undefined;

  protected constructor(
    context: TransactionContext,
    host: ClientTransactionHost,
    { key, branch, request, flow, handlers }: ClientParts,
    first: State,
    table: TransitionTable<State, Input | CommonInput, Action | CommonAction>,
  ) {
    this.context = context;
    this.host = host;
    this.#key = key;
    this.branch = branch;
    this.#request = request;
    this.flow = flow;
    this.handlers = handlers;
    this.timers = new StateTimers(context.clock);
    this.#bytes = writeMessage(request);
    this.state = first;
    this.#table = table;
  }

  get request(): SipRequest {
    return this.#request ?? (parseMessage(this.#bytes) as SipRequest);
  }

  abstract start(): void;
  abstract receive(response: SipResponse, flow: Flow): void;
  abstract cancel(reason?: string): void;

  flowFailed(reason: string): void {
    this.input('transportError', { reason });
  }

  abandon(): void {
    this.state = 'terminated' as State;
    this.#leave();
  }

  protected input(input: Input | CommonInput, cause: ClientCause = {}): void {
    const before = this.state;
    const step = this.#table[before][input];
    if (!step) return;
    this.state = step.next;
    if (step.run) this.run(step.run, cause, before);
    // A handler may have moved us on; only the one who enters "terminated" cleans up.
    if (step.next !== 'terminated') return;
    this.#leave();
    callUp(this.context.logger, 'onTerminated', () => this.handlers.onTerminated?.());
  }

  protected run(action: Action | CommonAction, cause: ClientCause, _before: State): void {
    const { logger } = this.context;
    if (action === 'passUpProvisional') this.passUp('onProvisional', cause);
    else if (action === 'reportTimeout') callUp(logger, 'onTimeout', () => this.handlers.onTimeout());
    else if (action === 'reportTransportError') {
      callUp(logger, 'onTransportError', () => this.handlers.onTransportError(cause.reason ?? 'flow closed'));
    }
  }

  protected passUp(handler: 'onProvisional' | 'onFinal', { response, flow }: ClientCause): void {
    try {
      this.handlers[handler]?.(response!, flow!);
    } catch (error) {
      handlerThrew(this.context.logger, handler, error);
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
    this.flow.send(this.#bytes);
  }

  /** From the final response on the request is read back from its octets. */
  protected letGo(): void {
    this.#request = undefined;
  }

  #leave(): void {
    this.timers.stop();
    this.host.clientEnded(this.#key, this);
  }
}
