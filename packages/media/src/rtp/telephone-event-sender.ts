import { writeTelephoneEvent } from './telephone-event.js';

/** Time between two packets of an event. */
export const eventStepMs = 20;
const endPackets = 3;
const minDurationMs = 40;

export interface TelephoneEventPacket {
  payload: Buffer;
  /** Set on the first packet of the event only. */
  marker: boolean;
}

/**
 * The packets of one digit, RFC 4733 §2.5.1: one each 20 ms with growing duration, the last one sent three times.
 * All of them carry the RTP timestamp of the event's start; the caller holds it still and paces them.
 */
export class TelephoneEventSender {
  readonly #digit: string;
  readonly #ticksPerStep: number;
  readonly #steps: number;
  #sent = 0;

  constructor(options: { digit: string; durationMs: number; clockRateHz: number }) {
    this.#digit = options.digit;
    this.#ticksPerStep = (options.clockRateHz * eventStepMs) / 1000;
    const mostSteps = Math.floor(0xffff / this.#ticksPerStep); // Longer ones would need segments (§2.5.1.3).
    const wanted = Math.ceil(Math.max(minDurationMs, options.durationMs) / eventStepMs);
    this.#steps = Math.min(mostSteps, wanted);
  }

  /** How long the event lasts, its last packet included, in milliseconds. */
  get durationMs(): number {
    return this.#steps * eventStepMs;
  }

  /** The packet that is due now, or undefined when the digit has been sent. */
  next(): TelephoneEventPacket | undefined {
    if (this.#sent >= this.#steps + endPackets - 1) return undefined;
    const step = Math.min(++this.#sent, this.#steps);
    const payload = writeTelephoneEvent({
      digit: this.#digit,
      isEnd: step === this.#steps,
      volume: 10,
      durationTicks: step * this.#ticksPerStep,
    });
    return { payload, marker: this.#sent === 1 };
  }
}
