import { createHmac } from 'node:crypto';
import { type Clock, hex, type Random } from '@intermix/kernel';
import type { SipUser, UserDirectory } from '../ports/directory.js';

/** A password of a user that is good until a moment, for a page that is not to know the lasting one. */
export interface SipSession {
  /** User name for the digest; the address of record stays the user's own. */
  authUsername: string;
  password: string;
  expiresAt: Date;
}

/** What the user name of a session says of it. */
export interface SessionName {
  sipUsername: string;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

export interface SipSessionsDeps {
  users: UserDirectory;
  /** Signs; kept over restarts, and the same on all nodes, it keeps sessions. */
  key: Uint8Array;
  clock: Clock;
  random: Random;
}

const shape = /^(.+)~([0-9a-z]{1,9})~[0-9a-f]{16}$/;

/**
 * Short-lived SIP passwords. They are signed and not kept: the user name carries the end, `asha~t1x9k2~<random>`, and the
 * password is a MAC over it. So there is no row to write, to share between nodes or to clean up, a stolen database holds
 * none of them, and they live through a restart. The user's lasting password goes into the MAC: who changes it, or
 * deletes the user, ends all sessions at once. What this cannot do is to end one session before its time.
 */
export class SipSessions {
  readonly #deps: SipSessionsDeps;

  constructor(deps: SipSessionsDeps) {
    this.#deps = deps;
  }

  /** Undefined when the user is not known, or not active. */
  async issue(user: Pick<SipUser, 'accountSid' | 'sipUsername'>, lifetimeSec: number): Promise<SipSession | undefined> {
    const { users, clock, random } = this.#deps;
    const account = await users.findSipAccount(user.accountSid, user.sipUsername);
    if (!account) return undefined;
    const expiresAtSec = Math.floor(clock.now() / 1000) + lifetimeSec;
    const authUsername = `${user.sipUsername}~${expiresAtSec.toString(36)}~${hex(random.bytes(8))}`;
    return {
      authUsername,
      password: this.passwordOf(user.accountSid, authUsername, account.credentials.password),
      expiresAt: new Date(expiresAtSec * 1000),
    };
  }

  /** Undefined for the name of a user. Says nothing of whether it is a session of ours: the digest does. */
  read(authUsername: string): SessionName | undefined {
    const [, sipUsername, end] = shape.exec(authUsername) ?? [];
    if (sipUsername === undefined || end === undefined) return undefined;
    return { sipUsername, expiresAtMs: Number.parseInt(end, 36) * 1000 };
  }

  isOver({ expiresAtMs }: SessionName): boolean {
    return expiresAtMs <= this.#deps.clock.now();
  }

  /** The password that belongs to the name, which may be anybody's words. */
  passwordOf(accountSid: string, authUsername: string, lastingPassword: string): string {
    const told = JSON.stringify([accountSid, authUsername, lastingPassword]);
    return createHmac('sha256', this.#deps.key).update(told).digest('base64url');
  }
}
