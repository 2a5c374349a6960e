import type { Clock } from '@intermix/kernel';
import { jwtVerify, SignJWT } from 'jose';
import { type Role, roles } from './admin.js';

const issuer = 'intermix';
const lifetimeSec = 12 * 3600;

export interface AccessClaims {
  email: string;
  role: Role;
  accountSid: string;
}

/** Makes and checks the JWTs of the administration API (HS256: `sub` is the e-mail address, `role`, `name`, `exp`). */
export class AccessTokens {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(deps: { key: Uint8Array; clock: Clock }) {
    this.#key = deps.key;
    this.#clock = deps.clock;
  }

  async issue(claims: AccessClaims & { name: string }): Promise<{ token: string; expiresInSec: number }> {
    const nowSec = Math.floor(this.#clock.now() / 1000);
    const token = await new SignJWT({ role: claims.role, name: claims.name, account_sid: claims.accountSid })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setSubject(claims.email)
      .setIssuedAt(nowSec)
      .setExpirationTime(nowSec + lifetimeSec)
      .sign(this.#key);
    return { token, expiresInSec: lifetimeSec };
  }

  /** The claims of a token that is ours and in force; undefined for every other text. */
  async verify(token: string): Promise<AccessClaims | undefined> {
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, this.#key, { issuer, algorithms: ['HS256'], currentDate });
      const role = roles.find((known) => known === payload.role);
      if (role === undefined || payload.sub === undefined || typeof payload.account_sid !== 'string') return undefined;
      return { email: payload.sub, role, accountSid: payload.account_sid };
    } catch {
      return undefined; // Not a token, forged, or expired: the caller answers 401 for all of them.
    }
  }
}
