import type { Timer } from '@intermix/kernel';
import type { BotSession } from '../../session/bot.js';
import type { ProviderLink } from './provider-link.js';

/**
 * Of what waits to be heard; the session keeps twice as much. Providers make speech faster than it is heard, and by the same
 * connection say that the caller speaks, and ask whether we are there: no usual answer is so long that it is not read on.
 */
const mostMs = 300_000;
const goOnMs = 280_000;

/** Holds up a provider that is far ahead of the caller, by not reading what it sends. */
export class ReadAhead {
  readonly #session: BotSession;
  readonly #link: Pick<ProviderLink, 'hold'>;
  #timer: Timer | undefined;

  constructor(deps: { session: BotSession; link: Pick<ProviderLink, 'hold'> }) {
    this.#session = deps.session;
    this.#link = deps.link;
  }

  /** More is to be heard, or less. */
  changed(): void {
    const { queuedMs, clock } = this.#session;
    if (this.#timer === undefined) {
      if (queuedMs <= mostMs) return;
      this.#link.hold(true);
    } else {
      this.#timer.cancel();
      if (queuedMs <= goOnMs) {
        this.goOn();
        return;
      }
    }
    this.#timer = clock.schedule(Math.max(1, queuedMs - goOnMs), () => this.changed());
  }

  /** Reads on: all was dropped, or the connection is a new one. */
  goOn(): void {
    if (this.#timer === undefined) return;
    this.close();
    this.#link.hold(false);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
