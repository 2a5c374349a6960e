import { type Clock, type Random, systemClock, systemRandom } from '@intermix/kernel';
import { parseStreamUrl, sampleRateOf } from '@intermix/streaming';
import { outboundNetwork, type StreamNetwork } from '@intermix/streaming/media-child';
import { BotTestError } from './bot-test-error.js';
import { type CallOrder, usualOrder, withCredentials } from './line/call-order.js';
import { CallerCall } from './line/caller-call.js';
import type { BotTestReport } from './report/bot-test-report.js';
import { makeReport } from './report/make-report.js';
import type { BotTestScript } from './script/bot-test-script.js';
import { soundsOf } from './script/script-sounds.js';
import type { CallAudio } from './sound/two-channel-wav.js';
import { ScriptRun } from './steps/script-run.js';

export interface BotTestOptions {
  script: BotTestScript;
  /** Where the script lies: its sounds lie beside it. */
  scriptPath: string;
  /** Instead of the script's. */
  url?: string | undefined;
  /** Where credentials are looked up that the script names. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where both sides' sound goes. */
  audio?: CallAudio | undefined;
  /** Ends the call early, for a report of what there was until then. */
  signal?: AbortSignal | undefined;
  network?: StreamNetwork;
  clock?: Clock;
  random?: Random;
}

/**
 * Calls a bot as a script says, and judges it. Rejects with BotTestError or StreamError when the script, a sound of it or the URL
 * cannot be used; whatever the bot does is in the report.
 */
export async function runBotTest(options: BotTestOptions): Promise<BotTestReport> {
  const { script, scriptPath, audio } = options;
  const order = orderOf(options);
  const sounds = await soundsOf(script, { scriptPath, sampleRate: order.sampleRate ?? 8000 });
  const caller = new ScriptRun({ steps: script.steps, sounds });
  const call = new CallerCall({ order, caller, audio, ...worldOf(options) });
  const outcome = await endOf(call, options.signal);
  return makeReport(outcome, { name: script.name ?? null, steps: caller.results });
}

/** The network, time and chance of a call: the real ones unless given. */
export function worldOf(options: {
  network?: StreamNetwork | undefined;
  clock?: Clock | undefined;
  random?: Random | undefined;
}): {
  network: StreamNetwork;
  clock: Clock;
  random: Random;
} {
  const { clock = systemClock, random = systemRandom, network = outboundNetwork({ clock }) } = options;
  return { network, clock, random };
}

/** What became of a call; of one that is broken off too. */
export function endOf(call: CallerCall, signal: AbortSignal | undefined): CallerCall['ended'] {
  const abort = () => call.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return call.ended.finally(() => signal?.removeEventListener('abort', abort));
}

function orderOf({ script, url = script.url, env }: BotTestOptions): CallOrder {
  if (url === undefined) throw new BotTestError('The script has no url: put one in, or give one on the command line.');
  const { sample_rate: rate, custom_parameters: customParameters, from = usualOrder.from, to = usualOrder.to } = script;
  return {
    url: withCredentials(url, credentialsOf(script, env)),
    sampleRate: rate === undefined ? (parseStreamUrl(url).sampleRate ?? 8000) : sampleRateOf(rate),
    ...{ customParameters, from, to, timeLimitMs: script.time_limit_ms, startDelayMs: script.start_delay_ms },
    ...{ stopWaitMs: script.stop_wait_ms, queueLimitMs: script.queue_limit_ms, audibleDbfs: script.audible_dbfs },
  };
}

function credentialsOf(
  { credentials }: BotTestScript,
  env: BotTestOptions['env'],
): { user: string; password: string } | undefined {
  if (!credentials) return undefined;
  const { user, user_env: userEnv, password, password_env: passwordEnv } = credentials;
  return { user: user ?? fromEnvironment(userEnv, env), password: password ?? fromEnvironment(passwordEnv, env) };
}

function fromEnvironment(name: string | undefined, env: BotTestOptions['env']): string {
  if (name === undefined) throw new BotTestError('credentials needs user or user_env, and password or password_env.');
  const value = env[name];
  if (value === undefined) throw new BotTestError(`The environment variable ${name} of credentials is not set.`);
  return value;
}
