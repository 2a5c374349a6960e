import { type Clock, hex, type Random } from '@intermix/kernel';
import { encodeUtf8 } from '../message/text.js';
import { constantTimeEqual, HmacSha256 } from './digest-hashes.js';

// A nonce, in hex:  | time in ms (48 bits) | random (64) | HMAC-SHA-256 of time, random and realm, cut to 96 bits |
const TIME = 12;
const RANDOM = 16;
const MAC = 24;
/** A clock may have been set back a little between making and checking. */
const AHEAD_MS = 5_000;

/** Makes nonces that are checked without having been kept, so that a flood of unauthenticated requests costs no memory. */
export class NonceMint {
  readonly #hmac: HmacSha256;
  readonly #realm: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #validMs: number;

  constructor(deps: { secret: Uint8Array; realm: string; clock: Clock; random: Random; validMs: number }) {
    this.#hmac = new HmacSha256(deps.secret);
    this.#realm = deps.realm;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#validMs = deps.validMs;
  }

  issue(): string {
    const head = Math.floor(this.#clock.now()).toString(16).padStart(TIME, '0') + hex(this.#random.bytes(RANDOM / 2));
    return head + this.#mac(head);
  }

  /** The time of issue, or undefined when the nonce is not ours or too old. */
  issuedAt(nonce: string): number | undefined {
    if (nonce.length !== TIME + RANDOM + MAC) return undefined;
    const head = nonce.slice(0, TIME + RANDOM);
    if (!constantTimeEqual(this.#mac(head), nonce.slice(TIME + RANDOM))) return undefined;
    const issued = Number.parseInt(head.slice(0, TIME), 16);
    const age = this.#clock.now() - issued;
    return age > this.#validMs || age < -AHEAD_MS ? undefined : issued;
  }

  #mac(head: string): string {
    return this.#hmac.digestHex(encodeUtf8(`${head}:${this.#realm}`)).slice(0, MAC);
  }
}

interface NonceUse {
  issued: number;
  /** The highest `nc` seen; 0 before the first. */
  count: number;
  /** Responses without `nc` (RFC 2069), each good for once. */
  responses: Set<string> | undefined;
}

const MAX_RESPONSES = 32;

/** Remembers how far each nonce has been used. Only right answers get here, so strangers cannot fill it. */
export class NonceReplays {
  readonly #uses = new Map<string, NonceUse>();
  readonly #max: number;
  readonly #validMs: number;
  /** Nonces issued up to here may have been forgotten although still valid; they count as used up. */
  #forgottenUntil = Number.NEGATIVE_INFINITY;

  constructor(options: { max: number; validMs: number }) {
    this.#max = options.max;
    this.#validMs = options.validMs;
  }

  get size(): number {
    return this.#uses.size;
  }

  /** True when `nc` is above all seen before with this nonce; without `nc`, when the response is new. */
  accept(nonce: string, issued: number, nc: number | undefined, response: string, now: number): boolean {
    const use = this.#uses.get(nonce) ?? this.#remember(nonce, issued, now);
    if (!use) return false;
    if (nc !== undefined) {
      if (nc <= use.count) return false;
      use.count = nc;
      return true;
    }
    use.responses ??= new Set();
    if (use.responses.has(response) || use.responses.size >= MAX_RESPONSES) return false;
    use.responses.add(response);
    return true;
  }

  #remember(nonce: string, issued: number, now: number): NonceUse | undefined {
    if (issued <= this.#forgottenUntil) return undefined;
    this.#evict(now);
    const use: NonceUse = { issued, count: 0, responses: undefined };
    this.#uses.set(nonce, use);
    return use;
  }

  /** The map is in order of first use, so what is too old stands near its front. */
  #evict(now: number): void {
    for (const [nonce, use] of this.#uses) {
      const expired = now - use.issued > this.#validMs;
      if (!expired && this.#uses.size < this.#max) return;
      this.#uses.delete(nonce);
      if (!expired) this.#forgottenUntil = Math.max(this.#forgottenUntil, use.issued);
    }
  }
}
