import { readConfig } from '../../config/read-config.js';
import type { BotNeed } from '../../session/bot.js';
import { BotConfigError } from '../../session/bot-config-error.js';
import { AgentSchema } from './agent-schema.js';

export interface AgentTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  url: string;
  headers: Record<string, string>;
  secret_headers: Record<string, string>;
  timeout_ms: number;
}

/** Somewhere else that the call can go on: the bot hangs up, and the flow goes on. The name stands in the bot's record of the call. */
export interface AgentTransfer {
  name: string;
  description: string;
}

export interface AgentConfig {
  url: string;
  api_key: string;
  headers: Record<string, string>;
  secret_headers: Record<string, string>;
  dialect: 'ga' | 'beta';
  voice: string;
  speed: number;
  instructions: string;
  transcription_model: string;
  language: string;
  noise_reduction: 'none' | 'near_field' | 'far_field';
  turn_detection: {
    type: 'server_vad' | 'semantic_vad';
    eagerness: 'auto' | 'low' | 'medium' | 'high';
    threshold: number;
    prefix_padding_ms: number;
    silence_duration_ms: number;
  };
  greeting: { by: 'provider' | 'prompt' | 'none'; text: string; interruptible: boolean };
  tools: AgentTool[];
  transfers: AgentTransfer[];
  end_call: boolean;
  farewell: string;
  max_duration_seconds: number;
  silence: { after_seconds: number; times: number; text: string };
  hide_digits: boolean;
  reconnect: { tries: number; filler: string };
}

/** What the model calls to hang up. */
export const endCallTool = 'end_call';
/** What the model calls to hand the call over; there where `transfers` are. */
export const transferTool = 'transfer';
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
  if (!URL.canParse(read.url)) throw new BotConfigError('url', 'url is no URL.');
  if (read.greeting.by === 'prompt' && read.greeting.text === '')
    throw new BotConfigError('greeting.text', 'greeting.text is missing: there is nothing to say.');
  for (const [index, tool] of read.tools.entries()) checkTool(read, tool, index);
  const twice = read.transfers.findIndex(({ name }, at) => read.transfers.findIndex((one) => one.name === name) !== at);
  if (twice >= 0)
    throw new BotConfigError(`transfers.${twice}.name`, `transfers.${twice}.name is the name of another transfer.`);
  return read;
}

/** What is opened: the operator's rule on addresses is asked before the bot is kept. */
export function agentNeeds({ url, tools }: AgentConfig): BotNeed[] {
  const ofTools = tools.map(({ url }, index) => ({ at: `tools.${index}.url`, kind: 'url', url }) as const);
  return [{ at: 'url', kind: 'url', url }, ...ofTools];
}

function checkTool(config: AgentConfig, tool: AgentTool, index: number): void {
  const at = `tools.${index}`;
  const isTaken = config.tools.findIndex(({ name }) => name === tool.name) !== index;
  if (isTaken || ownTools(config).includes(tool.name))
    throw new BotConfigError(`${at}.name`, `${at}.name is the name of another tool.`);
  if (JSON.stringify(tool.parameters).length > maxParametersLength)
    throw new BotConfigError(`${at}.parameters`, `${at}.parameters is longer than ${maxParametersLength} characters.`);
  checkHeaders(tool, `${at}.`);
}

/** Names of tools that are the platform's. */
function ownTools({ end_call: hasEndCall, transfers }: AgentConfig): string[] {
  return [...(hasEndCall ? [endCallTool] : []), ...(transfers.length > 0 ? [transferTool] : [])];
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
