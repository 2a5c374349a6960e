import { backoffDelayMs, type Clock, type Logger, type Random, type Timer } from '@intermix/kernel';
import type { VoiceAccount } from '../client/account.js';
import type { SessionAnswer, TokenProvider, TokenSource, VoiceToken } from '../client/token.js';
import { VoiceError } from '../errors.js';

const RETRY = { firstMs: 1_000, maxMs: 60_000, factor: 2, jitter: 0.5 };
const PROVIDER_TIMEOUT_MS = 20_000;
/** Others are asked for this long before the end, or at 80 % of the life of short ones. */
const LEAD_MS = 60_000;
/** What lives shorter than this would be asked for without end. */
const MIN_LIFE_MS = 10_000;
/** Longest delay that timers of a browser take, 24.8 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export type TokenAccount = Omit<VoiceAccount, 'serverUrl' | 'displayName'> & {
  serverUrl?: string;
  iceServers?: RTCIceServer[];
};

export interface TokenKeeperDeps {
  provider: TokenProvider;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Takes the credentials into use; throws VoiceError `invalid-options` when they cannot be. */
  use(account: TokenAccount): void;
  /** They could not be had; they are asked for again. */
  failed(error: VoiceError): void;
}

/**
 * Has short-lived credentials at hand for as long as they are needed: asks the page's provider for them, again before they
 * expire and when the server refused them, and with back-off while it fails. Calls do not notice.
 */
export class TokenKeeper implements TokenSource {
  readonly #deps: TokenKeeperDeps;
  #expiresAtMs = 0;
  #asking: Promise<void> | undefined;
  #timer: Timer | undefined;
  #afterRefusal = false;
  /** Number of the newest order; what belongs to an older one is dropped. */
  #round = 0;

  constructor(deps: TokenKeeperDeps) {
    this.#deps = deps;
  }

  fresh(): Promise<void> | undefined {
    if (this.#asking || this.#expiresAtMs <= this.#deps.clock.now()) return this.#renew();
    if (!this.#timer) this.#plan(); // After `stop`.
    return undefined;
  }

  accepted(): void {
    this.#afterRefusal = false;
  }

  refused(): boolean {
    if (this.#afterRefusal) return false;
    this.#afterRefusal = true;
    this.#expiresAtMs = 0;
    return true;
  }

  /** Asks for no more; `fresh` begins again. */
  stop(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#asking = undefined;
    this.#afterRefusal = false;
  }

  #renew(): Promise<void> {
    if (this.#asking) return this.#asking;
    this.#timer?.cancel();
    const round = ++this.#round;
    this.#asking = new Promise((resolve) => void this.#ask(round, 0, resolve));
    return this.#asking;
  }

  async #ask(round: number, attempt: number, done: () => void): Promise<void> {
    const { clock, random, logger, provider, use, failed } = this.#deps;
    try {
      const token = await answered(provider, clock);
      if (round !== this.#round) return;
      const { expiresAtMs, ...account } = accountOf(token, clock.now());
      use(account);
      this.#expiresAtMs = expiresAtMs;
      this.#asking = undefined;
      this.#plan();
      done();
    } catch (cause) {
      if (round !== this.#round) return;
      const retryMs = Math.round(backoffDelayMs(attempt, RETRY, random));
      this.#timer = clock.schedule(retryMs, () => void this.#ask(round, attempt + 1, done));
      logger.warn({ error: String(cause), retryMs }, 'tokenProvider gave no credentials; it is asked again');
      failed(
        new VoiceError('token-failed', `no credentials: ${cause instanceof Error ? cause.message : cause}`, { cause }),
      );
    }
  }

  #plan(): void {
    const lifeMs = this.#expiresAtMs - this.#deps.clock.now();
    const delayMs = Math.min(lifeMs - Math.min(LEAD_MS, lifeMs / 5), MAX_DELAY_MS);
    this.#timer = this.#deps.clock.schedule(delayMs, () => void this.#renew());
  }
}

/** The provider's answer, or an error: also when it throws before it gives a promise, or says nothing. */
function answered(provider: TokenProvider, clock: Clock): Promise<VoiceToken | SessionAnswer> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(PROVIDER_TIMEOUT_MS, () => reject(new Error('no answer in 20 s')));
    const asked = new Promise<VoiceToken | SessionAnswer>((give) => give(provider()));
    asked.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Either spelling. Throws VoiceError `invalid-options` for what is no token. */
function accountOf(token: VoiceToken | SessionAnswer, now: number): TokenAccount & { expiresAtMs: number } {
  const given = (token ?? {}) as Partial<VoiceToken & SessionAnswer>;
  for (const field of ['username', 'password', 'domain'] as const) {
    if (typeof given[field] !== 'string' || given[field] === '') throw wrong(field, 'is missing');
  }
  const expiresAtMs =
    typeof given.expires_in === 'number' ? now + given.expires_in * 1000 : timeOf(given.expiresAt ?? given.expires_at);
  // A NaN is refused, too.
  if (!(expiresAtMs - now >= MIN_LIFE_MS)) throw wrong('expiresAt', 'is no time, or less than 10 s ahead');
  const authUser = given.authUser ?? given.auth_username;
  const serverUrl = given.serverUrl ?? given.websocket_url;
  const iceServers = given.iceServers ?? given.ice_servers;
  const { username = '', password = '', domain = '' } = given;
  return {
    ...{ username, password, domain, expiresAtMs },
    authUser: authUser ?? username,
    ...(serverUrl === undefined ? {} : { serverUrl }),
    ...(iceServers && iceServers.length > 0 ? { iceServers } : {}),
  };
}

function timeOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(new Date(value as string | Date));
}

function wrong(field: string, why: string): VoiceError {
  return new VoiceError('invalid-options', `"${field}" of what tokenProvider gave ${why}`, { field });
}
