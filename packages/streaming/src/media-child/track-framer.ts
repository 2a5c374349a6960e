import type { AudioFrame } from '@intermix/media';

/** Samples a millisecond of everything on the media side. */
export const samplesPerMs = 8;

/** What is late by no more is put behind a little silence: a network's jitter, a slow clock. What is later is lost. */
const maxLagSamples = 60 * samplesPerMs;
/** What lies further ahead of the clock has a new zero, since the source jumped; or is dropped, since the source is fast. */
const maxLeadSamples = 200 * samplesPerMs;
/** A source that has been too late for so long, and does not catch up, has a new zero, too: it stood still, or jumped back. */
const maxLateMs = 60;
/** How long a frame waits for its audio, beyond the lag that was seen. */
const graceMs = 30;

/** A stretch of a track, on the stream's clock. */
export interface TrackFrame {
  samples: Int16Array;
  /** Counted from 1. */
  number: number;
}

/**
 * Lays what arrives of one track on the stream's clock, and cuts it into frames of equal length: as soon as one is full, or
 * when its time is over, with silence in place of what did not come. So frames keep to the clock through loss, holds and
 * silent far ends, and a frame is never later than the packet that completes it.
 */
export class TrackFramer {
  #startMs: number;
  readonly #frameSamples: number;
  readonly #emit: (frame: TrackFrame) => void;
  /** What lies ahead of the last frame that was given out. */
  readonly #window: Int16Array;
  /** Place of the window's first sample on the stream's clock, and end of what was written, counted from there. */
  #begin = 0;
  #written = 0;
  #number = 0;
  #source: number | undefined;
  /** What turns a position of the source into a place on the clock. */
  #offset = 0;
  #lag = 0;
  /** Since when all that came was too late, and by how much the first of it. */
  #late: { sinceMs: number; samples: number } | undefined;
  #takenSamples = 0;
  #lateSamples = 0;

  constructor(options: { startMs: number; frameMs: number; emit: (frame: TrackFrame) => void }) {
    this.#startMs = options.startMs;
    this.#frameSamples = options.frameMs * samplesPerMs;
    this.#emit = options.emit;
    this.#window = new Int16Array(this.#frameSamples + 2 * maxLeadSamples);
  }

  /** When the frame that is being filled is given out, whatever has come. */
  get dueAtMs(): number {
    return this.#startMs + (this.#begin + this.#frameSamples + this.#lag) / samplesPerMs + graceMs;
  }

  /** Audio that came too late for its frame, and silence in place of what did not come. */
  get counts(): { lateMs: number; filledMs: number } {
    const filled = Math.max(0, this.#begin - this.#takenSamples);
    return { lateMs: Math.round(this.#lateSamples / samplesPerMs), filledMs: Math.round(filled / samplesPerMs) };
  }

  push(frame: AudioFrame): void {
    const place = this.#placeOf(frame);
    if (place === undefined) return;
    const { samples } = frame;
    const at = place - this.#begin;
    if (at + samples.length > this.#window.length) return void this.#lost(samples.length); // We were held up, or it is huge.
    this.#window.set(samples, at);
    this.#takenSamples += samples.length;
    this.#written = Math.max(this.#written, at + samples.length);
    while (this.#written >= this.#frameSamples) this.#give();
  }

  /** Gives out every frame whose time is over. */
  giveDue(nowMs: number): void {
    while (this.dueAtMs <= nowMs) this.#give();
  }

  /** The machine's clock was set by so much: it is not the stream that went on, or back. */
  moveClock(byMs: number): void {
    this.#startMs += byMs;
  }

  #give(): void {
    const samples = this.#window.slice(0, this.#frameSamples);
    this.#window.copyWithin(0, this.#frameSamples);
    this.#window.fill(0, this.#window.length - this.#frameSamples);
    this.#begin += this.#frameSamples;
    this.#written = Math.max(0, this.#written - this.#frameSamples);
    this.#emit({ samples, number: ++this.#number });
  }

  /** Undefined: it has no place. */
  #placeOf({ samples, position, source, atMs }: AudioFrame): number | undefined {
    if (samples.length === 0) return undefined;
    const now = Math.round((atMs - this.#startMs) * samplesPerMs) - samples.length;
    if (source !== this.#source || position + this.#offset - now > maxLeadSamples) this.#anchor(source, position, now);
    if (position + this.#offset - now > maxLeadSamples) return this.#lost(samples.length);
    const late = this.#begin - (position + this.#offset);
    if (late <= maxLagSamples) this.#late = undefined;
    if (late <= 0) return position + this.#offset;
    if (late <= maxLagSamples) {
      this.#lag = Math.min(maxLagSamples, this.#lag + late);
      this.#offset += late;
    } else if (this.#catchesUp(late, atMs)) return this.#lost(samples.length);
    else this.#anchor(source, position, now);
    return position + this.#offset;
  }

  /** Whether what is too late comes faster than it is spoken, as after a stall of the network; or it is too early to tell. */
  #catchesUp(late: number, atMs: number): boolean {
    this.#late ??= { sinceMs: atMs, samples: late };
    const elapsedMs = atMs - this.#late.sinceMs;
    return elapsedMs < maxLateMs || this.#late.samples - late > (elapsedMs * samplesPerMs) / 2;
  }

  #lost(length: number): undefined {
    this.#lateSamples += length;
  }

  #anchor(source: number | undefined, position: number, now: number): void {
    this.#source = source;
    this.#offset = Math.max(now, this.#begin) - position;
    this.#lag = 0;
    this.#late = undefined;
  }
}
