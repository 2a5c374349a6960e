import { type Clock, createId, hex, type Random } from '@intermix/kernel';
import type { SessionOrder } from '../host/session-order.js';
import { botKinds } from '../kinds/bot-kinds.js';
import type { StoredBot } from '../ports/bot-store.js';
import { maxHops } from '../session/hops.js';
import { isActive } from './active-hours.js';
import { BotGuesses } from './bot-guesses.js';
import { mayOpen, type Shown } from './credentials.js';
import { UnknownBots } from './unknown-bots.js';

/** Where an admitted connection is taken, and with what. */
export interface Admitted {
  ok: true;
  sessionId: string;
  port: number;
  ticket: string;
  /** Of a connection that will not come: its place is another's. */
  giveBack(): void;
}

/** HTTP status, and a sentence for whoever looks. */
export interface Refused {
  ok: false;
  status: 401 | 404 | 429 | 503 | 508;
  why: string;
}

/** A connection from outside. */
export interface Asking {
  botId: string;
  /** Address that it comes from. */
  source: string;
  shown: Shown;
  /** How many bots handed it on. */
  hops: number;
  /** Whether it has gone meanwhile. */
  isGone(): boolean;
}

export interface BotGateDeps {
  bots: {
    find(accountSid: string, botId: string): Promise<StoredBot | undefined>;
    findAnywhere(botId: string): Promise<StoredBot | undefined>;
  };
  /** A provider's key of the account's settings. Default: there are none. */
  apiKey?: (accountSid: string, provider: string) => Promise<string | undefined>;
  worker: {
    admit(order: SessionOrder): { port: number } | 'full' | 'down';
    end(sessionId: string, why: string): void;
    endBot(botId: string, why: string): void;
  };
  clock: Clock;
  random: Random;
}

const tooManyTries = 'There were too many wrong tries.';

/**
 * Decides which connections become sessions. An unknown bot is refused at the upgrade; a call outside of the bot's hours is
 * let in and closed once its caller is known, so that there is a record of it.
 */
export class BotGate {
  readonly #deps: BotGateDeps;
  readonly #guesses: BotGuesses;
  readonly #unknown: UnknownBots;

  constructor(deps: BotGateDeps) {
    this.#deps = deps;
    this.#guesses = new BotGuesses(deps);
    this.#unknown = new UnknownBots(deps);
  }

  /** What `admit` would say without asking the database; undefined when it has to. */
  refusalOf({ botId, source }: Pick<Asking, 'botId' | 'source'>): Refused | undefined {
    if (this.#guesses.isExhausted(source, botId)) return refused(429, tooManyTries);
    return this.#unknown.has(botId) ? this.#isUnknown(source, botId) : undefined;
  }

  /** A connection from outside; undefined when it has gone meanwhile. Rejects when the bots cannot be read. */
  async admit(asking: Asking): Promise<Admitted | Refused | undefined> {
    const { botId, source, shown } = asking;
    const early = this.refusalOf(asking);
    if (early) return early;
    if (asking.hops > maxHops) return refused(508, 'The stream was handed on from bot to bot too often.');
    const bot = await this.#deps.bots.findAnywhere(botId);
    if (bot === undefined) return this.#isUnknown(source, botId);
    // Many may have asked at once: those behind the last try that is allowed are not looked at.
    if (this.#guesses.isExhausted(source, botId)) return refused(429, tooManyTries);
    if (!mayOpen(bot.auth, shown)) {
      this.#guesses.failed(source, botId);
      return refused(401, 'The bot wants other credentials.');
    }
    this.#guesses.succeeded(source, botId);
    const config = await this.#withSystemKey(bot);
    return asking.isGone() ? undefined : this.#order(bot, config, asking);
  }

  /** A call of ours whose number or flow names the bot: it needs no credentials. */
  async admitCall(accountSid: string, botId: string): Promise<Admitted | Refused> {
    const bot = await this.#deps.bots.find(accountSid, botId);
    if (bot === undefined) return refused(404, `There is no bot ${botId}.`);
    return this.#order(bot, await this.#withSystemKey(bot), undefined);
  }

  /** Ends the sessions of a bot that is no more. */
  endBot(botId: string, why: string): void {
    this.#deps.worker.endBot(botId, why);
  }

  #isUnknown(source: string, botId: string): Refused {
    this.#guesses.failed(source, botId);
    this.#unknown.add(botId);
    return refused(404, 'There is no such bot.');
  }

  /** `from`: undefined for a call of ours. */
  #order(bot: StoredBot, config: unknown, from: { hops: number } | undefined): Admitted | Refused {
    const { id: botId, accountSid, kind, auth, activeHours, maxCallSec } = bot;
    const shownToken = auth.type === 'token' ? auth.token : undefined;
    const isAnonymous = from !== undefined && auth.type === 'none';
    const { worker, clock, random } = this.#deps;
    const [sessionId, ticket] = [createId('bcl_', 16, random), hex(random.bytes(16))];
    const taken = worker.admit({
      ...{ sessionId, ticket, bot: { botId, accountSid, kind, config }, maxCallMs: maxCallSec * 1000 },
      ...{ hops: from?.hops ?? 0, shownToken, isAnonymous },
      verdict: isActive(activeHours, clock.now()) ? 'run' : 'outside_hours',
    });
    if (taken === 'full') return refused(429, 'The server has as many calls of bots as it takes.');
    if (taken === 'down') return refused(503, 'Bots are being started; try again soon.');
    const giveBack = () => worker.end(sessionId, 'The connection is gone.');
    return { ok: true, sessionId, ticket, port: taken.port, giveBack };
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
