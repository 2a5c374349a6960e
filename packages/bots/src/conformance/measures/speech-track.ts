/** A pause that is shorter lies within one piece of speech. */
const longestPauseMs = 400;

export interface SpeechSegment {
  fromMs: number;
  untilMs: number;
}

/** When one side speaks: sound and silence, 20 ms at a time, as segments. */
export class SpeechTrack {
  readonly segments: SpeechSegment[] = [];
  #audibleMs = 0;
  #isOpen = false;

  get audibleMs(): number {
    return this.#audibleMs;
  }

  get lastAudibleMs(): number | undefined {
    return this.segments.at(-1)?.untilMs;
  }

  /** Since when it speaks; undefined when the last sound was longer ago than a pause. */
  speakingSinceMs(nowMs: number): number | undefined {
    const last = this.segments.at(-1);
    return last && this.#isOpen && nowMs - last.untilMs < longestPauseMs ? last.fromMs : undefined;
  }

  /** To be told each tick. */
  hear(isAudible: boolean, fromMs: number, lengthMs: number): void {
    if (!isAudible) return;
    this.#audibleMs += lengthMs;
    const last = this.segments.at(-1);
    if (last && this.#isOpen && fromMs - last.untilMs < longestPauseMs) last.untilMs = fromMs + lengthMs;
    else this.segments.push({ fromMs, untilMs: fromMs + lengthMs });
    this.#isOpen = true;
  }

  /** What comes next is another segment, however short the pause. */
  cut(): void {
    this.#isOpen = false;
  }
}
