import type { BotSession } from '../../session/bot.js';

const maxItems = 100;

/** When the caller spoke, and how long the answers took. */
export class TurnTimes {
  readonly #session: BotSession;
  readonly #silenceMs: number;
  readonly #spokeAtMs = new Map<string, number>();
  #pausedAtMs: number | undefined;

  /** `silenceMs`: how long the provider waits before it takes a silence for the end of a turn. */
  constructor(session: BotSession, silenceMs: number) {
    this.#session = session;
    this.#silenceMs = silenceMs;
  }

  callerSpeaks(itemId: string): void {
    this.#pausedAtMs = undefined;
    if (this.#spokeAtMs.size >= maxItems) this.#spokeAtMs.delete(this.#spokeAtMs.keys().next().value ?? '');
    this.#spokeAtMs.set(itemId, this.#session.elapsedMs);
  }

  /** When the words of an item began: they are written down later. */
  spokeAtMs(itemId: string): number | undefined {
    const atMs = this.#spokeAtMs.get(itemId);
    this.#spokeAtMs.delete(itemId);
    return atMs;
  }

  /** The provider takes the turn for ended. */
  callerPaused(): void {
    this.#pausedAtMs = this.#session.elapsedMs;
  }

  /** Measured from the caller's last word (`reply`), and from when the provider knew that it was the last (`provider`). */
  firstAudio(): void {
    if (this.#pausedAtMs === undefined) return;
    const ms = this.#session.elapsedMs - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
    this.#session.measure('reply', ms + this.#silenceMs);
    this.#session.measure('provider', ms);
  }
}
