import type { AudioFrame } from '@intermix/media';
import type { FakeClock } from '@intermix/testkit';

export interface TalkingPartyOptions {
  clock: FakeClock;
  /** How its clock runs against ours: 100 is 0.01 % fast. */
  ppm?: number;
  /** Most that a packet is late, ms; each is late by a share of that. */
  jitterMs?: number;
  /** By how much a packet is late besides, ms, by the moment of the call that it is of. */
  lateMs?(atMs: number): number;
  /** Share of packets that never come. */
  loss?: number;
  /** Moments of the call, ms since its beginning, whose packet comes whatever the loss. */
  spares?(atMs: number): boolean;
  /** Share of packets that come behind their successor. */
  swapped?: number;
  /** What it says at a moment of the call, in ms since its beginning: -1 … 1. Undefined: it sends nothing. */
  says(atMs: number): number | undefined;
  tell(frame: AudioFrame): void;
  seed?: number;
  position?: number;
  source?: number;
}

/**
 * A party whose device samples by a clock of its own and whose packets come over a network: what `says` tells of a true
 * moment is in the frames whatever happens to the packets.
 */
export class TalkingParty {
  readonly #options: TalkingPartyOptions;
  readonly #startMs: number;
  #random: number;
  #frames = 0;
  source: number;
  #shift: number;
  #isStopped = false;
  #held: AudioFrame | undefined;

  constructor(options: TalkingPartyOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    this.#random = options.seed ?? 1;
    this.source = options.source ?? 1;
    this.#shift = options.position ?? 4_000_000;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Another stream from now on: another SSRC with another unknown zero. */
  restart(source: number): void {
    this.source = source;
    this.#shift = source * 1_000_003;
  }

  /** Milliseconds of our clock that one of its samples takes. */
  get #sampleMs(): number {
    return 1 / (8 * (1 + (this.#options.ppm ?? 0) / 1e6));
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }

  #schedule(): void {
    const { clock } = this.#options;
    const due = this.#startMs + (this.#frames + 1) * 160 * this.#sampleMs;
    clock.schedule(due - clock.now(), () => {
      if (this.#isStopped) return;
      this.#speak();
      this.#frames += 1;
      this.#schedule();
    });
  }

  /** A frame goes out when its last sample has been taken. */
  #speak(): void {
    const { clock, says, jitterMs = 0, lateMs = () => 0, loss = 0, swapped = 0, spares = () => false } = this.#options;
    const first = this.#frames * 160;
    const samples = new Int16Array(160);
    let isSilent = false;
    for (let i = 0; i < 160; i++) {
      const value = says((first + i) * this.#sampleMs);
      if (value === undefined) isSilent = true;
      samples[i] = Math.round((value ?? 0) * 32_000);
    }
    const [lost, jitter, isSwapped] = [this.#next() < loss, this.#next() * jitterMs, this.#next() < swapped];
    const late = jitter + lateMs(first * this.#sampleMs);
    const isSpared = spares(first * this.#sampleMs) || spares((first + 159) * this.#sampleMs);
    if (isSilent || (lost && !isSpared)) return;
    const frame = { samples, position: this.#shift + first, source: this.source, atMs: 0 };
    if (isSwapped && !this.#held) {
      this.#held = frame;
      return;
    }
    const behind = this.#held;
    this.#held = undefined;
    clock.schedule(late, () => {
      const atMs = Math.floor(clock.now());
      this.#options.tell({ ...frame, atMs });
      if (behind) this.#options.tell({ ...behind, atMs });
    });
  }
}
