import type { Timer } from '@intermix/kernel';
import {
  type Attachment,
  type AttachmentContext,
  type AttachmentFactory,
  type AudioFrame,
  MediaError,
} from '@intermix/media';
import type { SilenceResult, SilenceSpec } from '../run/silence-watch.js';

/** Mean square of what is taken for speech: -42 dBFS. A telephone line's noise lies below -50, a low voice above -35. */
const voicePower = 10 ** (-42 / 10);
const lookEveryMs = 100;

/** Listens until the far end has said nothing for a while; audio that does not come is silence too. */
export const silenceAttachment: AttachmentFactory = (spec, context) => new SilenceListener(silenceMsOf(spec), context);

class SilenceListener implements Attachment {
  readonly #context: AttachmentContext;
  readonly #silenceMs: number;
  readonly #unlisten: () => void;
  #lastVoiceMs: number;
  #timer: Timer | undefined;

  constructor(silenceMs: number, context: AttachmentContext) {
    this.#context = context;
    this.#silenceMs = silenceMs;
    this.#lastVoiceMs = context.clock.now();
    this.#unlisten = context.audio.onReceived((frame) => this.#hear(frame));
    this.#wait();
  }

  handle(): void {}

  close(): void {
    this.#end('closed');
  }

  #hear({ samples }: AudioFrame): void {
    let sum = 0;
    for (const sample of samples) sum += (sample / 32_768) ** 2;
    if (samples.length > 0 && sum / samples.length >= voicePower) this.#lastVoiceMs = this.#context.clock.now();
  }

  #wait(): void {
    this.#timer = this.#context.clock.schedule(lookEveryMs, () => {
      if (this.#context.clock.now() - this.#lastVoiceMs >= this.#silenceMs) this.#end('silence');
      else this.#wait();
    });
  }

  #end(endedBy: SilenceResult['endedBy']): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#unlisten();
    this.#context.ended({ endedBy } satisfies SilenceResult);
  }
}

function silenceMsOf(spec: unknown): number {
  const { silenceMs } = (spec ?? {}) as Partial<SilenceSpec>;
  if (typeof silenceMs !== 'number' || !(silenceMs >= 100 && silenceMs <= 3_600_000))
    throw new MediaError('bad-argument', 'silenceMs must be 100 to 3600000');
  return silenceMs;
}
