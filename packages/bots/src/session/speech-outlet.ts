import type { Clock, Timer } from '@intermix/kernel';
import { octetsOf } from '@intermix/streaming';

/** Exotel's stream protocol wants messages of a multiple of 320 octets, 100,000 at most; smaller ones clear faster. */
const stepSamples = 160;
const mostSamples = 16_000;
/** So long a rest that is no whole step waits for more; then silence fills it up. */
const restMs = 40;

/** Cuts what a bot says into messages as the protocol wants them. */
export class SpeechOutlet {
  readonly #clock: Clock;
  readonly #send: (audio: Buffer) => void;
  #rest: Int16Array = new Int16Array(0);
  #timer: Timer | undefined;

  constructor(deps: { clock: Clock; send: (audio: Buffer) => void }) {
    this.#clock = deps.clock;
    this.#send = deps.send;
  }

  say(samples: Int16Array): void {
    const all = this.#rest.length === 0 ? samples : joined(this.#rest, samples);
    const whole = all.length - (all.length % stepSamples);
    for (let at = 0; at < whole; at += mostSamples)
      this.#send(octetsOf(all.subarray(at, Math.min(whole, at + mostSamples))));
    this.#keep(all.slice(whole));
  }

  /** What waits for more goes now. */
  flush(): void {
    this.#timer?.cancel();
    if (this.#rest.length === 0) return;
    const padded = joined(this.#rest, new Int16Array(stepSamples - this.#rest.length));
    this.#rest = new Int16Array(0);
    this.#send(octetsOf(padded));
  }

  /** What waits for more is dropped. */
  drop(): void {
    this.#keep(new Int16Array(0));
  }

  #keep(rest: Int16Array): void {
    this.#timer?.cancel();
    this.#rest = rest;
    if (rest.length > 0) this.#timer = this.#clock.schedule(restMs, () => this.flush());
  }
}

function joined(first: Int16Array, second: Int16Array): Int16Array {
  const all = new Int16Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
