import { tickMs } from './tick.js';

/** After a pause so much is gathered before it is heard, or for so many ticks: a socket's jitter. */
const gatherMs = 40;
const gatherTicks = gatherMs / tickMs;
/** More of it does not wait: the oldest is lost. */
const maxQueueMs = 180_000;
const maxMarks = 2_000;
/** A gap that is longer is a pause of the bot's own. */
const longestGapMs = 300;

type Entry = { kind: 'audio'; samples: Int16Array } | { kind: 'mark'; name: string };

/** The gaps that were heard in the middle of the bot's words. */
export interface Underruns {
  count: number;
  total_ms: number;
  longest_ms: number;
}

/**
 * What the bot says, played in order on the caller's clock as a telephone would hear it. A mark is told when all audio before it
 * has been played, and at once by a `clear`, which drops what waits.
 */
export class PlayoutLine {
  readonly #samplesPerMs: number;
  readonly #onMark: (name: string) => void;
  readonly #onUnderrun: (gapMs: number) => void;
  #entries: Entry[] = [];
  #marks = 0;
  #queued = 0;
  #isPlaying = false;
  #waitedTicks = 0;
  /** Marks whose audio is being played. */
  #reached: string[] = [];
  /** Samples of silence since the queue ran dry in the middle of something; undefined when it did not. */
  #drySamples: number | undefined;
  #deepest = 0;
  #cleared = 0;
  #lost = 0;
  #played = 0;
  readonly underruns: Underruns = { count: 0, total_ms: 0, longest_ms: 0 };

  constructor(options: { sampleRate: number; onMark: (name: string) => void; onUnderrun: (gapMs: number) => void }) {
    this.#samplesPerMs = options.sampleRate / 1000;
    this.#onMark = options.onMark;
    this.#onUnderrun = options.onUnderrun;
  }

  get queuedMs(): number {
    return this.#queued / this.#samplesPerMs;
  }

  /** Milliseconds. */
  get counts(): { deepest_queue_ms: number; cleared_ms: number; lost_ms: number; played_ms: number } {
    const ms = (samples: number) => Math.round(samples / this.#samplesPerMs);
    return {
      ...{ deepest_queue_ms: ms(this.#deepest), cleared_ms: ms(this.#cleared) },
      ...{ lost_ms: ms(this.#lost), played_ms: ms(this.#played) },
    };
  }

  /** False: there was no room, and the oldest has been lost. */
  push(samples: Int16Array): boolean {
    if (samples.length === 0) return true;
    if (this.#queued === 0) this.#waitedTicks = 0;
    this.#entries.push({ kind: 'audio', samples });
    this.#queued += samples.length;
    const excess = this.#queued - maxQueueMs * this.#samplesPerMs;
    if (excess > 0) this.#lost += this.#take(excess).length;
    this.#deepest = Math.max(this.#deepest, this.#queued);
    return excess <= 0;
  }

  mark(name: string): void {
    if (this.#marks >= maxMarks) return;
    this.#marks++;
    this.#entries.push({ kind: 'mark', name });
  }

  clear(): void {
    this.#cleared += this.#queued;
    for (const entry of this.#entries) if (entry.kind === 'mark') this.#reached.push(entry.name);
    this.#entries = [];
    this.#queued = 0;
    this.#pause();
    this.#tellReached();
  }

  /** The next 20 ms that the caller hears; silence where there is nothing. */
  next(): Int16Array {
    this.#tellReached();
    const frame = new Int16Array(this.#samplesPerMs * tickMs);
    const heard = this.#mayPlay() ? this.#take(frame.length) : [];
    frame.set(heard);
    this.#played += heard.length;
    const isWhole = this.#passMarks() && this.#queued === 0;
    this.#countGap(frame.length, heard.length);
    if (isWhole) this.#pause();
    return frame;
  }

  #mayPlay(): boolean {
    if (this.#queued === 0) return false;
    const isWhole = this.#entries.at(-1)?.kind === 'mark'; // The bot has said what it wanted to say.
    this.#isPlaying ||= isWhole || this.queuedMs >= gatherMs || this.#waitedTicks >= gatherTicks;
    this.#waitedTicks++;
    return this.#isPlaying;
  }

  /** Silence counts as a gap when the bot goes on soon, and neither a mark nor a clear said that it had ended. */
  #countGap(wanted: number, got: number): void {
    if (got > 0 && this.#drySamples !== undefined) {
      const gapMs = Math.round(this.#drySamples / this.#samplesPerMs);
      this.#drySamples = undefined;
      if (gapMs > 0 && gapMs <= longestGapMs) this.#tellGap(gapMs);
    }
    if (got === wanted) return;
    if (this.#isPlaying && got > 0) this.#drySamples = wanted - got;
    else if (this.#drySamples !== undefined) this.#drySamples += wanted - got;
    else if (this.#isPlaying) this.#drySamples = wanted;
    if (this.#queued === 0) this.#isPlaying = false;
  }

  #tellGap(gapMs: number): void {
    this.underruns.count++;
    this.underruns.total_ms += gapMs;
    this.underruns.longest_ms = Math.max(this.underruns.longest_ms, gapMs);
    this.#onUnderrun(gapMs);
  }

  #pause(): void {
    this.#isPlaying = false;
    this.#drySamples = undefined;
  }

  /** So many samples, or as many as there are; marks before and between them are reached. */
  #take(wanted: number): Int16Array {
    const taken = new Int16Array(Math.min(wanted, this.#queued));
    let filled = 0;
    let gone = 0;
    for (const entry of this.#entries) {
      if (filled === taken.length) break;
      if (entry.kind === 'mark') this.#reached.push(entry.name);
      else {
        const part = entry.samples.subarray(0, taken.length - filled);
        taken.set(part, filled);
        filled += part.length;
        entry.samples = entry.samples.subarray(part.length);
        if (entry.samples.length > 0) break;
      }
      gone++;
    }
    this.#entries.splice(0, gone);
    this.#queued -= filled;
    return taken;
  }

  /** Marks that have nothing before them any more. True when there were some. */
  #passMarks(): boolean {
    const before = this.#reached.length;
    for (let first = this.#entries[0]; first?.kind === 'mark'; first = this.#entries[0]) {
      this.#reached.push(first.name);
      this.#entries.shift();
    }
    return this.#reached.length > before;
  }

  #tellReached(): void {
    const reached = this.#reached;
    this.#reached = [];
    this.#marks -= reached.length;
    for (const name of reached) this.#onMark(name);
  }
}
