import { createRequire } from 'node:module';

/** Audio from one rate to another. Keeps its state from piece to piece, so that no seam is heard. */
export interface Resampler {
  /** The output that this input completes; it lags by three milliseconds. The result is the caller's own. */
  push(samples: Int16Array): Int16Array;
  /** Forgets what came before. */
  reset(): void;
  /** Gives its memory back. Nothing may be pushed afterwards. */
  close(): void;
}

/** The C functions of libspeexdsp, as the package has compiled them. Its own class never frees, and cuts long input short. */
interface SpeexModule {
  HEAP16: Int16Array;
  HEAP32: Int32Array;
  _malloc(octets: number): number;
  _free(pointer: number): void;
  _speex_resampler_init(channels: number, from: number, to: number, quality: number, error: number): number;
  _speex_resampler_destroy(state: number): void;
  _speex_resampler_process_interleaved_int(
    state: number,
    input: number,
    inputLength: number,
    output: number,
    outputLength: number,
  ): number;
}

/** 0 to 10; this one costs 20 µs for 20 ms, and lets nothing of telephone speech's band go. */
const quality = 3;
const pieceSamples = 1_024;
/** Room for three times a piece and its rounding. */
const outputSamples = pieceSamples * 3 + 64;

let speex: SpeexModule | undefined;

/** Resolves when resamplers can be made. */
export const resamplersReady: Promise<void> = load();

async function load(): Promise<void> {
  const loading = withoutListeners(() => createRequire(import.meta.url)('speex-resampler').default.initPromise);
  speex = await loading;
}

/**
 * The module's loader makes itself the judge of the process's errors, and prints to standard output. It does so at once: what
 * others add while it compiles is theirs.
 */
function withoutListeners<T>(action: () => T): T {
  const rejections = new Set(process.listeners('unhandledRejection'));
  const exceptions = new Set(process.listeners('uncaughtException'));
  const result = action();
  for (const listener of process.listeners('unhandledRejection'))
    if (!rejections.has(listener)) process.off('unhandledRejection', listener);
  for (const listener of process.listeners('uncaughtException'))
    if (!exceptions.has(listener)) process.off('uncaughtException', listener);
  return result;
}

/** Rates in hertz. Call after `resamplersReady`. */
export function createResampler(from: number, to: number): Resampler {
  if (from === to) return sameRate;
  if (!speex) throw new Error('resamplers are not ready');
  return new SpeexResampler(speex, from, to);
}

const sameRate: Resampler = {
  push: (samples) => samples,
  reset() {},
  close() {},
};

class SpeexResampler implements Resampler {
  readonly #speex: SpeexModule;
  readonly #from: number;
  readonly #to: number;
  /** One allocation: input, output, and the two lengths. */
  readonly #memory: number;
  #state: number;

  constructor(module: SpeexModule, from: number, to: number) {
    this.#speex = module;
    this.#from = from;
    this.#to = to;
    this.#memory = module._malloc((pieceSamples + outputSamples) * 2 + 12);
    this.#state = this.#init();
  }

  push(samples: Int16Array): Int16Array {
    const result = new Int16Array(Math.ceil((samples.length * this.#to) / this.#from) + 64);
    let taken = 0;
    let made = 0;
    while (taken < samples.length) {
      const piece = samples.subarray(taken, taken + pieceSamples);
      const { consumed, output } = this.#process(piece);
      if (consumed === 0 && output.length === 0) break; // Cannot be; an endless loop would be worse than a click.
      result.set(output, made);
      taken += consumed;
      made += output.length;
    }
    return result.subarray(0, made);
  }

  reset(): void {
    this.#speex._speex_resampler_destroy(this.#state);
    this.#state = this.#init();
  }

  close(): void {
    if (this.#state === 0) return;
    this.#speex._speex_resampler_destroy(this.#state);
    this.#speex._free(this.#memory);
    this.#state = 0;
  }

  #process(piece: Int16Array): { consumed: number; output: Int16Array } {
    const speex = this.#speex;
    const [input, output] = [this.#memory, this.#memory + pieceSamples * 2];
    const lengths = output + outputSamples * 2;
    speex.HEAP16.set(piece, input >> 1);
    speex.HEAP32[lengths >> 2] = piece.length;
    speex.HEAP32[(lengths >> 2) + 1] = outputSamples;
    speex._speex_resampler_process_interleaved_int(this.#state, input, lengths, output, lengths + 4);
    const made = speex.HEAP32[(lengths >> 2) + 1] ?? 0;
    return {
      consumed: speex.HEAP32[lengths >> 2] ?? 0,
      output: speex.HEAP16.subarray(output >> 1, (output >> 1) + made),
    };
  }

  #init(): number {
    const error = this.#memory + (pieceSamples + outputSamples) * 2;
    return this.#speex._speex_resampler_init(1, this.#from, this.#to, quality, error);
  }
}
