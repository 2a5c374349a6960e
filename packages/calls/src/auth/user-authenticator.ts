import type { Clock, Random } from '@intermix/kernel';
import { DigestServer, type Flow, type SipRequest, type SipUri } from '@intermix/sip';
import { type Guesser, GuessLimiter, type GuessLimits } from '../limits/guess-limiter.js';
import type { SipCredentials, SipUser, UserDirectory } from '../ports/directory.js';
import { keyOf, type LocationStore } from '../registrar/location-store.js';
import { accountSidOf } from './domains.js';
import type { SipSessions } from './sip-sessions.js';

export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

export type AuthResult =
  /** A user, proved by digest, and the domain under which it is known. */
  | {
      ok: true;
      user: SipUser;
      domain: string;
      /** End of the session whose password it used, milliseconds since the epoch; undefined for the lasting password. */
      untilMs: number | undefined;
    }
  /** Answer with this status and these headers. Unknown users and wrong passwords look the same (RFC 3261 §22). */
  | { ok: false; status: number; reason?: string; headers: ReadonlyArray<readonly [string, string]> };

export type AuthenticatedUser = Extract<AuthResult, { ok: true }>;

export interface UserAuthenticatorDeps {
  users: UserDirectory;
  location: LocationStore;
  sessions: SipSessions;
  /** Our SIP domains; Exotel's is accepted besides. */
  domains: readonly string[];
  clock: Clock;
  random: Random;
  guessLimits?: GuessLimits;
  /** Called when a user has proved itself over a flow. */
  onProved?: ((flow: Flow) => void) | undefined;
  /** Challenges, in this order; MD5 alone unless told otherwise: Exotel's SDK gives up on any other in sight. */
  algorithms?: readonly DigestAlgorithm[];
}

const defaultGuessLimits: GuessLimits = {
  perSource: { burst: 30, refillMs: 2_000 },
  perUser: { burst: 10, refillMs: 10_000 },
};
const maxRealms = 1_000;

/** Digest of SIP users, one realm for each account's domain. Shared by REGISTER and INVITE, so guesses count together. */
export class UserAuthenticator {
  readonly #deps: UserAuthenticatorDeps;
  readonly #limiter: GuessLimiter;
  readonly #secret: Uint8Array;
  readonly #realms = new Map<string, DigestServer>();

  constructor(deps: UserAuthenticatorDeps) {
    this.#deps = deps;
    this.#limiter = new GuessLimiter({ clock: deps.clock, limits: deps.guessLimits ?? defaultGuessLimits });
    this.#secret = deps.random.bytes(32);
  }

  /**
   * Checks that the sender is the user of `aor`. Rejects only when the directory does.
   * `kind` is 401 for a registrar and 407 for calls (RFC 3261 §22.1).
   */
  async check(request: SipRequest, flow: Flow, aor: SipUri, kind: 401 | 407): Promise<AuthResult> {
    const accountSid = accountSidOf(aor.host, this.#deps.domains);
    const sipUsername = aor.user;
    if (accountSid === undefined || !sipUsername) return refused(403, 'Domain Not Served Here');
    const guesser = this.#guesser(accountSid, sipUsername, flow);
    const waitSec = this.#limiter.waitSec(guesser);
    if (waitSec > 0) return refused(503, 'Too Many Attempts', [['Retry-After', String(waitSec)]]);

    const realm = this.#realm(aor.host, accountSid);
    const verdict = await realm.check(request, kind);
    if (!verdict.ok) {
      if (verdict.why === 'wrong' || verdict.why === 'unknown-user') this.#limiter.failed(guesser);
      return { ok: false, status: kind, headers: realm.challengeAfter(verdict.why, kind) };
    }
    const session = this.#deps.sessions.read(userPart(verdict.username));
    // A password is good for its own address of record only.
    if ((session?.sipUsername ?? userPart(verdict.username)) !== sipUsername)
      return refused(403, 'Not Your Address Of Record');
    const account = await this.#deps.users.findSipAccount(accountSid, sipUsername);
    if (!account) return refused(403);
    this.#deps.onProved?.(flow);
    return { ok: true, user: account.user, domain: aor.host, untilMs: session?.expiresAtMs };
  }

  /** The address of record, without its spelling of the domain; undefined when it is none of ours. */
  keyOf(aor: SipUri): string | undefined {
    const accountSid = accountSidOf(aor.host, this.#deps.domains);
    return accountSid !== undefined && aor.user ? keyOf({ accountSid, sipUsername: aor.user }) : undefined;
  }

  /** Whether there is such a user. Rejects when the directory does. */
  async knows(aor: SipUri): Promise<boolean> {
    const accountSid = accountSidOf(aor.host, this.#deps.domains);
    if (accountSid === undefined || !aor.user) return false;
    return (await this.#deps.users.findSipAccount(accountSid, aor.user)) !== undefined;
  }

  #guesser(accountSid: string, sipUsername: string, flow: Flow): Guesser {
    const bindings = this.#deps.location.bindingsOf({ accountSid, sipUsername });
    const onFlow = bindings.some((b) => b.flow.id === flow.id && flow.reliable);
    const fromAddress = bindings.some((b) => b.flow.remote.host === flow.remote.host);
    return {
      source: flow.remote.host,
      user: keyOf({ accountSid, sipUsername }),
      bound: onFlow ? 'flow' : fromAddress ? 'address' : undefined,
    };
  }

  #realm(host: string, accountSid: string): DigestServer {
    const known = this.#realms.get(host);
    if (known) return known;
    if (this.#realms.size >= maxRealms) this.#realms.clear(); // Nonces are stateless; only replay windows are lost.
    const { clock, random, algorithms = ['MD5'] } = this.#deps;
    const realm = new DigestServer({
      realm: host,
      secret: this.#secret,
      algorithms,
      clock,
      random,
      lookup: (username) => this.#credentialsOf(accountSid, userPart(username)),
    });
    this.#realms.set(host, realm);
    return realm;
  }

  /** The user's own, or those of a session that is not over. */
  async #credentialsOf(accountSid: string, username: string): Promise<SipCredentials | undefined> {
    const { users, sessions } = this.#deps;
    const session = sessions.read(username);
    const account = await users.findSipAccount(accountSid, session?.sipUsername ?? username);
    if (!account || !session) return account?.credentials;
    if (sessions.isOver(session)) return undefined;
    return { password: sessions.passwordOf(accountSid, username, account.credentials.password) };
  }
}

/** Some clients authenticate as `user@domain`. */
function userPart(username: string): string {
  const at = username.indexOf('@');
  return at < 0 ? username : username.slice(0, at);
}

function refused(
  status: number,
  reason?: string,
  headers: ReadonlyArray<readonly [string, string]> = [],
): Extract<AuthResult, { ok: false }> {
  return { ok: false, status, headers, ...(reason ? { reason } : {}) };
}
