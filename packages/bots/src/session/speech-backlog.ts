/** Octets of a sample. */
const sampleOctets = 2;

/** What the sessions of a process may keep together of what their bots said ahead. Octets. */
export class BacklogSpace {
  #left: number;

  constructor(octets: number) {
    this.#left = octets;
  }

  take(octets: number): boolean {
    if (octets > this.#left) return false;
    this.#left -= octets;
    return true;
  }

  give(octets: number): void {
    this.#left += octets;
  }
}

/** The next of what was said: audio, or a mark behind it. */
export type BacklogItem = { audio: Int16Array } | { mark: string };

/** What a bot said that the far end is not to have yet, in its order. */
export class SpeechBacklog {
  readonly #space: BacklogSpace;
  readonly #mostSamples: number;
  #items: BacklogItem[] = [];
  /** Of `#items`, the first that was not taken. */
  #next = 0;
  #samples = 0;

  /** Holds `mostSamples` at the most, and no more than `space` has left. */
  constructor(deps: { space: BacklogSpace; mostSamples: number }) {
    this.#space = deps.space;
    this.#mostSamples = deps.mostSamples;
  }

  get isEmpty(): boolean {
    return this.#next >= this.#items.length;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Keeps its beginning as far as there is room. Gives how many samples that is. */
  add(audio: Int16Array): number {
    const kept = audio.subarray(0, Math.max(0, this.#mostSamples - this.#samples));
    if (kept.length === 0 || !this.#space.take(kept.length * sampleOctets)) return 0;
    this.#samples += kept.length;
    this.#items.push({ audio: kept });
    return kept.length;
  }

  addMark(mark: string): void {
    this.#items.push({ mark });
  }

  /** The next mark, or of the next audio so many samples at the most. */
  take(mostSamples: number): BacklogItem | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    if ('mark' in item || item.audio.length <= mostSamples) this.#forward();
    if ('mark' in item) return item;
    const audio = item.audio.subarray(0, mostSamples);
    item.audio = item.audio.subarray(audio.length);
    this.#free(audio.length);
    return { audio };
  }

  /** Forgets everything. Gives its marks. */
  drop(): string[] {
    const marks = this.#items.slice(this.#next).flatMap((item) => ('mark' in item ? [item.mark] : []));
    this.#items = [];
    this.#next = 0;
    this.#free(this.#samples);
    return marks;
  }

  /** In steps, for an array is slow to lose its first items one by one. */
  #forward(): void {
    this.#next += 1;
    if (this.#next < 256 && this.#next < this.#items.length) return;
    this.#items = this.#items.slice(this.#next);
    this.#next = 0;
  }

  #free(samples: number): void {
    this.#samples -= samples;
    this.#space.give(samples * sampleOctets);
  }
}
