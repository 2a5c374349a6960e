import { type Clock, type Logger, TokenBuckets } from '@intermix/kernel';

export interface UnknownSourcePolicy {
  /** A source that was refused hears nothing for this long. 60 s. */
  silenceMs: number;
  /** Challenges that a source which never answers one may have at once; one more each second. 20. */
  challengeBurst: number;
}

export const defaultUnknownSourcePolicy: UnknownSourcePolicy = { silenceMs: 60_000, challengeBurst: 20 };

const maxSources = 20_000;
const logEveryMs = 10_000;

/** Scanners: each unknown source gets one answer, and then silence. The log gets a line in ten seconds, not one a packet. */
export class UnknownSources {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #policy: UnknownSourcePolicy;
  readonly #silentUntil = new Map<string, number>();
  readonly #challenges: TokenBuckets;
  #refused = 0;
  #lastLogAt = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(deps: { clock: Clock; logger: Logger; policy?: Partial<UnknownSourcePolicy> | undefined }) {
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#policy = { ...defaultUnknownSourcePolicy, ...deps.policy };
    this.#challenges = new TokenBuckets({ clock: deps.clock, burst: this.#policy.challengeBurst, refillMs: 1_000 });
  }

  /** Requests refused or dropped since the start. */
  get refused(): number {
    return this.#refused;
  }

  isSilenced(host: string): boolean {
    const until = this.#silentUntil.get(host);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#silentUntil.delete(host);
    return false;
  }

  /** Counts a request of a stranger. True when it still deserves an answer. */
  refuse(host: string): boolean {
    this.#refused++;
    if (this.isSilenced(host)) return false;
    this.#silence(host);
    this.#log(host);
    return true;
  }

  /** True when a stranger may be challenged once more; when false it is a stranger to be silenced. */
  mayChallenge(host: string): boolean {
    return this.#challenges.take(host);
  }

  #silence(host: string): void {
    this.#silentUntil.set(host, this.#clock.now() + this.#policy.silenceMs);
    if (this.#silentUntil.size <= maxSources) return;
    const oldest = this.#silentUntil.keys().next();
    if (!oldest.done) this.#silentUntil.delete(oldest.value);
  }

  #log(host: string): void {
    const now = this.#clock.now();
    this.#unlogged++;
    if (now - this.#lastLogAt < logEveryMs) return;
    this.#logger.warn({ source: host, sources: this.#unlogged }, 'requests from unknown sources refused');
    this.#lastLogAt = now;
    this.#unlogged = 0;
  }
}
