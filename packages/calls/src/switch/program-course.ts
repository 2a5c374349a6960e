import type { Timer } from '@intermix/kernel';
import type { CallProgram } from '../control/call-control.js';
import type { CallCourse, CallFrame } from './call-course.js';
import { type CallEnding, endedByProgram, programFailed, rungOut } from './call-ending.js';
import type { CalleeLeg } from './callee-leg.js';
import type { InfoDigit } from './dtmf-info.js';
import type { Leg, LegLoss } from './leg.js';
import { ProgramControl } from './program-control.js';

/** A program has the call: it decides what the calling party hears, and who else is rung. */
export class ProgramCourse implements CallCourse {
  readonly #program: CallProgram;
  readonly #frame: CallFrame;
  readonly #control: ProgramControl;
  /** A program may not leave a caller without an answer for longer than a telephone would ring. */
  #patience: Timer | undefined;

  constructor(program: CallProgram, frame: CallFrame) {
    this.#program = program;
    this.#frame = frame;
    this.#control = new ProgramControl(frame);
  }

  get legs(): readonly CalleeLeg[] {
    return this.#control.legs;
  }

  async start(): Promise<void> {
    const { calling, deps, plan } = this.#frame;
    if (calling.isRungFirst) await this.#control.begin();
    if (this.#frame.over) return;
    const patienceSec = plan.ringTimeoutSec ?? deps.config.ringTimeoutSec;
    this.#patience = deps.clock.schedule(patienceSec * 1000, () => {
      if (!this.#frame.isAnswered) this.#frame.finish(rungOut('callee'));
    });
    void this.#run();
  }

  handleLost(leg: CalleeLeg, loss: LegLoss): boolean {
    return this.#control.handleLost(leg, loss);
  }

  handleDigit(leg: Leg, digit: InfoDigit): void {
    this.#control.handleDigit(leg, digit);
  }

  rejoin(): void {
    this.#control.rejoin();
  }

  end(ending: CallEnding): void {
    this.#patience?.cancel();
    this.#control.end(ending);
  }

  async #run(): Promise<void> {
    try {
      await this.#program.run(this.#control);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!this.#frame.over) this.#frame.finish(endedByProgram('hangup', this.#frame.isAnswered));
  }

  /** What a program throws after its call has ended is how it returns. */
  #failed(error: unknown): void {
    if (this.#frame.over) return;
    this.#frame.logger.error({ err: error }, 'the program of a call failed');
    this.#frame.finish(programFailed());
  }
}
