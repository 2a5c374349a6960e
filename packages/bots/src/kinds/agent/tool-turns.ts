import type { BotSession } from '../../session/bot.js';
import { type AgentConfig, endCallTool } from './agent-config.js';
import type { ProviderLink } from './provider-link.js';
import type { ProviderRequests } from './provider-request.js';
import { type ToolCall, ToolCaller } from './tool-caller.js';

const maxCalls = 1_000;

/** What the model calls, and how it goes on from there. */
export class ToolTurns {
  readonly #deps: ToolTurnsDeps;
  readonly #caller: ToolCaller;
  readonly #called = new Set<string>();
  #endsCall = false;
  #isClosed = false;

  constructor(deps: ToolTurnsDeps) {
    this.#deps = deps;
    this.#caller = new ToolCaller({ tools: deps.config.tools, session: deps.session });
  }

  get isRunning(): boolean {
    return this.#caller.isRunning;
  }

  /** The model wants to hang up, once its response is over. */
  get endsCall(): boolean {
    return this.#endsCall;
  }

  /** A call is told more than once by most providers. */
  call(call: ToolCall): void {
    if (this.#called.has(call.callId) || this.#called.size >= maxCalls || this.#isClosed) return;
    this.#called.add(call.callId);
    if (call.name === endCallTool && this.#deps.config.end_call) {
      this.#deps.session.note('end-call');
      this.#endsCall = true;
    } else void this.#run(call, this.#deps.link.connection);
  }

  /** Nothing is called any more, and what is under way is given up. */
  close(): void {
    this.#isClosed = true;
    this.#caller.close();
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

export interface ToolTurnsDeps {
  config: AgentConfig;
  session: BotSession;
  link: ProviderLink;
  requests: ProviderRequests;
  /** All tools have answered: the model is to go on. */
  answered: () => void;
}
