/**
 * What a person hears as a bad connection: `jitter` and `rtt` in milliseconds, `loss` in percent of the far end's packets,
 * `silence` in milliseconds without a byte from the far end while it should be heard.
 */
export type QualityWarningName = 'jitter' | 'rtt' | 'loss' | 'silence';

export interface QualityWarning {
  name: QualityWarningName;
  /** The newest figure, in the unit of the name. */
  value: number;
  /** A figure above this (of `silence`: from this on) is bad. */
  threshold: number;
}

/** Figures of one second; a figure that tells nothing in this second is undefined. */
export type QualitySample = Record<QualityWarningName, number | undefined>;

/** ITU-T G.114 calls 400 ms of round trip the most that planning allows; the others are where a jitter buffer shows. */
const thresholds: Record<QualityWarningName, number> = { jitter: 30, rtt: 400, loss: 1, silence: 5_000 };
const names = Object.keys(thresholds) as QualityWarningName[];
const WINDOW = 5;
const BAD_OF_WINDOW = 3;

/**
 * Raises a warning when three of the last five samples are bad, and clears it after five good ones in a row: what hovers about
 * a threshold does not flicker. Silence is told by the first sample that has lasted five seconds.
 */
export class QualityWarnings {
  readonly #raise: (warning: QualityWarning) => void;
  readonly #clear: (warning: QualityWarning) => void;
  /** Whether the last samples were bad, oldest first. */
  readonly #windows: Record<QualityWarningName, boolean[]> = { jitter: [], rtt: [], loss: [], silence: [] };
  readonly #raised = new Set<QualityWarningName>();

  constructor(raise: (warning: QualityWarning) => void, clear: (warning: QualityWarning) => void) {
    this.#raise = raise;
    this.#clear = clear;
  }

  add(sample: QualitySample): void {
    for (const name of names) {
      const value = sample[name];
      if (value !== undefined) this.#judge(name, value);
    }
  }

  #judge(name: QualityWarningName, value: number): void {
    const threshold = thresholds[name];
    const isSilence = name === 'silence';
    const isBad = isSilence ? value >= threshold : value > threshold;
    const window = this.#windows[name];
    if (window.push(isBad) > WINDOW) window.shift();
    const bad = window.filter(Boolean).length;
    if (!this.#raised.has(name)) {
      if (bad < (isSilence ? 1 : BAD_OF_WINDOW)) return;
      this.#raised.add(name);
      this.#raise({ name, value, threshold });
    } else if (bad === 0) {
      this.#raised.delete(name);
      this.#clear({ name, value, threshold });
    }
  }
}
