import { createId, type Random } from '@intermix/kernel';
import { checkCustomParameters, type StreamSpec } from '@intermix/streaming';
import { BotTestError } from '../bot-test-error.js';

/** A call to be made to a bot, as Exotel would make it. */
export interface CallOrder {
  /** `ws:`, `wss:`, or `http:`, `https:` that names such a one; with user and password, if any. */
  url: string;
  /** Undefined: the URL's, or 8000. */
  sampleRate: 8000 | 16_000 | 24_000 | undefined;
  /** Undefined: the URL's. */
  customParameters: Record<string, string> | undefined;
  from: string;
  to: string;
  timeLimitMs: number;
  /** How long `start` is held back behind `connected`. */
  startDelayMs: number;
  stopWaitMs: number;
  queueLimitMs: number;
  audibleDbfs: number;
}

export const usualOrder = {
  ...{ sampleRate: undefined, customParameters: undefined, from: '+919876543210', to: '+918047110000' },
  ...{ timeLimitMs: 120_000, startDelayMs: 200, stopWaitMs: 2_000, queueLimitMs: 30_000, audibleDbfs: -50 },
} as const satisfies Omit<CallOrder, 'url'>;

/** A URL with user and password in it, each as it is. Throws BotTestError. */
export function withCredentials(url: string, credentials: { user: string; password: string } | undefined): string {
  if (!URL.canParse(url) || !/^(wss?|https?):/.test(url))
    throw new BotTestError('The bot needs a URL such as wss://bot.example/calls, or an https:// one.');
  if (!credentials) return url;
  const whole = new URL(url);
  whole.username = encodeURIComponent(credentials.user);
  whole.password = encodeURIComponent(credentials.password);
  return whole.href;
}

/** The stream that carries it out. Throws StreamError for custom parameters that are too many or too long. */
export function streamOf(order: CallOrder, random: Random): StreamSpec {
  const { url, sampleRate, customParameters, from, to } = order;
  if (customParameters) checkCustomParameters(customParameters);
  const callSid = createId('', 16, random);
  return {
    ...{ streamSid: createId('', 16, random), callSid, accountSid: 'bot-test', from, to, url },
    ...{ mode: 'bidirectional', tracks: 'inbound', sampleRate, customParameters },
    callParameters: { CallSid: callSid, CallFrom: from, CallTo: to, Direction: 'incoming' },
    ...{ frameMs: 100, binary: false, legDigits: false, handshakeTimeoutMs: 10_000, maxDurationMs: order.timeLimitMs },
    // Whoever tests a bot types its address, on his own machine as a rule.
    allowPrivate: true,
  };
}
