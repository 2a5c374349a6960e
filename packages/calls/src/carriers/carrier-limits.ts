import { type Clock, TokenBuckets } from '@intermix/kernel';
import type { Carrier } from '../ports/directory.js';

/** Permission to place one call through a carrier. `release` may be called twice. */
export type CarrierPermit = { ok: true; release(): void } | { ok: false; why: 'channels' | 'rate' };

/** Holds what a carrier sold us: calls at once, and calls per second with a burst. */
export class CarrierLimits {
  readonly #clock: Clock;
  readonly #inUse = new Map<string, number>();
  /** A bucket by carrier, made anew when its figures change. */
  readonly #rates = new Map<string, { key: string; buckets: TokenBuckets }>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** Calls now up through the carrier that we placed. */
  inUse(carrierId: string): number {
    return this.#inUse.get(carrierId) ?? 0;
  }

  acquire(carrier: Carrier): CarrierPermit {
    const used = this.inUse(carrier.id);
    if (used >= carrier.outboundChannels) return { ok: false, why: 'channels' };
    if (!this.#rateOf(carrier).take(carrier.id)) return { ok: false, why: 'rate' };
    this.#inUse.set(carrier.id, used + 1);
    return { ok: true, release: once(() => this.#release(carrier.id)) };
  }

  #release(id: string): void {
    const left = this.inUse(id) - 1;
    if (left > 0) this.#inUse.set(id, left);
    else this.#inUse.delete(id);
  }

  #rateOf(carrier: Carrier): TokenBuckets {
    const { outboundCps, outboundBurst } = carrier;
    const key = `${outboundCps}/${outboundBurst}`;
    const known = this.#rates.get(carrier.id);
    if (known?.key === key) return known.buckets;
    const refillMs = 1000 / Math.max(outboundCps, 0.01);
    const buckets = new TokenBuckets({ clock: this.#clock, burst: Math.max(1, outboundBurst), refillMs });
    this.#rates.set(carrier.id, { key, buckets });
    return buckets;
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
