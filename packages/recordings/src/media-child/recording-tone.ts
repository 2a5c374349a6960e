import type { Timer } from '@intermix/kernel';
import {
  type Attachment,
  type AttachmentContext,
  type AudioSource,
  samplesPerFrame,
  ToneGenerator,
} from '@intermix/media';
import type { ToneOrder } from '../files/recording-spec.js';

/** The tone that recorders have given on telephone lines since the 1940s. */
const tone = { frequenciesHz: [1400], levelDbm0: -16 };
const toneMs = 200;

/**
 * Has both parties hear that the call is recorded: 200 ms of 1400 Hz, at once and perhaps again and again. Who is joined
 * with the party later hears it then. What they would have heard in these 200 ms they do not hear: the tone stands in its
 * place.
 */
export class RecordingTone implements Attachment {
  readonly #order: ToneOrder;
  readonly #context: AttachmentContext;
  readonly #stopListening: () => void;
  /** What sounds now, by the timer that will end it. */
  readonly #sounding = new Map<Timer, () => void>();
  #next: Timer | undefined;
  #isOver = false;

  constructor(order: ToneOrder, context: AttachmentContext) {
    this.#order = order;
    this.#context = context;
    const { audio } = context;
    this.#stopListening = audio.onJoined(() => this.#sound((source) => audio.feedPartner(source)));
    this.#soundToBoth();
  }

  handle(): void {}

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#next?.cancel();
    this.#stopListening();
    for (const [timer, end] of this.#sounding) {
      timer.cancel();
      end();
    }
    this.#sounding.clear();
    this.#context.ended(null);
  }

  #soundToBoth(): void {
    const { audio, clock } = this.#context;
    this.#sound((source) => audio.feed(source));
    this.#sound((source) => audio.feedPartner(source));
    const { everySec } = this.#order;
    if (everySec !== undefined) this.#next = clock.schedule(everySec * 1000, () => this.#soundToBoth());
  }

  #sound(feed: (source: AudioSource) => () => void): void {
    const generator = new ToneGenerator(tone);
    let left = toneMs / 20;
    const end = feed({ next: () => (left-- > 0 ? generator.next(samplesPerFrame) : undefined) });
    const timer = this.#context.clock.schedule(toneMs, () => {
      this.#sounding.delete(timer);
      end();
    });
    this.#sounding.set(timer, end);
  }
}
