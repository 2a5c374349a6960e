import type { Clock, Timer } from '@intermix/kernel';
import { octetsOf } from '@intermix/streaming';

/**
 * Exotel's stream protocol wants messages of a multiple of 320 octets, of 3,200 at least and 100,000 at most. Shorter ones
 * than we make would clear no faster: what was sent is dropped at the far end, whatever its pieces were.
 */
const stepSamples = 160;
const leastSamples = 1_600;
const mostSamples = 16_000;
/** So long what is less than the least, or no whole step, waits for more. */
const waitMs = 40;

/** Cuts what a bot says into messages as the protocol wants them, where it says enough at once. */
export class SpeechOutlet {
  readonly #clock: Clock;
  readonly #send: (audio: Buffer) => void;
  #rest: Int16Array = new Int16Array(0);
  #saidAtMs = 0;
  #timer: Timer | undefined;

  constructor(deps: { clock: Clock; send: (audio: Buffer) => void }) {
    this.#clock = deps.clock;
    this.#send = deps.send;
  }

  /** What waits for more. */
  get waitingSamples(): number {
    return this.#rest.length;
  }

  say(samples: Int16Array): void {
    this.#saidAtMs = this.#clock.now();
    this.#keep(joined(this.#rest, samples));
    if (this.#rest.length >= leastSamples) this.#sendWhole();
  }

  /** What waits for more goes now, filled up with silence. */
  flush(): void {
    const missing = (stepSamples - (this.#rest.length % stepSamples)) % stepSamples;
    if (missing > 0) this.#rest = joined(this.#rest, new Int16Array(missing));
    this.#sendWhole();
  }

  /** What waits for more is dropped. */
  drop(): void {
    this.#keep(new Int16Array(0));
  }

  /** Whole steps; a message behind others is never shorter than the least. */
  #sendWhole(): void {
    const all = this.#rest;
    const whole = all.length - (all.length % stepSamples);
    this.#keep(all.slice(whole)); // First: a far end that takes no more ends the session, and with it what waits.
    for (let at = 0; at < whole; ) {
      const left = whole - at;
      const size = left <= mostSamples ? left : Math.min(mostSamples, left - leastSamples);
      this.#send(octetsOf(all.subarray(at, at + size)));
      at += size;
    }
  }

  #keep(rest: Int16Array): void {
    this.#rest = rest;
    if (rest.length > 0) this.#timer ??= this.#clock.schedule(waitMs, () => this.#waited());
    else {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  /** While more comes, only whole steps go: silence within speech would be heard. */
  #waited(): void {
    this.#timer = undefined;
    if (this.#clock.now() - this.#saidAtMs >= waitMs) this.flush();
    else this.#sendWhole();
  }
}

function joined(first: Int16Array, second: Int16Array): Int16Array {
  if (first.length === 0) return second.slice();
  const all = new Int16Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
