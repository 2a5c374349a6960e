import type { AudioSource } from '@intermix/media';
import { StandingDelay } from './standing-delay.js';
import { samplesPerMs } from './track-framer.js';

const frameSamples = 160;
/** After a pause of the bot so much is gathered before it is heard, or for so long: a socket's jitter. */
const startSamples = 40 * samplesPerMs;
const startMs = 40;
/** Nobody has taken a frame for so long: the party is on hold, and what the bot says meanwhile is not kept for later. */
const idleMs = 500;
/** What goes by between two ticks at most, should the machine's clock be set. */
const maxIdleMs = 2_000;
const maxMarks = 2_000;

type Entry = { kind: 'audio'; samples: Int16Array } | { kind: 'mark'; name: string };

/**
 * What a bot says, waiting to be heard: audio and marks in their order. A mark is answered when the frame before it has been
 * played, that is 20 ms after it was handed out. The queue is drained in real time, by the clock while the party is on hold,
 * and has an end: when it is full the oldest goes. Pauses of a bot that has fallen behind are shortened.
 */
export class PlayoutQueue implements AudioSource {
  readonly #now: () => number;
  readonly #maxSamples: number;
  readonly #onMark: (name: string) => void;
  readonly #delay: StandingDelay;
  #entries: Entry[] = [];
  #marks = 0;
  #queued = 0;
  #isPlaying = false;
  #waitingSinceMs = 0;
  #lastTakenMs: number;
  /** Marks whose audio went out in the frame that is on the wire now. */
  #reached: string[] = [];
  #played = 0;
  #dropped = 0;
  #cleared = 0;
  #deepest = 0;

  constructor(options: { now: () => number; maxMs: number; onMark: (name: string) => void }) {
    this.#now = options.now;
    this.#maxSamples = options.maxMs * samplesPerMs;
    this.#onMark = options.onMark;
    this.#lastTakenMs = options.now();
    this.#delay = new StandingDelay(options);
  }

  get queuedMs(): number {
    return this.#queued / samplesPerMs;
  }

  get playedMs(): number {
    return this.#played / samplesPerMs;
  }

  /** Dropped as the queue was full or nobody listened; dropped by `clear`; deepest that it was. Milliseconds. */
  get counts(): { droppedMs: number; clearedMs: number; deepestQueueMs: number } {
    const ms = (samples: number) => Math.round(samples / samplesPerMs);
    return { droppedMs: ms(this.#dropped), clearedMs: ms(this.#cleared), deepestQueueMs: ms(this.#deepest) };
  }

  /** Audio at 8 kHz, of any length. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    if (this.#queued === 0) this.#waitingSinceMs = this.#now();
    this.#entries.push({ kind: 'audio', samples });
    this.#queued += samples.length;
    this.#delay.received(samples.length);
    if (this.#queued > this.#maxSamples) this.#dropped += this.#discard(this.#queued - this.#maxSamples);
    this.#deepest = Math.max(this.#deepest, this.#queued);
  }

  /** False: there are too many already, and this one is not kept. */
  mark(name: string): boolean {
    if (this.#marks >= maxMarks) return false;
    this.#entries.push({ kind: 'mark', name });
    this.#marks++;
    return true;
  }

  /** Drops what has not been handed out, and answers its marks. */
  clear(): void {
    this.#cleared += this.#discard(this.#queued);
    this.#isPlaying = false;
    this.#passMarks();
    this.#answer();
  }

  next(): Int16Array | undefined {
    this.#lastTakenMs = this.#now();
    this.#passMarks();
    this.#answer();
    if (!this.#mayPlay()) return undefined;
    const frame = this.#takeInTime();
    this.#passMarks();
    if (!frame) {
      this.#isPlaying = false;
      this.#answer(); // Nothing stands before them.
    }
    return frame;
  }

  /** To be called about once a second: while nobody takes frames the bot's speech goes by unheard, as on a line. */
  tick(): void {
    const now = this.#now();
    const idle = Math.min(maxIdleMs, now - this.#lastTakenMs);
    if (idle >= 0 && idle < idleMs) return;
    this.#lastTakenMs = now;
    if (idle < 0) return;
    this.#dropped += this.#discard(Math.min(this.#queued, idle * samplesPerMs));
    this.#passMarks();
    this.#answer();
  }

  #mayPlay(): boolean {
    if (this.#isPlaying || this.#queued === 0) return true;
    const isWhole = this.#entries.at(-1)?.kind === 'mark'; // The bot has said what it wanted to say.
    const waitedMs = this.#now() - this.#waitingSinceMs;
    this.#isPlaying = isWhole || this.#queued >= startSamples || waitedMs >= startMs || waitedMs < 0; // Set back, that is.
    return this.#isPlaying;
  }

  /** The next 20 ms that are to be heard: see `StandingDelay`. */
  #takeInTime(): Int16Array | undefined {
    for (;;) {
      const playedBefore = this.#played;
      const frame = this.#take();
      if (!frame || !this.#delay.mayLeaveOut(frame, this.queuedMs)) return frame;
      this.#dropped += this.#played - playedBefore;
      this.#played = playedBefore;
    }
  }

  /** The next 20 ms, filled up with silence at the end of what there is. Undefined when there is nothing. */
  #take(): Int16Array | undefined {
    const [first] = this.#entries;
    if (first?.kind === 'audio' && first.samples.length >= frameSamples) {
      const frame = first.samples.subarray(0, frameSamples);
      this.#played += this.#discard(frameSamples);
      return frame;
    }
    if (this.#queued === 0) return undefined;
    const frame = new Int16Array(frameSamples);
    let filled = 0;
    for (const entry of this.#entries) {
      if (entry.kind === 'mark') continue;
      const part = entry.samples.subarray(0, frameSamples - filled);
      frame.set(part, filled);
      filled += part.length;
      if (filled === frameSamples) break;
    }
    this.#played += this.#discard(filled);
    return frame;
  }

  /** Lets go of the oldest samples; marks before them count as reached. Gives how many they were. */
  #discard(samples: number): number {
    let left = samples;
    let gone = 0;
    for (const entry of this.#entries) {
      if (left === 0) break;
      if (entry.kind === 'mark') this.#reached.push(entry.name);
      else if (entry.samples.length > left) {
        entry.samples = entry.samples.subarray(left);
        left = 0;
        break;
      } else left -= entry.samples.length;
      gone++;
    }
    if (gone > 0) this.#entries.splice(0, gone);
    this.#queued -= samples - left;
    return samples - left;
  }

  /** Marks that have nothing before them any more are reached. */
  #passMarks(): void {
    let gone = 0;
    for (const entry of this.#entries) {
      if (entry.kind !== 'mark') break;
      this.#reached.push(entry.name);
      gone++;
    }
    if (gone > 0) this.#entries.splice(0, gone);
  }

  #answer(): void {
    if (this.#reached.length === 0) return;
    const reached = this.#reached;
    this.#reached = [];
    this.#marks -= reached.length;
    for (const name of reached) this.#onMark(name);
  }
}
