import { createRequire } from 'node:module';

import type speexResampler = require('speex-resampler');

import { playedRateHz } from './wav-file.js';

type SpeexResampler = speexResampler.default;

// Loaded as CommonJS, which it is: how its default export looks to an `import` differs between Node and the test runner.
const { default: Speex } = createRequire(import.meta.url)('speex-resampler') as typeof speexResampler;

/** Speex's quality 8 of 10: 160 taps at the lower of the two rates, -100 dB beyond the band. */
const quality = 8;
const taps = 160;
/** Input that is taken at once, roughly: 100 ms. */
const blocksPerSecond = 10;

/**
 * Samples of any rate to 8 kHz, without delay: the filter's own is taken off at the front. Its library loses samples when a
 * chunk does not become a whole number of output samples, so that it is only given chunks that do.
 */
export class Resampler {
  readonly #speex: SpeexResampler | undefined;
  readonly #rateHz: number;
  readonly #chunk: Int16Array;
  #filled = 0;
  #taken = 0;
  /** Output samples of the filter's delay that are still to be dropped. */
  #toDrop: number;
  readonly #out: Int16Array[] = [];
  #made = 0;

  private constructor(rateHz: number) {
    this.#rateHz = rateHz;
    const step = rateHz / greatestCommonDivisor(rateHz, playedRateHz);
    this.#chunk = new Int16Array(step * Math.max(1, Math.round(rateHz / blocksPerSecond / step)));
    this.#speex = rateHz === playedRateHz ? undefined : new Speex(1, rateHz, playedRateHz, quality);
    this.#toDrop = Math.round((taps / 2) * Math.max(1, playedRateHz / rateHz));
  }

  /** `rateHz` is a whole number. */
  static async from(rateHz: number): Promise<Resampler> {
    await Speex.initPromise;
    return new Resampler(rateHz);
  }

  /** Output samples that what was pushed so far amounts to. */
  get samples(): number {
    return Math.round((this.#taken * playedRateHz) / this.#rateHz);
  }

  push(input: Int16Array): void {
    this.#taken += input.length;
    if (this.#speex === undefined) {
      this.#keep(input);
      return;
    }
    for (let offset = 0; offset < input.length; ) {
      const part = input.subarray(offset, offset + this.#chunk.length - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      offset += part.length;
      if (this.#filled === this.#chunk.length) this.#convert();
    }
  }

  /** All of it. Nothing may be pushed afterwards. */
  finish(): Int16Array {
    const wanted = this.samples;
    while (this.#speex !== undefined && this.#made < wanted) {
      this.#chunk.fill(0, this.#filled); // Silence behind the end pushes out what the filter still holds.
      this.#convert();
    }
    const all = new Int16Array(Math.max(wanted, this.#made));
    let offset = 0;
    for (const part of this.#out) {
      all.set(part, offset);
      offset += part.length;
    }
    return all.subarray(0, wanted);
  }

  #convert(): void {
    this.#filled = 0;
    const { buffer, byteOffset, byteLength } = this.#chunk;
    const bytes = this.#speex?.processChunk(Buffer.from(buffer, byteOffset, byteLength));
    if (bytes === undefined) return;
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const dropped = Math.min(this.#toDrop, samples.length);
    this.#toDrop -= dropped;
    this.#keep(samples.subarray(dropped));
  }

  #keep(samples: Int16Array): void {
    this.#out.push(samples);
    this.#made += samples.length;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
