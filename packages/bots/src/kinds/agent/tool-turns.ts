import type { BotSession } from '../../session/bot.js';
import { type AgentConfig, endCallTool, transferTool } from './agent-config.js';
import type { ProviderLink } from './provider-link.js';
import type { ProviderRequests } from './provider-request.js';
import { argumentsOf, failure, type ToolCall, ToolCaller } from './tool-caller.js';

const maxCalls = 1_000;

/** What the model calls, and how it goes on from there. */
export class ToolTurns {
  readonly #deps: ToolTurnsDeps;
  readonly #caller: ToolCaller;
  readonly #called = new Set<string>();
  #callEnd: CallEnd | undefined;
  #isClosed = false;

  constructor(deps: ToolTurnsDeps) {
    this.#deps = deps;
    this.#caller = new ToolCaller({ tools: deps.config.tools, session: deps.session });
  }

  get isRunning(): boolean {
    return this.#caller.isRunning;
  }

  /** The model wants to hang up or to hand over, once its response is over. */
  get callEnd(): CallEnd | undefined {
    return this.#callEnd;
  }

  /** A call is told more than once by most providers. */
  call(call: ToolCall): void {
    if (this.#called.has(call.callId) || this.#called.size >= maxCalls || this.#isClosed) return;
    this.#called.add(call.callId);
    const { config, session } = this.#deps;
    if (call.name === endCallTool && config.end_call) {
      session.note('end-call');
      this.#callEnd ??= { why: 'The bot hung up.', hasFarewell: true };
    } else if (call.name === transferTool && config.transfers.length > 0) this.#transfer(call);
    else void this.#run(call, this.#deps.link.connection);
  }

  /** Nothing is called any more, and what is under way is given up. */
  close(): void {
    this.#isClosed = true;
    this.#caller.close();
  }

  /** As a menu does it: the name stands in the events of the call, and the flow goes on. */
  #transfer(call: ToolCall): void {
    const { config, session, link, requests, answered } = this.#deps;
    const to = argumentsOf(call)?.to;
    const transfer = config.transfers.find(({ name }) => name === to);
    if (transfer === undefined) {
      link.send(requests.toolResult(call.callId, failure('The call cannot be handed over to there.')));
      answered();
      return;
    }
    if (this.#callEnd !== undefined) return;
    session.note('transfer', { to: transfer.name });
    this.#callEnd = { why: `transfer: ${transfer.name}`, hasFarewell: false };
  }

  /** What a tool gives to a provider that has forgotten the call is told in other words. */
  async #run(call: ToolCall, connection: number): Promise<void> {
    const { link, requests, answered } = this.#deps;
    const output = await this.#caller.call(call);
    if (this.#isClosed) return;
    const result = requests.toolResult(call.callId, output);
    const anew = requests.line({ role: 'system', text: `The tool ${call.name} gave: ${output}` });
    link.send(connection === link.connection ? result : anew);
    if (!this.#caller.isRunning) answered();
  }
}

/** How the model has the call end. */
export interface CallEnd {
  why: string;
  /** Whether the farewell is said if the model said nothing. */
  hasFarewell: boolean;
}

export interface ToolTurnsDeps {
  config: AgentConfig;
  session: BotSession;
  link: ProviderLink;
  requests: ProviderRequests;
  /** All tools have answered: the model is to go on. */
  answered: () => void;
}
