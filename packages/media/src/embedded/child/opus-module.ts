import { createRequire } from 'node:module';

/** The part that we use of opusscript's module: libopus, compiled to WebAssembly. */
export interface OpusModule {
  /** Replaced when the memory has grown, so never kept. */
  readonly HEAPU8: Uint8Array;
  readonly OpusScriptHandler: {
    new (sampleRateHz: number, channels: number, application: number): OpusHandler;
    destroy_handler(handler: OpusHandler): void;
  };
  _malloc(octets: number): number;
}

/** A coder and a decoder in one. Each octet of its samples stands in 16 bits of its own. */
export interface OpusHandler {
  /** Samples that were decoded, or a negative error. */
  _decode(input: number, length: number, output: number): number;
  /** Octets that were written, or a negative error. `length` is that of the samples, in octets. */
  _encode(input: number, length: number, output: number, frameSamples: number): number;
  _encoder_ctl(request: number, value: number): number;
}

interface Opus {
  module: OpusModule;
  /** One packet's place and one frame's, for all who code: it does not wait for anything. */
  packet: number;
  samples: number;
}

/** What a leg's audio is here, whatever Opus has: 8 kHz, mono. */
export const opusRateHz = 8000;
/** An RTP packet has less on any network that we know. */
export const maxOpusPacket = 1500;
/** What libopus writes at most for one packet by the module's own limit, 4 octets a sample. */
const samplesLength = 4 * 5760;
/** OPUS_APPLICATION_VOIP. */
const voip = 2048;

let loaded: Opus | undefined;

/**
 * Below opusscript's own class, which keeps views of the memory: they are lost when it grows, at about 190 decoders, and its
 * output lies at twice the address that was allocated for it.
 */
export function opus(): Opus {
  if (loaded) return loaded;
  const load = createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js') as () => OpusModule;
  const module = load();
  loaded = { module, packet: module._malloc(maxOpusPacket), samples: module._malloc(samplesLength) };
  return loaded;
}

/** To be destroyed by the module. */
export function newOpusHandler({ module }: Opus): OpusHandler {
  return new module.OpusScriptHandler(opusRateHz, 1, voip);
}
