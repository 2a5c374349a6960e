import type { Caller, CallerEnd, CallerView } from '../line/caller.js';
import type { ScriptStep } from '../script/bot-test-script.js';
import type { CallerSound } from '../script/script-sounds.js';
import { BargeInStep, DigitsStep, SilenceStep, SpeakingStep } from './speaking-steps.js';
import type { Doing, RunningStep } from './step.js';
import { Unheeded, WaitingStep } from './waiting-step.js';
import { type ExpectationResult, type Moments, type Watch, watchesOf } from './watches.js';

/** What became of a step. */
export interface StepResult {
  index: number;
  step: ScriptStep['step'];
  name: string | null;
  /** `skipped`: the call was over before. */
  result: 'passed' | 'failed' | 'skipped';
  /** Why it failed, when that was no expectation. */
  reason: string | null;
  began_ms: number | null;
  ended_ms: number | null;
  expectations: ExpectationResult[];
}

type SpokenStep = Exclude<ScriptStep, { step: 'hang_up' }>;

interface Current {
  running: RunningStep;
  watches: Watch[];
  moments: Moments;
  doing: Doing;
}

const ends: Record<CallerEnd, string> = {
  bot: 'The bot closed the call.',
  'time-limit': 'The longest time of the script is over.',
  tester: 'The call was broken off.',
};

/** A caller that follows a script, step by step. Behind the last one it hangs up. */
export class ScriptRun implements Caller {
  readonly #steps: readonly ScriptStep[];
  readonly #sounds: ReadonlyMap<ScriptStep, CallerSound>;
  readonly #unheeded = new Unheeded();
  readonly #results: StepResult[] = [];
  #current: Current | undefined;

  /** `sounds`: of each step that says something. */
  constructor(options: { steps: readonly ScriptStep[]; sounds: ReadonlyMap<ScriptStep, CallerSound> }) {
    this.#steps = options.steps;
    this.#sounds = options.sounds;
  }

  /** Of every step; those that never began are skipped. */
  get results(): StepResult[] {
    const skipped = this.#steps.slice(this.#results.length).map((step, index) => ({
      ...{ index: this.#results.length + index, step: step.step, name: step.name ?? null },
      ...{ result: 'skipped' as const, reason: null, began_ms: null, ended_ms: null, expectations: [] },
    }));
    return [...this.#results, ...skipped];
  }

  tick(view: CallerView): Int16Array | undefined {
    for (;;) {
      const step = this.#steps[this.#results.length];
      if (!step || step.step === 'hang_up') return this.#hangUp(step, view);
      this.#current ??= this.#begin(step, view);
      const said = this.#go(this.#current, view);
      if (!isOver(this.#current)) return said;
      this.#end(step, this.#current, view.nowMs);
      if (said && said.length > 0) return said; // The next step begins with the next tick.
    }
  }

  ended(by: CallerEnd, nowMs: number): void {
    const step = this.#steps[this.#results.length];
    if (!step) return;
    const isWanted = by === 'bot' && ((step.step === 'wait_for' && step.what === 'close') || step.step === 'hang_up');
    const { watches = [], moments = { beganMs: nowMs } } = this.#current ?? {};
    this.#end(step, { watches, moments, doing: isWanted ? 'done' : { failed: ends[by] } }, nowMs);
  }

  #begin(step: SpokenStep, view: CallerView): Current {
    return {
      running: this.#running(step),
      watches: watchesOf(step.expect, view.sampleRate),
      moments: { beganMs: view.nowMs },
      doing: 'going',
    };
  }

  #running(step: SpokenStep): RunningStep {
    const sound = this.#sounds.get(step) ?? { samples: new Int16Array(), audibleFromMs: 0, audibleUntilMs: 0 };
    switch (step.step) {
      case 'say':
      case 'tone':
        return new SpeakingStep(sound);
      case 'barge_in':
        return new BargeInStep(step, sound);
      case 'silence':
        return new SilenceStep(step);
      case 'dtmf':
        return new DigitsStep(step);
      case 'wait_for':
        return new WaitingStep(step, this.#unheeded);
    }
  }

  #go(current: Current, view: CallerView): Int16Array | undefined {
    let said: Int16Array | undefined;
    if (current.doing === 'going') ({ said, doing: current.doing } = current.running.tick(view, current.moments));
    for (const watch of current.watches) watch.tick(view, current.moments);
    return said;
  }

  #end(step: ScriptStep, { doing, watches, moments }: Omit<Current, 'running'>, nowMs: number): void {
    const expectations = watches.map((watch) => watch.finish());
    const reason = typeof doing === 'object' ? doing.failed : null;
    const passed = reason === null && expectations.every((one) => one.passed);
    this.#results.push({
      ...{ index: this.#results.length, step: step.step, name: step.name ?? null },
      ...{ result: passed ? 'passed' : 'failed', reason, expectations },
      ...{ began_ms: Math.round(moments.beganMs), ended_ms: Math.round(nowMs) },
    });
    this.#current = undefined;
  }

  #hangUp(step: ScriptStep | undefined, view: CallerView): undefined {
    if (step) this.#end(step, { watches: [], moments: { beganMs: view.nowMs }, doing: 'done' }, view.nowMs);
    view.hangUp();
  }
}

/** A step that failed by itself waits for nothing more. */
function isOver({ doing, watches }: Current): boolean {
  if (doing === 'going') return false;
  return doing !== 'done' || watches.every(({ state }) => state !== 'open');
}
