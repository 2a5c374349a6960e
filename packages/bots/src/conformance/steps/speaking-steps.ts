import type { CallerView } from '../line/caller.js';
import { tickMs } from '../line/tick.js';
import type { StepOf } from '../script/bot-test-script.js';
import type { CallerSound } from '../script/script-sounds.js';
import { type RunningStep, SaidSound, type StepTick } from './step.js';
import type { Moments } from './watches.js';

const samplesOf20Ms = ({ sampleRate }: CallerView) => (sampleRate / 1000) * tickMs;

/** `say` and `tone`: the sound ends with its last audible frame, whatever silence the file has behind it. */
export class SpeakingStep implements RunningStep {
  readonly #sound: CallerSound;
  readonly #said: SaidSound;

  constructor(sound: CallerSound) {
    this.#sound = sound;
    this.#said = new SaidSound(sound.samples);
  }

  tick(view: CallerView, moments: Moments): StepTick {
    moments.spokeFromMs ??= view.nowMs + this.#sound.audibleFromMs;
    moments.spokeUntilMs ??= view.nowMs + this.#sound.audibleUntilMs;
    const said = this.#said.next(samplesOf20Ms(view));
    return { said, doing: this.#said.isSaid ? 'done' : 'going' };
  }
}

export class SilenceStep implements RunningStep {
  readonly #ms: number;

  constructor(step: StepOf<'silence'>) {
    this.#ms = step.ms;
  }

  tick({ nowMs }: CallerView, moments: Moments): StepTick {
    moments.spokeUntilMs ??= moments.beganMs;
    return { doing: nowMs - moments.beganMs >= this.#ms ? 'done' : 'going' };
  }
}

/** As long as a thumb rests on a key. */
const digitMs = 100;

export class DigitsStep implements RunningStep {
  readonly #step: StepOf<'dtmf'>;
  #pressed = 0;

  constructor(step: StepOf<'dtmf'>) {
    this.#step = step;
  }

  tick(view: CallerView, moments: Moments): StepTick {
    const { digits, every_ms: everyMs } = this.#step;
    const digit = digits[this.#pressed];
    moments.spokeFromMs ??= view.nowMs;
    if (digit !== undefined && view.nowMs >= moments.beganMs + this.#pressed * everyMs) {
      view.pressDigit(digit, digitMs);
      this.#pressed++;
    }
    if (this.#pressed < digits.length) return { doing: 'going' };
    moments.spokeUntilMs ??= view.nowMs;
    return { doing: 'done' };
  }
}

/** Waits until the bot speaks, speaks into it, and sees whether it yields. */
export class BargeInStep implements RunningStep {
  readonly #step: StepOf<'barge_in'>;
  readonly #sound: CallerSound;
  readonly #said: SaidSound;

  constructor(step: StepOf<'barge_in'>, sound: CallerSound) {
    this.#step = step;
    this.#sound = sound;
    this.#said = new SaidSound(sound.samples);
  }

  tick(view: CallerView, moments: Moments): StepTick {
    const { spokeFromMs } = moments;
    if (spokeFromMs === undefined && !this.#mayBegin(view)) return this.#wait(view, moments);
    moments.spokeFromMs ??= view.nowMs + this.#sound.audibleFromMs;
    moments.spokeUntilMs ??= view.nowMs + this.#sound.audibleUntilMs;
    const said = this.#said.next(samplesOf20Ms(view));
    return { said, doing: this.#said.isSaid ? this.#reaction(view, moments.spokeFromMs) : 'going' };
  }

  #mayBegin({ bot, nowMs }: CallerView): boolean {
    return bot.isAudible && bot.speakingSinceMs !== undefined && nowMs - bot.speakingSinceMs >= this.#step.after_ms;
  }

  #wait({ nowMs }: CallerView, { beganMs }: Moments): StepTick {
    const { within_ms: withinMs, after_ms: afterMs } = this.#step;
    if (nowMs - beganMs < withinMs) return { doing: 'going' };
    return { doing: { failed: `The bot did not speak for ${afterMs} ms within ${withinMs} ms.` } };
  }

  /** It yields by `clear`, or by having nothing more to say. */
  #reaction(view: CallerView, spokeFromMs: number): 'going' | 'done' {
    const { bot, nowMs } = view;
    const isCleared = bot.clears.some((ms) => ms >= spokeFromMs);
    if (isCleared || bot.speakingSinceMs === undefined || bot.speakingSinceMs > spokeFromMs) return 'done';
    if (nowMs - spokeFromMs < this.#step.reaction_ms) return 'going';
    view.found('barge-in-ignored', `no clear, and it still speaks ${this.#step.reaction_ms} ms after the caller began`);
    return 'done';
  }
}
