import { createHmac } from 'node:crypto';
import type { Clock } from '@intermix/kernel';

/** Written into the 200 to a browser's REGISTER. Not a standard header: clients that do not know it pass it over. */
export const iceServersHeader = 'X-Intermix-Ice-Servers';

/** The servers that browsers ask for their own address (STUN) and that carry media where UDP is blocked (TURN). */
export interface IceServersConfig {
  /** `stun:host:port`; our own, as a rule. */
  stunUrls: readonly string[];
  /** `turn:host:port?transport=udp`, `turns:host:port`. */
  turnUrls?: readonly string[];
  /** The secret that we share with the TURN server (coturn: `static-auth-secret`). */
  turnSecret?: string | undefined;
  /** How long a browser's TURN credentials are good, seconds. A call in progress outlives them: allocations stay. */
  turnLifetimeSec: number;
}

/** One entry of `RTCConfiguration.iceServers`. */
export interface IceServer {
  urls: readonly string[];
  username?: string;
  credential?: string;
}

/**
 * Tells each registered browser its ICE servers, in the form of RFC 9725 §4.6, one header for all:
 *
 *     <stun:203.0.113.5:3478>, <turn:turn.example:3478?transport=udp>;username="1767225600:asha@acme";credential="…"
 *
 * TURN credentials are made for the occasion and expire (the REST API for TURN, draft-uberti-behave-turn-rest): user name
 * `expiry:user`, password base64(HMAC-SHA1(secret, user name)). Every REGISTER brings fresh ones.
 */
export class IceServers {
  readonly #config: IceServersConfig;
  readonly #clock: Clock;

  constructor(config: IceServersConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** The same for a page's `RTCPeerConnection`, for whoever asks before it registers. Holds a secret: not for logs. */
  listFor(user: { accountSid: string; sipUsername: string }): IceServer[] {
    const { stunUrls, turnUrls = [], turnSecret } = this.#config;
    const stun = stunUrls.length > 0 ? [{ urls: stunUrls }] : [];
    if (!turnSecret || turnUrls.length === 0) return stun;
    return [...stun, { urls: turnUrls, ...this.#credentials(`${user.sipUsername}@${user.accountSid}`, turnSecret) }];
  }

  /** The header's value; undefined when there is no server to name. Holds a secret: not for logs. */
  headerFor(user: { accountSid: string; sipUsername: string }): string | undefined {
    const { stunUrls, turnUrls = [], turnSecret } = this.#config;
    const parts = stunUrls.map((url) => `<${url}>`);
    if (turnSecret) {
      const { username, credential } = this.#credentials(`${user.sipUsername}@${user.accountSid}`, turnSecret);
      parts.push(...turnUrls.map((url) => `<${url}>;username="${username}";credential="${credential}"`));
    }
    return parts.length > 0 ? parts.join(', ') : undefined;
  }

  #credentials(user: string, secret: string): { username: string; credential: string } {
    const expiry = Math.floor(this.#clock.now() / 1000) + this.#config.turnLifetimeSec;
    const username = `${expiry}:${user.replace(/["\\\s]/g, '_')}`;
    return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
  }
}
