import { maskSecrets, type StoredBot } from '@intermix/bots';

/** What campaigns and tests of an orchestrator put among a caller's facts, and no bot is to say. */
const reserved = new Set([
  ...['_campaign_session_id', '_skip_prefetch', '_skip_post_push', '_mock_crm', '_campaign_id', '_campaign_call_id'],
  ...['_campaign_attempt', '_campaign_run_number', 'sip_candidate_headers'],
]);

/** Fields of the reply that a bot's configuration may hold, with what stands for those that it does not. */
const defaults: Readonly<Record<string, unknown>> = {
  re_engagement: null,
  min_words_interruption: 3,
  voicemail_message: '',
  pre_transfer_message: '',
  tools: [],
  conversation_policy: null,
  transfer_numbers: {},
  transfer_targets: [],
  post_call_analysis_prompt: '',
  qc_prompt: '',
  auto_dispositions: [],
};
const providerBlocks = ['stt', 'llm', 'tts'];

/** The facts of a call that an orchestrator sends as JSON; what cannot be read counts as none. */
export function connectedEventOf(text: string | undefined): Record<string, unknown> {
  let event: unknown;
  try {
    event = JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return {};
  return Object.fromEntries(Object.entries(event).filter(([name]) => !reserved.has(name)));
}

/** A bot as an orchestrator of others runs it. `variables` are put where texts have `{{name}}` or `{{custom.name}}`. */
export function orchestratorConfig(
  bot: StoredBot,
  call: { sessionId: string; webhookUrl: string; timeZone: string; variables: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const config = bot.kind === 'agent' ? ofAgent(bot.config as AgentTexts) : objectOf(bot.config);
  const text = (...names: string[]) => {
    const found = names.map((name) => config[name]).find((value) => typeof value === 'string');
    return filled((found as string | undefined) ?? '', call.variables);
  };
  const known = Object.entries(defaults).map(([name, standard]) => [name, config[name] ?? standard]);
  const blocks = providerBlocks.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]);
  return {
    ...{ session_id: call.sessionId, webhook_url: call.webhookUrl, bot_id: bot.id },
    ...{ system_prompt: text('system_prompt', 'instructions'), opening_message: text('opening_message', 'greeting') },
    ...{ timezone: call.timeZone, max_call_duration_seconds: longestSec(bot) },
    ...Object.fromEntries([...known, ...blocks]),
  };
}

interface AgentTexts {
  instructions?: string;
  greeting?: { by?: string; text?: string };
  tools?: { name: string; description: string; parameters: unknown; url: string }[];
}

/**
 * An agent in the words of orchestrators. Its keys and headers stay here: whoever runs it elsewhere has a model of its own,
 * and tools that are called from there are to know who calls.
 */
function ofAgent({ instructions, greeting, tools = [] }: AgentTexts): Record<string, unknown> {
  return {
    instructions,
    opening_message: greeting?.by === 'none' ? '' : greeting?.text,
    tools: tools.map(({ name, description, parameters, url }) => ({
      ...{ name, description, parameters, url: withoutCredentials(url) },
    })),
  };
}

function longestSec({ config, maxCallSec }: StoredBot): number {
  const own = objectOf(config).max_duration_seconds;
  return typeof own === 'number' ? Math.min(own, maxCallSec) : maxCallSec;
}

/** Without user and password; a secret in its query is masked, as in every answer. */
function withoutCredentials(text: string): string {
  const shown = maskSecrets(text, []) as string;
  if (!URL.canParse(shown)) return shown;
  const url = new URL(shown);
  if (url.username === '' && url.password === '') return shown;
  [url.username, url.password] = ['', ''];
  return url.href;
}

function objectOf(config: unknown): Record<string, unknown> {
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
}

function filled(text: string, variables: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{\{\s*(?:custom\.)?([A-Za-z_]\w{0,63})\s*\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : '';
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}
