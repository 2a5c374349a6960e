import type { Clock } from '@intermix/kernel';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { AdminSession, AdminSessions, Role } from './admin.js';
import { VerifiedTokens } from './verified-tokens.js';

const issuer = 'intermix';
/** Short: what a stolen token is good for. Whoever is signed in gets the next one by the refresh token. */
const lifetimeSec = 15 * 60;
/** For how long a token tells which client it is, expired or not. */
const recognisedForSec = 90 * 24 * 3600;

/** Who asks, as they are now: not as they were when their token was made. */
export interface AccessClaims {
  personId: string;
  email: string;
  role: Role;
  accountSid: string;
  sessionId: string;
}

/**
 * Makes and checks the JWTs of the administration API (HS256: `sub` is the e-mail address, `role`, `name`, `exp`). A token is
 * good for as long as its session is, and its person is active.
 */
export class AccessTokens {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #sessions: Pick<AdminSessions, 'find'>;
  readonly #verified = new VerifiedTokens<string>();

  constructor(deps: { key: Uint8Array; clock: Clock; sessions: Pick<AdminSessions, 'find'> }) {
    this.#key = deps.key;
    this.#clock = deps.clock;
    this.#sessions = deps.sessions;
  }

  async issue({ admin, sessionId }: AdminSession): Promise<{ token: string; expiresInSec: number }> {
    const nowSec = Math.floor(this.#clock.now() / 1000);
    const claims = { role: admin.role, name: admin.name, account_sid: admin.accountSid, sid: sessionId };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setSubject(admin.email)
      .setIssuedAt(nowSec)
      .setExpirationTime(nowSec + lifetimeSec)
      .sign(this.#key);
    return { token, expiresInSec: lifetimeSec };
  }

  /** Whose token it is; undefined for every text that is none of ours, expired, or of a session that has ended. */
  async verify(token: string): Promise<AccessClaims | undefined> {
    const sessionId = await this.#sessionOf(token);
    const session = sessionId === undefined ? undefined : await this.#sessions.find(sessionId);
    if (session === undefined) return undefined;
    const { id: personId, email, role, accountSid } = session.admin;
    return { personId, email, role, accountSid, sessionId: session.sessionId };
  }

  /** The client that a token was given to, expired or not; undefined when it was not given to this person. */
  async clientOf(token: string, email: string): Promise<string | undefined> {
    const payload = await this.#payloadOf(token, recognisedForSec);
    return payload?.sub?.toLowerCase() === email.toLowerCase() ? textOf(payload.sid) : undefined;
  }

  async #sessionOf(token: string): Promise<string | undefined> {
    const known = this.#verified.find(token, Math.floor(this.#clock.now() / 1000));
    if (known !== undefined) return known;
    const payload = await this.#payloadOf(token, 0);
    const sessionId = textOf(payload?.sid);
    if (sessionId !== undefined && payload?.exp !== undefined) this.#verified.keep(token, sessionId, payload.exp);
    return sessionId;
  }

  async #payloadOf(token: string, clockTolerance: number): Promise<JWTPayload | undefined> {
    try {
      const currentDate = new Date(this.#clock.now());
      const options = { issuer, algorithms: ['HS256'], currentDate, clockTolerance };
      return (await jwtVerify(token, this.#key, options)).payload;
    } catch {
      return undefined; // Not a token, forged, or expired: the caller answers 401 for all of them.
    }
  }
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined;
}
