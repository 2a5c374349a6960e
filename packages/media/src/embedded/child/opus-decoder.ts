import { createRequire } from 'node:module';

/** The part that we use of opusscript's module: libopus, compiled to WebAssembly. */
interface OpusModule {
  /** Replaced when the memory has grown, so never kept. */
  readonly HEAPU8: Uint8Array;
  readonly OpusScriptHandler: {
    new (sampleRateHz: number, channels: number, application: number): OpusHandler;
    destroy_handler(handler: OpusHandler): void;
  };
  _malloc(octets: number): number;
}

interface OpusHandler {
  /** Samples that were decoded, or a negative error. Writes each octet of the samples into 16 bits of their own. */
  _decode(input: number, length: number, output: number): number;
}

interface Opus {
  module: OpusModule;
  /** One packet's place and one frame's, for all decoders: decoding does not wait for anything. */
  input: number;
  output: number;
}

const voip = 2048;
const sampleRateHz = 8000;
/** An RTP packet has less on any network that we know. */
const maxPacketLength = 1500;
/** What libopus writes at most for one packet by the module's own limit, 4 octets a sample. */
const outputLength = 4 * 5760;

let loaded: Opus | undefined;

/**
 * Below opusscript's own class, which keeps views of the memory: they are lost when it grows, at about 190 decoders, and its
 * output lies at twice the address that was allocated for it.
 */
function opus(): Opus {
  if (loaded) return loaded;
  const load = createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js') as () => OpusModule;
  const module = load();
  loaded = { module, input: module._malloc(maxPacketLength), output: module._malloc(outputLength) };
  return loaded;
}

/** Decodes one Opus stream to 8 kHz mono, whatever rate and channels its packets have. RFC 6716. To be closed. */
export class OpusDecoder {
  readonly #opus = opus();
  readonly #handler = new this.#opus.module.OpusScriptHandler(sampleRateHz, 1, voip);
  #closed = false;

  /** Undefined for a packet that is not Opus. */
  decode(payload: Uint8Array): Int16Array | undefined {
    if (this.#closed || payload.length === 0 || payload.length > maxPacketLength) return undefined;
    const { module, input, output } = this.#opus;
    module.HEAPU8.set(payload, input);
    const count = this.#handler._decode(input, payload.length, output);
    if (count <= 0) return undefined;
    return samplesIn(module.HEAPU8, output, count);
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
