import { type Clock, TokenBuckets } from '@intermix/kernel';

/** Wrong credentials of a bot, and both these and unknown bots, from one source: at once, and milliseconds for one more. */
const perBot = { burst: 10, refillMs: 10_000 };
const perSource = { burst: 60, refillMs: 1_000 };
/** How long a source that was let in to a bot is taken for its own. */
const provenMs = 3_600_000;
const maxProven = 20_000;

/**
 * Slows the guessing of bots' ids and credentials, per source. Many accounts' calls come from the few addresses of Exotel's
 * cloud: a source that was let in to a bot within the hour is not slowed for that one, so that nobody shuts it out by wrong
 * tries from the same address.
 */
export class BotGuesses {
  readonly #clock: Clock;
  readonly #bots: TokenBuckets;
  readonly #sources: TokenBuckets;
  readonly #provenAt = new Map<string, number>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
    this.#bots = new TokenBuckets({ ...deps, ...perBot });
    this.#sources = new TokenBuckets({ ...deps, ...perSource });
  }

  /** True when nothing that this source asks of the bot is looked at for now: answer 429. */
  isExhausted(source: string, botId: string): boolean {
    const key = keyOf(source, botId);
    if (this.#isProven(key)) return false;
    return this.#sources.waitMs(source) > 0 || this.#bots.waitMs(key) > 0;
  }

  failed(source: string, botId: string): void {
    this.#sources.take(source);
    this.#bots.take(keyOf(source, botId));
  }

  succeeded(source: string, botId: string): void {
    const key = keyOf(source, botId);
    this.#provenAt.delete(key);
    this.#provenAt.set(key, this.#clock.now());
    if (this.#provenAt.size <= maxProven) return;
    const oldest = this.#provenAt.keys().next();
    if (!oldest.done) this.#provenAt.delete(oldest.value);
  }

  #isProven(key: string): boolean {
    const at = this.#provenAt.get(key);
    return at !== undefined && this.#clock.now() - at < provenMs;
  }
}

function keyOf(source: string, botId: string): string {
  return `${source} ${botId}`;
}
