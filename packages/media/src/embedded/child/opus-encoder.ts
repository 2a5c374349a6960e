import { newOpusHandler, opus } from './opus-module.js';

/** OPUS_SET_COMPLEXITY_REQUEST. */
const setComplexity = 4010;
/** Of 0 to 10: at 8 kHz nobody hears more, and a frame takes a third of the time. */
const complexity = 1;

/** Encodes 8 kHz mono as one Opus stream, so that a far end with Opus can be told something. RFC 6716. To be closed. */
export class OpusEncoder {
  readonly #opus = opus();
  readonly #handler = newOpusHandler(this.#opus);
  #closed = false;

  constructor() {
    this.#handler._encoder_ctl(setComplexity, complexity);
  }

  /** 20 ms. Undefined when it cannot be encoded. */
  encode(samples: Int16Array): Buffer | undefined {
    if (this.#closed) return undefined;
    const { module, packet, samples: place } = this.#opus;
    write(module.HEAPU8, place, samples);
    const length = this.#handler._encode(place, samples.length * 2, packet, samples.length);
    return length > 0 ? Buffer.from(module.HEAPU8.subarray(packet, packet + length)) : undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opus.module.OpusScriptHandler.destroy_handler(this.#handler);
  }
}

function write(heap: Uint8Array, start: number, samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) {
    const [at, value] = [start + i * 4, samples[i] as number];
    heap[at] = value & 0xff;
    heap[at + 1] = 0;
    heap[at + 2] = (value >> 8) & 0xff;
    heap[at + 3] = 0;
  }
}
