import { backoffDelayMs, type Clock, type Logger, type Random, type Timer } from '@intermix/kernel';
import type { Notice } from '../ports/notice.js';
import type { Outbox } from '../ports/outbox.js';
import type { AppContext } from './app-context.js';
import type { AppFacts } from './make-notice.js';

export interface LateNoticesDeps {
  context: AppContext;
  outbox: Outbox;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Told when something that is to be delivered has been committed. */
  onQueued(): void;
}

const maxWaiting = 10_000;
const givenUpAfterMs = 600_000;
const retries = { firstMs: 1_000, maxMs: 30_000 };
/** For a lookup that no call waits for. */
const patienceMs = 30_000;
/** How long a step waits until those before it are in the outbox: order is worth less than the call's record. */
const orderPatienceMs = 1_500;
const enqueuedAtOnce = 100;

/** Makes notices once more, now that it is known where they go. */
type Maker = (facts: AppFacts) => readonly Notice[];

interface Late {
  make: Maker;
  since: number;
}

/** What waits for the settings of one app, in order. */
interface Waiting {
  accountSid: string;
  appId: string;
  late: Late[];
  attempts: number;
  retry: Timer | undefined;
  trying: Promise<void> | undefined;
  enqueuing: Promise<void> | undefined;
}

/**
 * Notices whose app's settings could not be read in time: it is tried again here, for ten minutes, and their deliveries
 * follow. In memory: a process that dies takes them with it, and their events are in the feed only.
 */
export class LateNotices {
  readonly #deps: LateNoticesDeps;
  readonly #apps = new Map<string, Waiting>();
  #waiting = 0;
  #lost = 0;
  #isStopped = false;

  constructor(deps: LateNoticesDeps) {
    this.#deps = deps;
  }

  /** Steps of calls whose deliveries are not settled. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Steps that were given up: of those with a receiver, nobody has told it. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * The app's facts; undefined when they cannot be had now. What waits for them goes into the outbox first, so that
   * deliveries keep their order, unless that takes long. Never rejects.
   */
  async facts(accountSid: string, appId: string, patience?: number): Promise<AppFacts | undefined> {
    const facts = await this.#deps.context.facts(accountSid, appId, patience);
    const app = this.#apps.get(appId);
    if (facts && app) await this.#within(orderPatienceMs, this.#enqueue(app, facts));
    return facts;
  }

  /** To be called when the events are committed. `make` gives the same notices each time, with their deliveries. */
  add(accountSid: string, appId: string, make: Maker): void {
    if (this.#isStopped || this.#waiting >= maxWaiting) {
      this.#giveUp(appId, 1, this.#isStopped ? 'the server stops' : 'too many wait already');
      return;
    }
    this.#waiting += 1;
    const app = this.#apps.get(appId) ?? this.#newApp(accountSid, appId);
    app.late.push({ make, since: this.#deps.clock.now() });
  }

  /** A last try for all, for as long as given. Never rejects. */
  async stop(lastChanceMs: number): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const apps = [...this.#apps.values()];
    for (const app of apps) app.retry?.cancel();
    await this.#within(lastChanceMs, Promise.all(apps.map((app) => this.#try(app))));
    for (const app of apps) {
      const left = app.late;
      this.#remove(app, left);
      this.#giveUp(app.appId, left.length, 'the server stops');
    }
    this.#apps.clear();
  }

  #newApp(accountSid: string, appId: string): Waiting {
    const unknown = { attempts: 0, retry: undefined, trying: undefined, enqueuing: undefined };
    const app: Waiting = { accountSid, appId, late: [], ...unknown };
    this.#apps.set(appId, app);
    this.#retryLater(app);
    return app;
  }

  #retryLater(app: Waiting): void {
    const { clock, random } = this.#deps;
    const delayMs = backoffDelayMs(app.attempts, retries, random);
    app.attempts += 1;
    app.retry = clock.schedule(delayMs, () => {
      void this.#try(app).then(() => this.#tried(app));
    });
  }

  #try(app: Waiting): Promise<void> {
    app.trying ??= this.#tryOnce(app).finally(() => {
      app.trying = undefined;
    });
    return app.trying;
  }

  async #tryOnce(app: Waiting): Promise<void> {
    const facts = await this.#deps.context.facts(app.accountSid, app.appId, patienceMs);
    if (facts) await this.#enqueue(app, facts);
  }

  #tried(app: Waiting): void {
    if (this.#isStopped) return;
    const oldest = this.#deps.clock.now() - givenUpAfterMs;
    const expired = app.late.filter(({ since }) => since <= oldest);
    if (expired.length > 0) {
      this.#remove(app, expired);
      this.#giveUp(app.appId, expired.length, 'the settings of the app could not be read for ten minutes');
    }
    if (app.late.length > 0) this.#retryLater(app);
    else this.#apps.delete(app.appId);
  }

  /** Never rejects: what could not be written stays. */
  #enqueue(app: Waiting, facts: AppFacts): Promise<void> {
    app.enqueuing ??= this.#enqueueAll(app, facts)
      .catch((err) => this.#deps.logger.warn({ err, appId: app.appId }, 'late webhooks: not written; tried again'))
      .finally(() => {
        app.enqueuing = undefined;
      });
    return app.enqueuing;
  }

  async #enqueueAll(app: Waiting, facts: AppFacts): Promise<void> {
    const { outbox, onQueued } = this.#deps;
    while (app.late.length > 0) {
      const some = app.late.slice(0, enqueuedAtOnce);
      const told = some.flatMap(({ make }) => make(facts)).filter(({ delivery }) => delivery !== undefined);
      if (told.length > 0) {
        await outbox.enqueue(told);
        onQueued();
      }
      this.#remove(app, some);
    }
  }

  #remove(app: Waiting, gone: readonly Late[]): void {
    const before = app.late.length;
    const isGone = new Set(gone);
    app.late = app.late.filter((one) => !isGone.has(one));
    this.#waiting -= before - app.late.length;
  }

  #giveUp(appId: string, steps: number, why: string): void {
    if (steps === 0) return;
    this.#lost += steps;
    this.#deps.logger.error({ appId, steps, why }, 'webhooks given up: their events are in the feed only');
  }

  #within(limitMs: number, done: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.schedule(limitMs, resolve);
      void done.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
