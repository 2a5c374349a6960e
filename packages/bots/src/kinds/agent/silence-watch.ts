import type { Clock, Timer } from '@intermix/kernel';

/** Minds that nobody says anything: asks a number of times, then gives up. */
export class SilenceWatch {
  readonly #deps: SilenceWatchDeps;
  #timer: Timer | undefined;
  #asked = 0;
  #isClosed = false;

  constructor(deps: SilenceWatchDeps) {
    this.#deps = deps;
  }

  /** Something happened: the silence, if there will be one, begins when all is heard. */
  restart(): void {
    this.#timer?.cancel();
    const { clock, afterMs, busyMs } = this.#deps;
    if (afterMs === 0 || this.#isClosed) return;
    this.#timer = clock.schedule(busyMs() + afterMs, () => this.#due());
  }

  /** The caller spoke: asking counts anew. */
  heardCaller(): void {
    this.#asked = 0;
    this.restart();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #due(): void {
    const { busyMs, times, silent, givenUp } = this.#deps;
    if (busyMs() > 0) {
      this.restart();
    } else if (this.#asked >= times) {
      this.close();
      givenUp();
    } else {
      this.#asked++;
      this.restart();
      silent(this.#asked);
    }
  }
}

export interface SilenceWatchDeps {
  clock: Clock;
  /** 0: silence is not minded. */
  afterMs: number;
  times: number;
  /** How long at least something goes on that is no silence; 0: nothing does. */
  busyMs: () => number;
  silent: (time: number) => void;
  givenUp: () => void;
}
