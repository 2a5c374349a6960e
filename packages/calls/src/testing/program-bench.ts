import type { CallControl, CallProgram } from '../control/call-control.js';
import type { SwitchboardConfig } from '../switch/create-switchboard.js';
import { Bench } from './bench.js';
import type { FakeMediaLeg } from './fake-media-engine.js';
import type { CallOptions, Phone, Placed } from './phone.js';
import { dialIn, number } from './two-users.js';

/** A program whose steps a test takes: it runs until the test lets it end. */
export class HeldProgram implements CallProgram {
  readonly appId: string | undefined;
  control!: CallControl;
  runs = 0;
  /** Lets `run` return. */
  finish!: () => void;
  /** Lets `run` reject. */
  fail!: (error: unknown) => void;

  constructor(appId?: string) {
    this.appId = appId;
  }

  run(control: CallControl): Promise<void> {
    this.control = control;
    this.runs++;
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }
}

/** Alice and Bob, a carrier, and a number that goes to a flow. */
export class ProgramBench {
  private constructor(
    readonly bench: Bench,
    readonly carrier: Phone,
    readonly program: HeldProgram,
  ) {}

  static async open(config: Partial<SwitchboardConfig> = {}, carrier = {}): Promise<ProgramBench> {
    const bench = new Bench(config);
    bench.directory.addUser('alice');
    bench.directory.addUser('bob');
    bench.directory.addCarrier(carrier);
    bench.directory.addDid(number, [], { target: { type: 'flow', flowId: 'flow_1' } });
    const program = new HeldProgram();
    bench.flows.set('flow_1', program);
    await bench.start();
    return new ProgramBench(bench, await bench.carrier(), program);
  }

  /** A customer dials the number; the program has the call, and has not answered. */
  async dialled(options: CallOptions = {}): Promise<Placed> {
    const placed = dialIn(this.carrier, options);
    await this.bench.run();
    return placed;
  }

  /** The same, answered. */
  async answered(options: CallOptions = {}): Promise<Placed> {
    const placed = await this.dialled(options);
    await this.bench.settled(this.program.control.answer());
    return placed;
  }

  get control(): CallControl {
    return this.program.control;
  }

  /** The calling party's audio. */
  get media(): FakeMediaLeg {
    return this.bench.engine.legs[0]!;
  }

  /** What a promise of the program's brought: its value, or the problem of its CallError. */
  async outcome(promise: Promise<unknown>): Promise<unknown> {
    return this.bench.settled(promise.catch((error: { problem?: string }) => error.problem ?? error));
  }
}
