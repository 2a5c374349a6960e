import { parseTelephoneEvent } from './telephone-event.js';

/** An event whose end packets were all lost is taken as over when nothing of it came for this long. */
const lostEndMs = 200;

export interface PressedDigit {
  digit: string;
  durationMs: number;
}

interface Pending {
  digit: string;
  timestamp: number;
  durationTicks: number;
  clockRateHz: number;
  heardAtMs: number;
}

/** Turns the packets of telephone events into digits, each told once, at its end. RFC 4733 §2.5.2. */
export class TelephoneEventReceiver {
  #pending: Pending | undefined;
  #lastEnded: number | undefined;

  /**
   * Takes one event packet; gives the digits that are over by it (two when the end of the one before was lost).
   * Throws RtpParseError.
   */
  handle(packet: { payload: Buffer; timestamp: number; clockRateHz: number }, nowMs: number): PressedDigit[] {
    const event = parseTelephoneEvent(packet.payload);
    if (packet.timestamp === this.#lastEnded) return []; // A repeated end packet.
    const ended: PressedDigit[] = [];
    if (this.#pending && this.#pending.timestamp !== packet.timestamp) ended.push(this.#end(this.#pending));
    const durationTicks = Math.max(event.durationTicks, this.#pending?.durationTicks ?? 0);
    this.#pending = {
      digit: event.digit,
      timestamp: packet.timestamp,
      durationTicks,
      clockRateHz: packet.clockRateHz,
      heardAtMs: nowMs,
    };
    if (event.isEnd) ended.push(this.#end(this.#pending));
    return ended;
  }

  /** To be called now and then: ends an event whose end packets were lost. */
  poll(nowMs: number): PressedDigit | undefined {
    if (!this.#pending || nowMs - this.#pending.heardAtMs < lostEndMs) return undefined;
    return this.#end(this.#pending);
  }

  #end(event: Pending): PressedDigit {
    this.#lastEnded = event.timestamp;
    this.#pending = undefined;
    return { digit: event.digit, durationMs: Math.round((event.durationTicks * 1000) / event.clockRateHz) };
  }
}
