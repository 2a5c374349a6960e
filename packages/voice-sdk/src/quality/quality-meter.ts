import type { Clock, Timer } from '@intermix/kernel';
import { type QualityWarning, QualityWarnings } from './quality-warnings.js';

/** Warnings look at each second, `quality` tells of five. */
const SAMPLE_INTERVAL_MS = 1_000;
const SAMPLES_PER_REPORT = 5;

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

/** The events of a call that come from here. */
export interface QualityListener {
  quality(quality: CallQuality): void;
  warning(warning: QualityWarning): void;
  cleared(warning: QualityWarning): void;
}

export interface QualityMeterDeps {
  connection: Pick<RTCPeerConnection, 'getStats' | 'getTransceivers'>;
  clock: Clock;
  listener: QualityListener;
}

/** What came from the far end since the call began. */
interface Counters {
  received: number;
  lost: number;
  bytes: number;
}

interface Reading extends Counters {
  jitterMs: number | undefined;
  roundTripMs: number | undefined;
}

/** Samples `getStats` while a call is up. */
export class QualityMeter {
  readonly #deps: QualityMeterDeps;
  readonly #warnings: QualityWarnings;
  #samples = 0;
  #sampled: Counters = { received: 0, lost: 0, bytes: 0 };
  #reported = this.#sampled;
  #silentMs = 0;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(deps: QualityMeterDeps) {
    this.#deps = deps;
    const { listener } = deps;
    this.#warnings = new QualityWarnings(
      (warning) => listener.warning(warning),
      (warning) => listener.cleared(warning),
    );
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    this.#timer = this.#deps.clock.schedule(SAMPLE_INTERVAL_MS, () => {
      this.#sample().catch(() => {}); // The connection closed while its figures were read.
      this.#plan();
    });
  }

  async #sample(): Promise<void> {
    const reading = readingOf(await this.#deps.connection.getStats());
    if (this.#stopped) return;
    this.#warn(reading);
    this.#sampled = reading;
    this.#samples += 1;
    if (reading.isThere && this.#samples >= SAMPLES_PER_REPORT) this.#report(reading);
  }

  /** A second without packets tells nothing of jitter and loss: the browser repeats the figures of the last packet. */
  #warn(reading: Reading): void {
    const { jitterMs, roundTripMs } = reading;
    const hasNews = reading.received !== this.#sampled.received || reading.lost > this.#sampled.lost;
    const isHeard = reading.bytes !== this.#sampled.bytes || !this.#isListening();
    this.#silentMs = isHeard ? 0 : this.#silentMs + SAMPLE_INTERVAL_MS;
    this.#warnings.add({
      jitter: hasNews ? jitterMs : undefined,
      rtt: roundTripMs,
      loss: hasNews ? lossPercent(this.#sampled, reading) : undefined,
      silence: this.#silentMs,
    });
  }

  #report(reading: Reading): void {
    const { jitterMs, roundTripMs } = reading;
    const figures = { jitterMs, roundTripMs, lossPercent: lossPercent(this.#reported, reading) };
    this.#samples = 0;
    this.#reported = reading;
    this.#deps.listener.quality({ ...figures, mos: meanOpinionScore(figures) });
  }

  /** False while one side holds the other so that nothing is sent to us: that silence is wanted. */
  #isListening(): boolean {
    const [transceiver] = this.#deps.connection.getTransceivers();
    return !/^(?:sendonly|inactive|stopped)$/.test(transceiver?.currentDirection ?? '');
  }
}

function readingOf(report: RTCStatsReport): Reading & { isThere: boolean } {
  const reading = { received: 0, lost: 0, bytes: 0, isThere: false };
  let [jitterMs, roundTripMs]: (number | undefined)[] = [];
  for (const stat of report.values()) {
    if (stat.type === 'inbound-rtp' && stat.kind === 'audio') {
      const { packetsReceived: received = 0, packetsLost = 0, bytesReceived: bytes = received, jitter } = stat;
      // Negative where packets came twice, RFC 3550 §6.4.1.
      Object.assign(reading, { received, lost: Math.max(0, packetsLost), bytes, isThere: true });
      jitterMs = inMs(jitter);
    }
    if (stat.type === 'candidate-pair' && stat.nominated) roundTripMs = inMs(stat.currentRoundTripTime) ?? roundTripMs;
  }
  return { ...reading, jitterMs, roundTripMs };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function lossPercent(before: Counters, now: Counters): number {
  const lost = Math.max(0, now.lost - before.lost);
  const total = lost + Math.max(0, now.received - before.received);
  return total === 0 ? 0 : (lost / total) * 100;
}

/** The usual short form of the E-model: delay and loss lower R, and R maps to a score. */
export function meanOpinionScore(q: Pick<CallQuality, 'jitterMs' | 'roundTripMs' | 'lossPercent'>): number {
  const delayMs = (q.roundTripMs ?? 0) / 2 + 2 * (q.jitterMs ?? 0) + 10;
  const delayImpairment = delayMs < 160 ? delayMs / 40 : (delayMs - 120) / 10;
  const r = Math.max(0, Math.min(93.2, 93.2 - delayImpairment - 2.5 * q.lossPercent));
  const mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return Math.round(Math.max(1, mos) * 100) / 100;
}
