import type { Clock, Logger, Random } from '@intermix/kernel';
import { type Origin, personActor } from '../audit/actor.js';
import type { NewAuditEntry } from '../audit/audit-log.js';
import { ApiError } from '../http/api-error.js';
import type { AccessClaims, AccessTokens } from './access-tokens.js';
import type { Admin, AdminDirectory, AdminSession, AdminSessions } from './admin.js';
import type { Passwords } from './passwords.js';
import { SignInLimit } from './sign-in-limit.js';

const refreshTokenBytes = 32;

/** What somebody holds who signed in. */
export interface TokenPair {
  accessToken: string;
  expiresInSec: number;
  refreshToken: string;
  refreshExpiresInSec: number;
}

export interface SignInDeps {
  admins: Pick<AdminDirectory, 'findAdminByEmail'>;
  sessions: AdminSessions;
  tokens: AccessTokens;
  passwords: Passwords;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Begins sessions, goes on with them and ends them. */
export class SignIn {
  readonly #deps: SignInDeps;
  readonly #limit: SignInLimit;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
    this.#limit = new SignInLimit(deps);
  }

  /**
   * `shown`: an access token of the past, by which a client is known to be the person's own. Throws 401, alike for an unknown
   * person, one who is not active, and a wrong password; 429 after too many.
   */
  async begin(given: { email: string; password: string; shown: string }, origin: Origin): Promise<TokenPair> {
    const email = given.email.trim().toLowerCase();
    const client = given.shown === '' ? undefined : await this.#deps.tokens.clientOf(given.shown, email);
    const begun = await this.#limit.check({ email, source: origin.source, client }, () =>
      this.#open(email, given.password, origin),
    );
    if (begun === undefined) throw ApiError.unauthorized('The e-mail address or the password is wrong.');
    return begun;
  }

  /** The next pair for a refresh token. Throws 401: it is unknown or expired, or was used before, which ends its session. */
  async refresh(refreshToken: string, origin: Origin): Promise<TokenPair> {
    const next = this.#newRefreshToken();
    const rotation = await this.#deps.sessions.rotate(refreshToken, next, (session) =>
      entryOf(session.admin, origin, { action: 'refreshTokenReused', sessionId: session.sessionId }),
    );
    if (rotation.result === 'rotated') return this.#pair(rotation.session, next, rotation.expiresAt);
    if (rotation.result === 'reused') {
      const fields = { sessionId: rotation.session.sessionId, source: origin.source };
      this.#deps.logger.warn(fields, 'a refresh token came a second time: its session is ended');
    }
    throw ApiError.unauthorized('The refresh token is not good any more: sign in again.');
  }

  async end(who: AccessClaims, origin: Origin): Promise<void> {
    const { sessionId } = who;
    const entry = {
      ...personActor(who),
      ...origin,
      ...{ action: 'signOut', resource: { type: 'session', id: sessionId }, changes: {} },
    };
    await this.#deps.sessions.end(who.accountSid, sessionId, entry);
  }

  async #open(email: string, password: string, origin: Origin): Promise<TokenPair | undefined> {
    const { admins, sessions, passwords } = this.#deps;
    const admin = await admins.findAdminByEmail(email);
    const isRight = await passwords.verify(admin?.passwordHash, password);
    if (admin === undefined || !isRight || !admin.isActive) return undefined;
    const refreshToken = this.#newRefreshToken();
    const session = await sessions.open({ admin, refreshToken, source: origin.source }, (sessionId) =>
      entryOf(admin, origin, { action: 'signIn', sessionId }),
    );
    return session && this.#pair({ admin, sessionId: session.sessionId }, refreshToken, session.expiresAt);
  }

  async #pair(session: AdminSession, refreshToken: string, expiresAt: Date): Promise<TokenPair> {
    const { token, expiresInSec } = await this.#deps.tokens.issue(session);
    const refreshExpiresInSec = Math.floor((expiresAt.getTime() - this.#deps.clock.now()) / 1000);
    return { accessToken: token, expiresInSec, refreshToken, refreshExpiresInSec };
  }

  #newRefreshToken(): string {
    return Buffer.from(this.#deps.random.bytes(refreshTokenBytes)).toString('base64url');
  }
}

function entryOf(admin: Admin, origin: Origin, what: { action: string; sessionId: string }): NewAuditEntry {
  const who = personActor({ ...admin, personId: admin.id });
  return { ...who, ...origin, action: what.action, resource: { type: 'session', id: what.sessionId }, changes: {} };
}
