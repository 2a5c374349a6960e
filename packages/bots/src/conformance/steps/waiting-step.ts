import type { CallerView } from '../line/caller.js';
import type { StepOf } from '../script/bot-test-script.js';
import type { RunningStep, StepTick } from './step.js';
import type { Moments } from './watches.js';

/** Marks and clears that no earlier step has waited for: one that came a moment too early is not missed. */
export class Unheeded {
  #marks = 0;
  #clears = 0;

  /** Whether there is such a mark; it counts once, and those before it no more. */
  takeMark({ marks }: CallerView['bot'], name: string | undefined): boolean {
    const at = marks.findIndex((one, index) => index >= this.#marks && (name === undefined || one === name));
    if (at < 0) return false;
    this.#marks = at + 1;
    return true;
  }

  takeClear({ clears }: CallerView['bot']): boolean {
    if (clears.length <= this.#clears) return false;
    this.#clears = clears.length;
    return true;
  }
}

export class WaitingStep implements RunningStep {
  readonly #step: StepOf<'wait_for'>;
  readonly #unheeded: Unheeded;

  constructor(step: StepOf<'wait_for'>, unheeded: Unheeded) {
    this.#step = step;
    this.#unheeded = unheeded;
  }

  tick(view: CallerView, moments: Moments): StepTick {
    moments.spokeUntilMs ??= moments.beganMs;
    if (this.#isThere(view, moments.beganMs)) return { doing: 'done' };
    const { what, within_ms: withinMs } = this.#step;
    if (view.nowMs - moments.beganMs < withinMs) return { doing: 'going' };
    return { doing: { failed: `No ${what} within ${withinMs} ms.` } };
  }

  #isThere({ bot, nowMs }: CallerView, beganMs: number): boolean {
    switch (this.#step.what) {
      case 'audio':
        return bot.isAudible;
      case 'silence':
        return nowMs - Math.max(beganMs, bot.lastAudibleMs ?? 0) >= this.#step.quiet_ms;
      case 'mark':
        return this.#unheeded.takeMark(bot, this.#step.mark);
      case 'clear':
        return this.#unheeded.takeClear(bot);
      case 'close':
        return false; // The end of the call ends the step.
    }
  }
}
