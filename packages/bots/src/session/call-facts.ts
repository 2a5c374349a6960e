import type { StreamStart } from '@intermix/streaming';
import type { SessionOrder } from '../host/session-order.js';
import type { BotCallFacts } from './bot.js';
import { storable } from './session-record.js';

/** Of a stream, in Hz. */
export const sampleRates: readonly number[] = [8000, 16_000, 24_000];
const maxFact = 256;
const maxParameters = 20;

/**
 * What a `start` message says of its call, bounded, with whose bot takes it. Far ends give the query of the URL as parameters:
 * the token in it is nobody's to read, to speak, or to hand on.
 */
export function factsOf(start: StreamStart, { sessionId, bot, shownToken }: SessionOrder): BotCallFacts {
  const fact = (text: string) => storable(text, maxFact);
  const isToken = (key: string, value: string) =>
    shownToken !== undefined && (key.toLowerCase() === 'token' || value.includes(shownToken));
  const told = Object.entries(start.customParameters).filter(([key, value]) => !isToken(key, value));
  const custom = told.slice(0, maxParameters);
  return {
    ...{ sessionId, botId: bot.botId, botAccountSid: bot.accountSid, sampleRate: start.sampleRate },
    ...{ streamSid: fact(start.streamSid), callSid: fact(start.callSid), accountSid: fact(start.accountSid) },
    ...{ from: fact(start.from), to: fact(start.to) },
    customParameters: Object.fromEntries(custom.map(([key, value]) => [fact(key), fact(value)])),
  };
}
