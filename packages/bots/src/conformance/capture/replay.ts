import type { Clock, Random } from '@intermix/kernel';
import { sampleRateOf } from '@intermix/streaming';
import type { StreamNetwork } from '@intermix/streaming/media-child';
import { usualOrder, withCredentials } from '../line/call-order.js';
import type { Caller, CallerView } from '../line/caller.js';
import { CallerCall } from '../line/caller-call.js';
import { tickMs } from '../line/tick.js';
import type { BotTestReport } from '../report/bot-test-report.js';
import { makeReport } from '../report/make-report.js';
import { endOf, worldOf } from '../run-bot-test.js';
import type { CallAudio } from '../sound/two-channel-wav.js';
import { hidden } from './capture-file.js';
import { type CapturedCaller, readCapture } from './read-capture.js';

/** A bot may end the call itself a while after the caller has said all. */
const afterEndMs = 60_000;

export interface ReplayOptions {
  folder: string;
  url: string;
  credentials?: { user: string; password: string } | undefined;
  /** In place of those of the capture: what was hidden in it has to be given again. */
  customParameters?: Record<string, string> | undefined;
  audio?: CallAudio | undefined;
  signal?: AbortSignal | undefined;
  network?: StreamNetwork;
  clock?: Clock;
  random?: Random;
}

/** Says what a captured caller said, at the same times, to a bot. Rejects with BotTestError or StreamError. */
export async function replayCapture(options: ReplayOptions): Promise<BotTestReport> {
  const { folder, url, credentials, audio } = options;
  const captured = await readCapture(folder);
  const { sample_rate: rate, from, to, duration_ms: durationMs } = captured.capture;
  const order = {
    ...{ ...usualOrder, from, to, url: withCredentials(url, credentials), sampleRate: sampleRateOf(rate) },
    customParameters: parametersOf(captured, options.customParameters),
    timeLimitMs: Math.min(durationMs, 3_600_000) + afterEndMs,
  };
  const call = new CallerCall({ order, caller: new ReplayedCaller(captured), audio, ...worldOf(options) });
  return makeReport(await endOf(call, options.signal), { name: `Replay of ${folder}`, steps: [] });
}

function parametersOf({ capture }: CapturedCaller, given: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(capture.custom_parameters).filter(([, value]) => value !== hidden);
  return { ...Object.fromEntries(kept), ...given };
}

/** A caller that says again what was captured, and hangs up where the capture ends. */
class ReplayedCaller implements Caller {
  readonly #captured: CapturedCaller;
  #pressed = 0;

  constructor(captured: CapturedCaller) {
    this.#captured = captured;
  }

  tick(view: CallerView): Int16Array | undefined {
    const { samples, digits, capture } = this.#captured;
    for (let next = digits[this.#pressed]; next && next.atMs <= view.nowMs; next = digits[this.#pressed]) {
      view.pressDigit(next.digit, next.durationMs);
      this.#pressed++;
    }
    if (view.nowMs >= capture.duration_ms) view.hangUp();
    const at = (view.nowMs * view.sampleRate) / 1000;
    const said = samples.subarray(at, at + (tickMs * view.sampleRate) / 1000);
    return said.length === 0 ? undefined : said;
  }

  ended(): void {}
}
