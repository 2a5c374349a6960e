import { channelCount, type RecordingChannels } from '../files/recording-file.js';
import { wavHeader, wavMs } from '../files/wav-header.js';
import type { SampleEncoder } from './sample-encoder.js';

/** Linear PCM as it is. */
export class WavEncoder implements SampleEncoder {
  readonly #channels: 1 | 2;
  #bytes = 0;

  constructor(channels: RecordingChannels) {
    this.#channels = channelCount(channels);
  }

  head(): Uint8Array {
    return wavHeader(this.#channels, 0);
  }

  encode(pcm: Int16Array): Uint8Array {
    this.#bytes += pcm.byteLength;
    return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  }

  finish(): { tail: Uint8Array; head: Uint8Array; durationMs: number } {
    const head = wavHeader(this.#channels, this.#bytes);
    return { tail: new Uint8Array(0), head, durationMs: wavMs(this.#channels, this.#bytes) };
  }

  release(): void {}
}
