import type { Timer } from '@intermix/kernel';
import { type Attachment, type AttachmentContext, samplesPerFrame, ToneGenerator } from '@intermix/media';
import type { ToneOrder } from '../files/recording-spec.js';

/** The tone that recorders have given on telephone lines since the 1940s. */
const tone = { frequenciesHz: [1400], levelDbm0: -16 };
const toneMs = 200;

/**
 * Has a party hear that the call is recorded: 200 ms of 1400 Hz, at once and perhaps again and again. What the party would
 * have heard in these 200 ms it does not hear: the tone stands in its place.
 */
export class RecordingTone implements Attachment {
  readonly #order: ToneOrder;
  readonly #context: AttachmentContext;
  #timer: Timer | undefined;
  #endFeed: (() => void) | undefined;
  #isOver = false;

  constructor(order: ToneOrder, context: AttachmentContext) {
    this.#order = order;
    this.#context = context;
    this.#sound();
  }

  handle(): void {}

  close(): void {
    this.#over();
  }

  #sound(): void {
    const { audio, clock } = this.#context;
    const generator = new ToneGenerator(tone);
    let left = toneMs / 20;
    this.#endFeed = audio.feed({ next: () => (left-- > 0 ? generator.next(samplesPerFrame) : undefined) });
    this.#timer = clock.schedule(toneMs, () => {
      this.#endFeed?.();
      this.#endFeed = undefined;
      const { everySec } = this.#order;
      if (everySec === undefined) this.#over();
      else this.#timer = clock.schedule(everySec * 1000 - toneMs, () => this.#sound());
    });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#endFeed?.();
    this.#context.ended(null);
  }
}
