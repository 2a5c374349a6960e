import type { Clock } from '@intermix/kernel';
import type { Findings } from '../findings.js';
import { Arrivals } from '../measures/arrivals.js';
import { Intake } from './intake.js';
import { type BotSaid, MessageCheck } from './message-check.js';

/** A bot may do what it likes with what it was told before; it cannot know yet that the caller has hung up. */
const stopGraceMs = 500;

/** Where the call stands when a message comes. */
export interface MessageMoment {
  atMs: number;
  isBinary: boolean;
  /** The sub-protocol of bare audio was chosen. */
  binaryAgreed: boolean;
  /** The bot has been told `start`. */
  isStarted: boolean;
  sampleRate: number;
  /** How long ago it was told `stop`; undefined when it was not. */
  stoppedForMs: number | undefined;
}

/** What a bot sends: held to the rules, counted, and kept within what anybody can take. */
export class BotMessages {
  readonly arrivals = new Arrivals();
  readonly #findings: Findings;
  readonly #check: MessageCheck;
  readonly #intake: Intake;

  constructor({ findings, streamSid, clock }: { findings: Findings; streamSid: string; clock: Clock }) {
    this.#findings = findings;
    this.#check = new MessageCheck(findings, streamSid);
    this.#intake = new Intake(clock);
  }

  /** Messages so far. */
  get count(): number {
    return this.#check.count;
  }

  /** What a message says, as far as it can be understood. */
  read(data: Buffer, moment: MessageMoment): BotSaid | undefined {
    const said = this.#check.read(data, moment);
    this.arrivals.octets += data.length;
    if (said?.event === 'mark') this.arrivals.marks++;
    if (said?.event === 'clear') this.arrivals.clears++;
    if (said?.event === 'media') this.#heard(said.samples.length / (moment.sampleRate / 1000), moment);
    return said;
  }

  /** Counts a message or a ping. False: it is more than anybody can take. */
  mayGoOn(octets: number, atMs: number): boolean {
    const verdict = this.#intake.take(octets);
    if (verdict === 'too-fast')
      this.#findings.add('flood', { at_ms: atMs, message: this.count, seen: this.#intake.seen });
    return verdict !== 'too-much';
  }

  #heard(durationMs: number, { atMs, stoppedForMs = 0 }: MessageMoment): void {
    this.arrivals.heard(atMs, durationMs);
    if (stoppedForMs <= stopGraceMs) return;
    const seen = `audio ${Math.round(stoppedForMs)} ms after stop`;
    this.#findings.add('audio-after-stop', { at_ms: atMs, message: this.count, seen });
  }
}
