import { type Clock, createId, hex, type Random } from '@intermix/kernel';
import type { SessionOrder } from '../host/session-order.js';
import { botKinds } from '../kinds/bot-kinds.js';
import type { StoredBot } from '../ports/bot-store.js';
import { isActive } from './active-hours.js';
import { mayOpen, type Shown } from './credentials.js';

/** Where an admitted connection is taken, and with what. */
export interface Admitted {
  ok: true;
  sessionId: string;
  port: number;
  ticket: string;
}

/** HTTP status, and a sentence for whoever looks. */
export interface Refused {
  ok: false;
  status: 401 | 404 | 429 | 503;
  why: string;
}

export interface BotGateDeps {
  bots: {
    find(accountSid: string, botId: string): Promise<StoredBot | undefined>;
    findAnywhere(botId: string): Promise<StoredBot | undefined>;
  };
  /** A provider's key of the account's settings. Default: there are none. */
  apiKey?: (accountSid: string, provider: string) => Promise<string | undefined>;
  worker: { admit(order: SessionOrder): { port: number } | 'full' | 'down' };
  clock: Clock;
  random: Random;
}

/**
 * Decides which connections become sessions. An unknown bot is refused at the upgrade; a call outside of the bot's hours is
 * let in and closed once its caller is known, so that there is a record of it.
 */
export class BotGate {
  readonly #deps: BotGateDeps;

  constructor(deps: BotGateDeps) {
    this.#deps = deps;
  }

  /** A connection from outside. Rejects when the bots cannot be read. */
  async admit(botId: string, shown: Shown): Promise<Admitted | Refused> {
    const bot = await this.#deps.bots.findAnywhere(botId);
    if (bot === undefined) return refused(404, 'There is no such bot.');
    if (!mayOpen(bot.auth, shown)) return refused(401, 'The bot wants other credentials.');
    return this.#order(bot);
  }

  /** A call of ours whose number or flow names the bot: it needs no credentials. */
  async admitCall(accountSid: string, botId: string): Promise<Admitted | Refused> {
    const bot = await this.#deps.bots.find(accountSid, botId);
    return bot === undefined ? refused(404, `There is no bot ${botId}.`) : this.#order(bot);
  }

  async #order(bot: StoredBot): Promise<Admitted | Refused> {
    const { id: botId, accountSid, kind, activeHours, maxCallSec } = bot;
    const config = await this.#withSystemKey(bot);
    const { worker, clock, random } = this.#deps;
    const [sessionId, ticket] = [createId('bcl_', 16, random), hex(random.bytes(16))];
    const taken = worker.admit({
      ...{ sessionId, ticket, bot: { botId, accountSid, kind, config }, maxCallMs: maxCallSec * 1000 },
      verdict: isActive(activeHours, clock.now()) ? 'run' : 'outside_hours',
    });
    if (taken === 'full') return refused(429, 'The server has as many calls of bots as it takes.');
    if (taken === 'down') return refused(503, 'Bots are being started; try again soon.');
    return { ok: true, sessionId, ticket, port: taken.port };
  }

  /** Just before the call, and nowhere kept: a key that is changed counts with the next one. */
  async #withSystemKey({ accountSid, kind, config }: StoredBot): Promise<unknown> {
    const wanted = botKinds.get(kind)?.systemKey?.(config as never);
    const key = wanted && (await this.#deps.apiKey?.(accountSid, wanted.provider));
    return key === undefined ? config : wanted?.filledIn(key);
  }
}

function refused(status: Refused['status'], why: string): Refused {
  return { ok: false, status, why };
}
