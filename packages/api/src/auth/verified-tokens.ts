import { createHash } from 'node:crypto';

const maxEntries = 1_000;

interface Entry<Claims> {
  claims: Claims;
  /** Seconds since 1970; from then on the token is expired. */
  expiresAtSec: number;
}

/**
 * Tokens whose signature was checked before: a client sends the same one with each request. Bounded, the least recently
 * used goes first; kept by hash, so that no token lies in memory.
 */
export class VerifiedTokens<Claims> {
  readonly #entries = new Map<string, Entry<Claims>>();

  get size(): number {
    return this.#entries.size;
  }

  /** The claims of a token that is known and still in force. */
  find(token: string, nowSec: number): Claims | undefined {
    const key = hashOf(token);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (nowSec >= entry.expiresAtSec) return undefined;
    this.#entries.set(key, entry); // Set again: a Map keeps the order of insertion.
    return entry.claims;
  }

  keep(token: string, claims: Claims, expiresAtSec: number): void {
    this.#entries.set(hashOf(token), { claims, expiresAtSec });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > maxEntries && !oldest.done) this.#entries.delete(oldest.value);
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
