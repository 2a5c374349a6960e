import type { Clock } from '@intermix/kernel';
import type { AudioFrame } from '../../attachments/attachment.js';
import { decodePcma, decodePcmu } from '../../audio/g711.js';
import { codecFacts } from '../../sdp/codecs.js';
import type { CodecName } from '../../types.js';
import { OpusDecoder } from './opus-decoder.js';
import { StreamPosition } from './stream-position.js';

/** One direction of a leg's audio for those who listen: decoded once for all of them, and not at all when there is nobody. */
export class AudioTap {
  readonly #clock: Clock;
  /** Never changed in place: a listener may end itself or others while it is told. */
  #listeners: readonly ((frame: AudioFrame) => void)[] = [];
  #position = new StreamPosition();
  #opus: OpusDecoder | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asked for each packet, before anything is done for a listener. */
  get isTapped(): boolean {
    return this.#listeners.length > 0;
  }

  /** The returned function ends it. Listeners must not throw. */
  listen(listener: (frame: AudioFrame) => void): () => void {
    const own = (frame: AudioFrame) => listener(frame);
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
      if (this.#listeners.length === 0) this.#release();
    };
  }

  /** A packet of the stream; one that cannot be decoded is left out, as if it were lost. */
  take(codec: CodecName, packet: { payload: Buffer; ssrc: number; timestamp: number }): void {
    const samples = this.#decode(codec, packet.payload);
    if (!samples || samples.length === 0) return;
    const atMs = this.#clock.now();
    const { position, source } = this.#position.place(packet, codecFacts[codec].clockRateHz, atMs);
    for (const listener of this.#listeners) listener({ samples, position, source, atMs });
  }

  /** The stream is held. */
  pause(): void {
    this.#position.pause();
  }

  close(): void {
    this.#listeners = [];
    this.#release();
  }

  #decode(codec: CodecName, payload: Buffer): Int16Array | undefined {
    if (codec === 'PCMU') return decodePcmu(payload);
    if (codec === 'PCMA') return decodePcma(payload);
    this.#opus ??= new OpusDecoder();
    return this.#opus.decode(payload);
  }

  /** Who listens later may have missed any time; positions are of no use to him. */
  #release(): void {
    this.#opus?.close();
    this.#opus = undefined;
    this.#position.pause();
  }
}
