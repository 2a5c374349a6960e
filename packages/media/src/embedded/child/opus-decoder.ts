import { maxOpusPacket, newOpusHandler, opus } from './opus-module.js';

/** Decodes one Opus stream to 8 kHz mono, whatever rate and channels its packets have. RFC 6716. To be closed. */
export class OpusDecoder {
  readonly #opus = opus();
  readonly #handler = newOpusHandler(this.#opus);
  #closed = false;

  /** Undefined for a packet that is not Opus. */
  decode(payload: Uint8Array): Int16Array | undefined {
    if (this.#closed || payload.length === 0 || payload.length > maxOpusPacket) return undefined;
    const { module, packet, samples } = this.#opus;
    module.HEAPU8.set(payload, packet);
    const count = this.#handler._decode(packet, payload.length, samples);
    if (count <= 0) return undefined;
    return samplesIn(module.HEAPU8, samples, count);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opus.module.OpusScriptHandler.destroy_handler(this.#handler);
  }
}

function samplesIn(heap: Uint8Array, start: number, count: number): Int16Array {
  const samples = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const at = start + i * 4;
    samples[i] = (heap[at] as number) | ((heap[at + 2] as number) << 8);
  }
  return samples;
}
