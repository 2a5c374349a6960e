import type { AudioFrame, AudioSource, LegAudio } from '../../attachments/attachment.js';
import { samplesPerFrame } from '../../audio/tone-generator.js';
import { MediaError } from '../../errors.js';
import type { MediaEndpoint } from './media-endpoint.js';

/**
 * A leg's audio in the hands of one attachment: what that throws ends it and nothing else, and all that it subscribed ends
 * with it.
 */
export class AttachedAudio implements LegAudio {
  readonly #endpoint: MediaEndpoint;
  readonly #failed: (error: unknown) => void;
  readonly #ends = new Set<() => void>();
  #released = false;

  constructor(endpoint: MediaEndpoint, failed: (error: unknown) => void) {
    this.#endpoint = endpoint;
    this.#failed = failed;
  }

  get callId(): string {
    return this.#endpoint.key.callId;
  }

  get legId(): string {
    return this.#endpoint.key.legId;
  }

  onReceived(listener: (frame: AudioFrame) => void): () => void {
    return this.#keep(() => this.#endpoint.onReceived(this.#guarded(listener)));
  }

  onSent(listener: (frame: AudioFrame) => void): () => void {
    return this.#keep(() => this.#endpoint.onSent(this.#guarded(listener)));
  }

  onDigit(listener: (digit: { digit: string; durationMs: number }) => void): () => void {
    const told = this.#guarded(listener);
    return this.#keep(() => this.#endpoint.on('dtmf', (digit, durationMs) => told({ digit, durationMs })));
  }

  feed(source: AudioSource): () => void {
    return this.#keep(() => this.#endpoint.feed({ next: () => this.#nextOf(source) }));
  }

  feedPartner(source: AudioSource): () => void {
    return this.#keep(() => this.#endpoint.feedPartner({ next: () => this.#nextOf(source) }));
  }

  onJoined(listener: () => void): () => void {
    const told = this.#guarded(listener);
    return this.#keep(() => this.#endpoint.on('joined', () => told(undefined)));
  }

  get isHeld(): boolean {
    return this.#endpoint.isHeld;
  }

  /** Ends every subscription, those to come included. */
  release(): void {
    this.#released = true;
    for (const end of [...this.#ends]) end();
  }

  #keep(begin: () => () => void): () => void {
    if (this.#released) return () => {};
    const stop = begin();
    const end = () => {
      if (this.#ends.delete(end)) stop();
    };
    this.#ends.add(end);
    return end;
  }

  #guarded<T>(listener: (value: T) => void): (value: T) => void {
    return (value) => {
      if (this.#released) return;
      try {
        listener(value);
      } catch (error) {
        this.#failed(error);
      }
    };
  }

  #nextOf(source: AudioSource): Int16Array | undefined {
    try {
      const samples = source.next();
      if (samples === undefined || samples.length === samplesPerFrame) return samples;
      throw new MediaError('bad-argument', `a source gave ${samples.length} samples instead of ${samplesPerFrame}`);
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }
}
