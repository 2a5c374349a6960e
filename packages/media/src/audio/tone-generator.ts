import type { ToneSpec } from '../types.js';

/** Sample rate of everything in this folder. */
export const sampleRateHz = 8000;
/** Samples in a 20 ms frame. */
export const samplesPerFrame = 160;

/** A full-scale sine is +3.17 dBm0 in µ-law (G.711 table 2a); A-law differs by 0.03 dB, which nobody hears. */
const fullScaleDbm0 = 3.17;
const defaultLevelDbm0 = -13;

/** Makes a tone as 8 kHz linear PCM, frame after frame, with its cadence. Endless: whoever plays it stops asking. */
export class ToneGenerator {
  readonly #stepsRad: number[];
  readonly #amplitude: number;
  /** Positions in the period at which sound and silence change places; empty for a continuous tone. */
  readonly #turns: number[];
  #position = 0;

  constructor(tone: ToneSpec) {
    const { frequenciesHz, levelDbm0 = defaultLevelDbm0 } = tone;
    this.#stepsRad = frequenciesHz.map((hz) => (2 * Math.PI * hz) / sampleRateHz);
    this.#amplitude = 32_767 * 10 ** ((Math.min(levelDbm0, fullScaleDbm0) - fullScaleDbm0) / 20);
    let end = 0;
    this.#turns = cadenceOf(tone).map((ms) => {
      end += Math.round(ms * 8);
      return end;
    });
  }

  /** The next `length` samples; 20 ms unless told otherwise. */
  next(length: number = samplesPerFrame): Int16Array {
    const frame = new Int16Array(length);
    for (let i = 0; i < length; i++) frame[i] = this.#sampleAt(this.#position++);
    return frame;
  }

  #sampleAt(position: number): number {
    if (this.#isPause(position)) return 0;
    let sum = 0;
    for (const step of this.#stepsRad) sum += Math.sin(step * position);
    return Math.max(-32_768, Math.min(32_767, Math.round(sum * this.#amplitude)));
  }

  #isPause(position: number): boolean {
    const period = this.#turns.at(-1);
    if (!period) return false;
    return this.#turns.findIndex((turn) => position % period < turn) % 2 === 1;
  }
}

function cadenceOf({ cadenceMs, onMs, offMs = 0 }: ToneSpec): readonly number[] {
  if (cadenceMs) return cadenceMs;
  return onMs === undefined || offMs <= 0 ? [] : [onMs, offMs];
}
