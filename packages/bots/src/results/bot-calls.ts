import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { HostEvent, NeverStarted } from '../host/session-order.js';
import type { BotCallStore } from '../ports/bot-call-store.js';
import type { BotCallFacts } from '../session/bot.js';

/** How often a result is tried to be kept, and how long between. */
const attempts = 5;
const retryMs = 5_000;

export interface BotCallsDeps {
  store: Pick<BotCallStore, 'begin' | 'finish'>;
  clock: Clock;
  logger: Logger;
}

/** Keeps what becomes of bots' calls: a row when a call is known, its results when it is over. */
export class BotCalls {
  readonly #deps: BotCallsDeps;
  readonly #running = new Map<string, { facts: BotCallFacts; startedAtMs: number; written: Promise<void> }>();
  readonly #waits = new Set<{ timer: Timer; goOn: () => void }>();
  readonly #writing = new Set<Promise<void>>();
  /** Connections that never became a call, by why. */
  readonly neverStarted = new Map<NeverStarted, number>();
  /** Calls that are over, by who ended them. */
  readonly ended = new Map<string, number>();

  constructor(deps: BotCallsDeps) {
    this.#deps = deps;
  }

  readonly handleEvent = (event: Exclude<HostEvent, { type: 'log' }>): void => {
    const { clock, logger, store } = this.#deps;
    if (event.type === 'never-started') {
      count(this.neverStarted, event.why);
      logger.info({ sessionId: event.sessionId, why: event.why }, 'a connection to a bot came to nothing');
      return;
    }
    const at = new Date(clock.now());
    if (event.type === 'started') {
      const { facts, sessionId } = event;
      const written = this.#keep(sessionId, () => store.begin(facts, at));
      this.#running.set(sessionId, { facts, startedAtMs: clock.now(), written });
      logger.info({ sessionId, botId: facts.botId, callSid: facts.callSid }, "a bot's call began");
      return;
    }
    const running = this.#running.get(event.sessionId);
    if (running === undefined) return;
    this.#running.delete(event.sessionId);
    const { facts, startedAtMs, written } = running;
    const durationMs = event.report.durationMs || clock.now() - startedAtMs;
    const report = { ...event.report, durationMs };
    count(this.ended, report.disconnectedBy);
    const { disconnectedBy, detail } = report;
    logger.info(
      { sessionId: event.sessionId, botId: facts.botId, disconnectedBy, detail, durationMs },
      "a bot's call ended",
    );
    void written.then(() => this.#keep(event.sessionId, () => store.finish(facts, report, at)));
  };

  /** Resolves when everything that is known has been kept, or given up: no more attempts are made. */
  async stop(): Promise<void> {
    for (const { timer, goOn } of this.#waits) {
      timer.cancel();
      goOn();
    }
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  #keep(sessionId: string, write: () => Promise<void>): Promise<void> {
    const kept = this.#tryToKeep(sessionId, write).finally(() => this.#writing.delete(kept));
    this.#writing.add(kept);
    return kept;
  }

  async #tryToKeep(sessionId: string, write: () => Promise<void>): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        this.#deps.logger.error({ err: error, sessionId, attempt }, "a bot's call could not be kept");
        if (attempt < attempts) await this.#wait();
      }
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = { timer: this.#deps.clock.schedule(retryMs, () => goOn()), goOn: () => goOn() };
      const goOn = (): void => {
        this.#waits.delete(waiting);
        resolve();
      };
      this.#waits.add(waiting);
    });
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
