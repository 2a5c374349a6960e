import { eventOfDigit, type TelephoneEventPacket, TelephoneEventSender } from '@intermix/media';
import { SimulatorError } from './errors.js';

/** Silence between two digits, frames of 20 ms. */
const gapFrames = 4;
/** What `,` waits, frames of 20 ms: half a second. */
const pauseFrames = 25;
const defaultDurationMs = 120;
const mostWaiting = 256;

interface Waiting {
  digit: string;
  durationMs: number;
  sent: () => void;
}

/** What the frame that is due now carries: an event packet, or nothing but a pause. */
export type DigitFrame = { kind: 'event'; packet: TelephoneEventPacket; first: boolean } | { kind: 'pause' };

/** Digits on their way out as telephone events, one after another, a packet each 20 ms. RFC 4733 §2.5. */
export class DigitQueue {
  #waiting: Waiting[] = [];
  #sender: TelephoneEventSender | undefined;
  #pause = 0;
  #isFirst = false;

  /** Queues `0-9 A-D * #` and `,`; resolves when the last has been sent. Rejects with SimulatorError `bad-script`. */
  push(digits: string, durationMs: number = defaultDurationMs): Promise<void> {
    if ([...digits].some((digit) => digit !== ',' && eventOfDigit(digit) === undefined)) {
      return Promise.reject(new SimulatorError('bad-script', `'${digits}' holds something other than 0-9 A-D * # ,`));
    }
    if (this.#waiting.length + digits.length > mostWaiting) {
      return Promise.reject(new SimulatorError('bad-script', `more than ${mostWaiting} digits are waiting`));
    }
    if (digits === '') return Promise.resolve();
    return new Promise((resolve) => {
      [...digits].forEach((digit, index) => {
        const isLast = index === digits.length - 1;
        this.#waiting.push({ digit, durationMs, sent: isLast ? resolve : () => undefined });
      });
    });
  }

  /** Gives what the frame that is due now must carry; undefined when no digit is under way and audio may flow. */
  next(): DigitFrame | undefined {
    if (this.#pause > 0) {
      this.#pause--;
      if (this.#pause === 0) this.#finish();
      return { kind: 'pause' };
    }
    if (!this.#sender && !this.#begin()) return undefined;
    if (!this.#sender) return this.next(); // A comma.
    const packet = this.#sender.next();
    if (packet) {
      const first = this.#isFirst;
      this.#isFirst = false;
      return { kind: 'event', packet, first };
    }
    this.#sender = undefined;
    this.#pause = gapFrames;
    return this.next();
  }

  /** Drops what has not been sent; who waits for it is told that it is over. */
  clear(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.sent();
    this.#sender = undefined;
    this.#pause = 0;
  }

  #begin(): boolean {
    const next = this.#waiting[0];
    if (!next) return false;
    if (next.digit === ',') {
      this.#pause = pauseFrames;
      return true;
    }
    this.#sender = new TelephoneEventSender({ digit: next.digit, durationMs: next.durationMs, clockRateHz: 8000 });
    this.#isFirst = true;
    return true;
  }

  #finish(): void {
    this.#waiting.shift()?.sent();
  }
}
