import type { Clock } from '@intermix/kernel';

/** A bot that is made meanwhile has an id of its own, which nobody has asked for. */
const forgetMs = 5_000;
const maxKept = 2_000;

/** Ids that the database does not know, kept for a moment: who asks for one again and again costs no query. */
export class UnknownBots {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  has(botId: string): boolean {
    return (this.#untilMs.get(botId) ?? Number.NEGATIVE_INFINITY) > this.#clock.now();
  }

  /** One that is kept already stays no longer for it: the database is asked again in any case. */
  add(botId: string): void {
    if (this.has(botId)) return;
    this.#untilMs.delete(botId);
    this.#untilMs.set(botId, this.#clock.now() + forgetMs);
    if (this.#untilMs.size <= maxKept) return;
    const oldest = this.#untilMs.keys().next();
    if (!oldest.done) this.#untilMs.delete(oldest.value);
  }
}
