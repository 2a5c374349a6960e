import type { UaCore } from './core.js';
import { Alarm } from './core.js';

/**
 * Our 2xx to an INVITE, sent again and again until its ACK comes: at T1, doubling up to T2, for 64·T1 in all, over
 * reliable transports too, as the loss may be further on. RFC 3261 §13.3.1.4. This is the dialog's task, not the
 * transaction's.
 */
export class RepeatedAnswer {
  readonly cseq: number;
  readonly #core: UaCore;
  readonly #send: () => void;
  readonly #repeat: Alarm;
  readonly #deadline: Alarm;
  #intervalMs: number;

  constructor(core: UaCore, options: { cseq: number; send: () => void; giveUp: () => void }) {
    this.cseq = options.cseq;
    this.#core = core;
    this.#send = options.send;
    this.#repeat = new Alarm(core.clock);
    this.#deadline = new Alarm(core.clock);
    this.#intervalMs = core.timers.t1;
    this.#deadline.set(64 * core.timers.t1, () => {
      this.stop();
      options.giveUp();
    });
    this.#again();
  }

  /** The ACK has come, or nobody waits for it any more. */
  stop(): void {
    this.#repeat.clear();
    this.#deadline.clear();
  }

  #again(): void {
    this.#send();
    this.#repeat.set(this.#intervalMs, () => {
      this.#intervalMs = Math.min(this.#intervalMs * 2, this.#core.timers.t2);
      this.#again();
    });
  }
}
