import type { Clock } from '@intermix/kernel';
import { jwtVerify, SignJWT } from 'jose';
import { type Role, roles } from './admin.js';
import { VerifiedTokens } from './verified-tokens.js';

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
  readonly #verified = new VerifiedTokens<AccessClaims>();

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
    const nowMs = this.#clock.now();
    const known = this.#verified.find(token, Math.floor(nowMs / 1000));
    if (known !== undefined) return known;
    try {
      const options = { issuer, algorithms: ['HS256'], currentDate: new Date(nowMs) };
      const { payload } = await jwtVerify(token, this.#key, options);
      const role = roles.find((one) => one === payload.role);
      if (role === undefined || payload.sub === undefined || typeof payload.account_sid !== 'string') return undefined;
      const claims = { email: payload.sub, role, accountSid: payload.account_sid };
      if (payload.exp !== undefined) this.#verified.keep(token, claims, payload.exp);
      return claims;
    } catch {
      return undefined; // Not a token, forged, or expired: the caller answers 401 for all of them.
    }
  }
}
