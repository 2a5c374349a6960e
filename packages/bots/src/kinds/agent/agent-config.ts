import Type from 'typebox';
import { readConfig } from '../../config/read-config.js';
import type { BotNeed } from '../../session/bot.js';
import { BotConfigError } from '../../session/bot-config-error.js';

const fields = { additionalProperties: false };
const text = (maxLength: number, description: string) => Type.String({ maxLength, default: '', description });
const headers = (description: string) =>
  Type.Record(Type.String(), Type.String({ maxLength: 4_000 }), { default: {}, maxProperties: 16, description });

const Tool = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'how the model names it' }),
    description: text(1_000, 'for the model: what it does, and when to use it'),
    parameters: Type.Object(
      {},
      { default: { type: 'object', properties: {} }, description: 'JSON schema of its arguments' },
    ),
    url: Type.String({ pattern: '^https?://', maxLength: 2_048, description: 'where its arguments are posted to' }),
    headers: headers('sent with each request'),
    secret_headers: headers('the same; never shown'),
    timeout_ms: Type.Integer({ minimum: 100, maximum: 30_000, default: 8_000, description: 'for all of the request' }),
  },
  fields,
);

const AgentSchema = Type.Object(
  {
    url: Type.String({ pattern: '^wss?://', maxLength: 2_048, description: 'the provider, its model in the query' }),
    api_key: text(4_000, 'sent as Authorization: Bearer; never shown'),
    headers: headers('sent with the handshake'),
    secret_headers: headers('the same; never shown'),
    dialect: Type.Enum(['ga', 'beta'], { default: 'ga', description: "of the Realtime API's two spellings" }),
    voice: Type.String({ minLength: 1, maxLength: 100, default: 'alloy', description: "a name of the provider's" }),
    instructions: text(20_000, 'what the model is to be and do; {{from}}, {{to}}, {{call_sid}}, {{custom.name}}'),
    transcription_model: Type.String({
      ...{ maxLength: 100, default: 'gpt-4o-mini-transcribe' },
      description: "writes down the caller's words; empty: nobody does",
    }),
    language: text(10, 'of the caller, for the transcription; empty: any'),
    turn_detection: Type.Object(
      {
        threshold: Type.Number({ minimum: 0, maximum: 1, default: 0.5, description: 'higher: needs louder speech' }),
        prefix_padding_ms: Type.Integer({
          minimum: 0,
          maximum: 2_000,
          default: 300,
          description: 'kept before speech',
        }),
        silence_duration_ms: Type.Integer({ minimum: 100, maximum: 5_000, default: 500, description: 'ends a turn' }),
      },
      { ...fields, default: {} },
    ),
    greeting: Type.Object(
      {
        by: Type.Enum(['provider', 'prompt', 'none'], {
          ...{ default: 'provider', description: "who says it: the provider's voice, or the platform's as in prompts" },
        }),
        text: text(2_000, 'word for word; empty: as the instructions have it'),
        interruptible: Type.Boolean({ default: true, description: 'whether the caller may talk into it' }),
      },
      { ...fields, default: {} },
    ),
    tools: Type.Array(Tool, { maxItems: 32, default: [] }),
    end_call: Type.Boolean({ default: true, description: 'whether the model may hang up' }),
    farewell: text(2_000, 'said before it hangs up; empty: nothing'),
    max_duration_seconds: Type.Integer({ minimum: 10, maximum: 14_400, default: 570, description: 'then it hangs up' }),
    silence: Type.Object(
      {
        after_seconds: Type.Integer({ minimum: 0, maximum: 120, default: 10, description: '0: never minds silence' }),
        times: Type.Integer({ minimum: 0, maximum: 10, default: 2, description: 'it asks before it hangs up' }),
        text: text(500, 'word for word what it asks; empty: in words of its own'),
      },
      { ...fields, default: {} },
    ),
    reconnect: Type.Object(
      {
        tries: Type.Integer({ minimum: 0, maximum: 5, default: 2, description: 'in a row, when the provider is lost' }),
        filler: text(500, "said by the platform's voice meanwhile; empty: nothing"),
      },
      { ...fields, default: {} },
    ),
  },
  fields,
);

export interface AgentTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  url: string;
  headers: Record<string, string>;
  secret_headers: Record<string, string>;
  timeout_ms: number;
}

export interface AgentConfig {
  url: string;
  api_key: string;
  headers: Record<string, string>;
  secret_headers: Record<string, string>;
  dialect: 'ga' | 'beta';
  voice: string;
  instructions: string;
  transcription_model: string;
  language: string;
  turn_detection: { threshold: number; prefix_padding_ms: number; silence_duration_ms: number };
  greeting: { by: 'provider' | 'prompt' | 'none'; text: string; interruptible: boolean };
  tools: AgentTool[];
  end_call: boolean;
  farewell: string;
  max_duration_seconds: number;
  silence: { after_seconds: number; times: number; text: string };
  reconnect: { tries: number; filler: string };
}

/** What the model calls to hang up. */
export const endCallTool = 'end_call';
const maxParametersLength = 8_000;
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const headerText = /^[\t\x20-\x7e]*$/;
/** Of the connection itself, RFC 9110 and RFC 6455: ours to write. */
const ownHeaders =
  /^(host|content-length|content-type|connection|upgrade|transfer-encoding|te|trailer|sec-websocket-.*)$/i;

/** Throws BotConfigError with the place of the first fault. */
export function readAgentConfig(config: unknown): AgentConfig {
  const read = readConfig(AgentSchema, config) as AgentConfig;
  if (!headerText.test(read.api_key)) throw new BotConfigError('api_key', 'api_key holds what no header can hold.');
  checkHeaders(read, '');
  if (read.greeting.by === 'prompt' && read.greeting.text === '')
    throw new BotConfigError('greeting.text', 'greeting.text is missing: there is nothing to say.');
  for (const [index, tool] of read.tools.entries()) checkTool(read, tool, index);
  return read;
}

/** What is opened: the operator's rule on addresses is asked before the bot is kept. */
export function agentNeeds({ tools }: AgentConfig): BotNeed[] {
  return tools.map(({ url }, index) => ({ at: `tools.${index}.url`, kind: 'url', url }));
}

function checkTool({ tools, end_call: hasEndCall }: AgentConfig, tool: AgentTool, index: number): void {
  const at = `tools.${index}`;
  const isTaken = tools.findIndex(({ name }) => name === tool.name) !== index;
  if (isTaken || (hasEndCall && tool.name === endCallTool))
    throw new BotConfigError(`${at}.name`, `${at}.name is the name of another tool.`);
  if (JSON.stringify(tool.parameters).length > maxParametersLength)
    throw new BotConfigError(`${at}.parameters`, `${at}.parameters is longer than ${maxParametersLength} characters.`);
  checkHeaders(tool, `${at}.`);
}

function checkHeaders(of: Pick<AgentTool, 'headers' | 'secret_headers'>, at: string): void {
  for (const key of ['headers', 'secret_headers'] as const)
    for (const [name, value] of Object.entries(of[key]))
      if (!headerName.test(name) || ownHeaders.test(name) || !headerText.test(value))
        throw new BotConfigError(
          `${at}${key}`,
          `${at}${key} holds what is no header, or one that is not yours to give.`,
        );
}
