import { OutboundError } from '@intermix/outbound';
import type { BotSession } from '../../session/bot.js';
import type { AgentTool } from './agent-config.js';

export interface ToolCall {
  callId: string;
  name: string;
  /** JSON, as the model wrote it. */
  arguments: string;
}

/** Of one session. */
const most = { calls: 200, atOnce: 8 };
const maxArguments = 16_000;
/** Of what a tool answers, for the model. */
const maxOutput = 16_000;

/** Calls the model's tools: each is a POST of JSON to its URL. A tool that fails is told to the model, in words. */
export class ToolCaller {
  readonly #tools: ReadonlyMap<string, AgentTool>;
  readonly #session: BotSession;
  readonly #aborter = new AbortController();
  #calls = 0;
  #running = 0;

  constructor(deps: { tools: readonly AgentTool[]; session: BotSession }) {
    this.#tools = new Map(deps.tools.map((tool) => [tool.name, tool]));
    this.#session = deps.session;
  }

  get isRunning(): boolean {
    return this.#running > 0;
  }

  /** What the model is told; never rejects. */
  async call(call: ToolCall): Promise<string> {
    const tool = this.#tools.get(call.name);
    if (tool === undefined) return failure('There is no such tool.');
    if (++this.#calls > most.calls || this.#running >= most.atOnce) return failure('Too many tools were called.');
    const input = argumentsOf(call);
    if (input === undefined) return failure('The arguments are no JSON object, or too long.');
    this.#running++;
    const startedAtMs = this.#session.clock.now();
    const output = await this.#post(tool, call, input);
    this.#running--;
    const ms = this.#session.clock.now() - startedAtMs;
    this.#session.measure('tool', ms);
    this.#session.use('tool_calls', 1);
    this.#session.note('tool-called', { name: call.name, ms, ...output.noted });
    return output.told;
  }

  /** Gives up what is under way. */
  close(): void {
    this.#aborter.abort();
  }

  async #post(tool: AgentTool, { callId }: ToolCall, input: object): Promise<{ told: string; noted: object }> {
    const { sessionId, callSid, streamSid, from, to, customParameters } = this.#session.facts;
    const call = {
      ...{ session_id: sessionId, call_sid: callSid, stream_sid: streamSid },
      ...{ from, to, custom_parameters: customParameters },
    };
    try {
      const answer = await this.#session.outside.http.post(tool.url, {
        headers: { 'content-type': 'application/json', ...tool.headers, ...tool.secret_headers },
        body: JSON.stringify({ tool: tool.name, tool_call_id: callId, arguments: input, call }),
        ...{ timeoutMs: tool.timeout_ms, signal: this.#aborter.signal },
      });
      const isGood = answer.status >= 200 && answer.status < 300;
      const body = answer.body.toString('utf8').slice(0, maxOutput);
      const told = isGood ? body || 'Done.' : failure(`The tool answered with status ${answer.status}.`, body);
      return { told, noted: { status: answer.status } };
    } catch (error) {
      const problem = error instanceof OutboundError ? error.problem : 'failed';
      return { told: failure(`The tool could not be reached (${problem}).`), noted: { problem } };
    }
  }
}

/** An error in words for the model. The URL of a tool is not its to know: it may hold a secret. */
export function failure(error: string, answer?: string): string {
  return JSON.stringify({ error, ...(answer && { answer: answer.slice(0, 1_000) }) });
}

/** Undefined: they are no JSON object, or too long. */
export function argumentsOf({ arguments: text }: ToolCall): Record<string, unknown> | undefined {
  if (text.length > maxArguments) return undefined;
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
