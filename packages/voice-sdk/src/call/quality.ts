import type { Clock, Timer } from '@intermix/kernel';

const SAMPLE_INTERVAL_MS = 5_000;

/** How the call sounded in the last few seconds. A figure that the browser does not give is undefined. */
export interface CallQuality {
  /** Variation of the arrival times, milliseconds. Above 30 is heard. */
  jitterMs: number | undefined;
  /** Signalling-free round trip of the media path, milliseconds. Above 400 disturbs. */
  roundTripMs: number | undefined;
  /** Share of the far end's packets that did not arrive since the last sample, 0–100. */
  lossPercent: number;
  /** Estimated mean opinion score, 1 (bad) to 4.4 (as good as G.711 gets). Simplified E-model, ITU-T G.107. */
  mos: number;
}

interface Counters {
  received: number;
  lost: number;
}

/** Samples `getStats` while a call is up. */
export class QualityMeter {
  readonly #connection: RTCPeerConnection;
  readonly #clock: Clock;
  readonly #report: (quality: CallQuality) => void;
  #before: Counters = { received: 0, lost: 0 };
  #timer: Timer | undefined;
  #stopped = false;

  constructor(deps: { connection: RTCPeerConnection; clock: Clock; report: (quality: CallQuality) => void }) {
    this.#connection = deps.connection;
    this.#clock = deps.clock;
    this.#report = deps.report;
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    this.#timer = this.#clock.schedule(SAMPLE_INTERVAL_MS, () => {
      this.#sample().catch(() => {}); // The connection closed while its figures were read.
      this.#plan();
    });
  }

  async #sample(): Promise<void> {
    const report = await this.#connection.getStats();
    if (this.#stopped) return;
    let quality: CallQuality | undefined;
    let roundTripMs: number | undefined;
    for (const stat of report.values()) {
      if (stat.type === 'inbound-rtp' && stat.kind === 'audio') quality = this.#inbound(stat);
      if (stat.type === 'candidate-pair' && stat.nominated && stat.currentRoundTripTime !== undefined) {
        roundTripMs = stat.currentRoundTripTime * 1000;
      }
    }
    if (quality) this.#report({ ...quality, roundTripMs, mos: meanOpinionScore({ ...quality, roundTripMs }) });
  }

  #inbound(stat: { packetsReceived?: number; packetsLost?: number; jitter?: number }): CallQuality {
    const now = { received: stat.packetsReceived ?? 0, lost: Math.max(0, stat.packetsLost ?? 0) };
    const lost = Math.max(0, now.lost - this.#before.lost);
    const total = lost + Math.max(0, now.received - this.#before.received);
    this.#before = now;
    return {
      jitterMs: stat.jitter === undefined ? undefined : stat.jitter * 1000,
      roundTripMs: undefined,
      lossPercent: total === 0 ? 0 : (lost / total) * 100,
      mos: 0,
    };
  }
}

/** The usual short form of the E-model: delay and loss lower R, and R maps to a score. */
export function meanOpinionScore(q: Pick<CallQuality, 'jitterMs' | 'roundTripMs' | 'lossPercent'>): number {
  const delayMs = (q.roundTripMs ?? 0) / 2 + 2 * (q.jitterMs ?? 0) + 10;
  const delayImpairment = delayMs < 160 ? delayMs / 40 : (delayMs - 120) / 10;
  const r = Math.max(0, Math.min(93.2, 93.2 - delayImpairment - 2.5 * q.lossPercent));
  const mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return Math.round(Math.max(1, mos) * 100) / 100;
}
