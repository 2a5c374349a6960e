import type { AudioFrame } from '@intermix/media';
import { DelayFloor } from './delay-floor.js';

const samplesPerMs = 8;
/**
 * A new stream is listened to for so long before its place is decided: its first packets may be late ones, and what is placed too
 * late is set right by a higher pitch. The recorder's hold-back is longer.
 */
export const openingMs = 360;
/** More than two seconds, which a process that stood still may find at once. */
const maxOpeningFrames = 128;
/** After such a gap (hold, silence suppression, a break) nobody hears where the stream goes on: its place is decided anew. */
const gapMs = 400;
/** Samples by which a frame can only be early because the stream itself has jumped: delay has a least value. */
const jump = 100 * samplesPerMs;
/** Samples by which a stream may be off for as long as the floor remembers before it is set right at once. */
const far = 200 * samplesPerMs;
/** Below this the place is right: a millisecond. */
const near = samplesPerMs;
const soon = 10 * samplesPerMs;
const hurry = 20 * samplesPerMs;
/** Frames between two corrections while little is wrong: 625 ppm, more than any clock is off. */
const restFrames = 10;

/**
 * Places one party's frames on the call's clock. Within a stream frames follow each other by their RTP position, so that
 * jitter, loss and order on the wire do not show; where the stream stands on the clock follows the least delay of the last
 * seconds. A party's clock that runs fast or slow is followed by a sample more or less in a frame: nobody hears it.
 */
export class ChannelPlacer {
  readonly #startMs: number;
  readonly #write: (at: number, samples: Int16Array) => void;
  readonly #floor = new DelayFloor();
  #source: number | undefined;
  /** Place on the clock less position in the stream, in samples; undefined while it is being found. */
  #offset: number | undefined;
  #opening: AudioFrame[] = [];
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #rest = 0;

  /** `write` is given samples and their place, counted in samples from `startMs`. */
  constructor(startMs: number, write: (at: number, samples: Int16Array) => void) {
    this.#startMs = startMs;
    this.#write = write;
  }

  handle(frame: AudioFrame): void {
    if (frame.source !== this.#source || this.#hasLeft(frame)) this.#open(frame.source);
    this.#lastAtMs = Math.max(this.#lastAtMs, frame.atMs);
    if (this.#offset !== undefined) {
      this.#place(frame, this.#offset);
      return;
    }
    this.#opening.push(frame);
    if (this.#opening.length >= maxOpeningFrames) this.#anchor();
    else this.settle(frame.atMs);
  }

  /** Time has passed: a stream that said little is placed by what there is. */
  settle(nowMs: number): void {
    const first = this.#opening[0];
    if (first && nowMs - first.atMs >= openingMs) this.#anchor();
  }

  /** It is over: places what still waits. */
  finish(): void {
    if (this.#opening.length > 0) this.#anchor();
  }

  /** Delay of the frame, in samples, against the unknown zero of its stream. */
  #distance({ atMs, position }: AudioFrame): number {
    return (atMs - this.#startMs) * samplesPerMs - position;
  }

  #hasLeft(frame: AudioFrame): boolean {
    if (frame.atMs - this.#lastAtMs > gapMs) return true;
    if (this.#offset === undefined) return false;
    return this.#distance(frame) < this.#offset - jump || this.#floor.least > this.#offset + far;
  }

  #open(source: number): void {
    this.finish();
    this.#source = source;
    this.#offset = undefined;
    this.#floor.clear();
  }

  #anchor(): void {
    const frames = this.#opening;
    this.#opening = [];
    this.#offset = Math.round(Math.min(...frames.map((frame) => this.#distance(frame))));
    // All at once, before any is placed: the first may be a late one.
    for (const frame of frames) this.#floor.add(this.#distance(frame), frame.atMs);
    for (const frame of frames) this.#place(frame, this.#offset ?? 0);
  }

  #place(frame: AudioFrame, offset: number): void {
    this.#floor.add(this.#distance(frame), frame.atMs);
    const step = this.#step(this.#floor.least - offset);
    const { samples } = frame;
    this.#write(frame.position + offset, step === 0 ? samples : stretched(samples, samples.length + step));
    this.#offset = offset + step;
  }

  /** Samples to add to this frame, or to take from it: the pitch changes by half a percent, by two while far off. */
  #step(error: number): number {
    const size = Math.abs(error);
    this.#rest -= 1;
    if (size < near || (size < soon && this.#rest > 0)) return 0;
    this.#rest = restFrames;
    return Math.sign(error) * (size > hurry ? 4 : 1);
  }
}

/** The same sound in another number of samples, by straight lines between them. */
function stretched(samples: Int16Array, length: number): Int16Array {
  if (samples.length < 2 || length < 2) return samples;
  const out = new Int16Array(length);
  const pace = (samples.length - 1) / (length - 1);
  for (let i = 0; i < length; i++) {
    const at = i * pace;
    const before = Math.min(Math.floor(at), samples.length - 2);
    const [a = 0, b = 0] = [samples[before], samples[before + 1]];
    out[i] = Math.round(a + (b - a) * (at - before));
  }
  return out;
}
