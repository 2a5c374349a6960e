import type { StreamStart } from '@intermix/streaming';
import type { SessionOrder } from '../host/session-order.js';
import type { BotCallFacts } from './bot.js';
import { storable } from './session-record.js';

/** Of a stream, in Hz. */
export const sampleRates: readonly number[] = [8000, 16_000, 24_000];
const maxFact = 256;
const maxParameters = 20;

/** What a `start` message says of its call, bounded, with whose bot takes it. */
export function factsOf(start: StreamStart, { sessionId, bot }: SessionOrder): BotCallFacts {
  const fact = (text: string) => storable(text, maxFact);
  const custom = Object.entries(start.customParameters).slice(0, maxParameters);
  return {
    ...{ sessionId, botId: bot.botId, botAccountSid: bot.accountSid, sampleRate: start.sampleRate },
    ...{ streamSid: fact(start.streamSid), callSid: fact(start.callSid), accountSid: fact(start.accountSid) },
    ...{ from: fact(start.from), to: fact(start.to) },
    customParameters: Object.fromEntries(custom.map(([key, value]) => [fact(key), fact(value)])),
  };
}
