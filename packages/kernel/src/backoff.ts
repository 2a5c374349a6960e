import type { Random } from './ids.js';

export interface BackoffOptions {
  /** Delay before the first retry, in milliseconds. */
  firstMs: number;
  /** No delay is longer than this. */
  maxMs: number;
  /** Growth per attempt; 2 unless told otherwise. */
  factor?: number;
  /** Share of the delay that is random, 0 to 1; 0.5 unless told otherwise, so that a herd spreads out. */
  jitter?: number;
}

/** Delay in milliseconds before retry number `attempt` (0 is the first): exponential, capped, jittered downwards. */
export function backoffDelayMs(attempt: number, options: BackoffOptions, random: Random): number {
  const { firstMs, maxMs, factor = 2, jitter = 0.5 } = options;
  const full = Math.min(maxMs, firstMs * factor ** attempt);
  return full * (1 - jitter * random.fraction());
}
