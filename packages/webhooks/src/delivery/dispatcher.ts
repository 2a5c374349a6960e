import { setMaxListeners } from 'node:events';
import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import type { OutboundClient } from '@intermix/outbound';
import {
  type AttemptOutcome,
  type AttemptResult,
  type ClaimedDelivery,
  laneKey,
  type Outbox,
} from '../ports/outbox.js';
import type { SigningSecrets } from '../ports/signing-secrets.js';
import { attempt } from './attempt.js';
import { type DispatcherConfig, defaultDispatcherConfig } from './dispatcher-config.js';
import { LaneLimits } from './lane-limits.js';
import { WakeTimes } from './wake-times.js';

export interface DispatcherDeps {
  outbox: Outbox;
  client: Pick<OutboundClient, 'post'>;
  secrets: SigningSecrets;
  clock: Clock;
  logger: Logger;
  userAgent: string;
  config?: Partial<DispatcherConfig>;
}

export interface DispatcherEvents {
  /** An attempt was made and logged. `lateMs`: how long it had been due when it was taken. */
  attempted: [
    attempt: { result: 'delivered' | 'failed' | 'dropped'; latencyMs: number; lateMs: number; isFirst: boolean },
  ];
}

/**
 * Delivers what is due: takes rows, posts them, writes how it went. The outbox keeps the order and the times; here is who
 * may be posted to at once.
 *
 *   wake ──► claim rows of lanes that have room ──► post ──► finish ──► wake
 */
export class Dispatcher extends TypedEmitter<DispatcherEvents> {
  readonly #deps: DispatcherDeps;
  readonly #config: DispatcherConfig;
  readonly #lanes: LaneLimits;
  readonly #times: WakeTimes;
  readonly #running = new Set<Promise<void>>();
  readonly #aborter = new AbortController();
  #unsent: ClaimedDelivery[] = [];
  #poll: Timer | undefined;
  #claiming: Promise<void> | undefined;
  #again = false;
  #state: 'idle' | 'started' | 'stopped' = 'idle';

  constructor(deps: DispatcherDeps) {
    super();
    this.#deps = deps;
    this.#config = { ...defaultDispatcherConfig, ...deps.config };
    this.#lanes = new LaneLimits(this.#config);
    setMaxListeners(0, this.#aborter.signal); // Each attempt listens: as many as may run.
    this.#times = new WakeTimes({ clock: deps.clock, wake: () => this.wake() });
  }

  /** Attempts under way. */
  get running(): number {
    return this.#lanes.running;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'started';
    this.#pollSoon();
    this.wake();
  }

  /** Something may be due. Costs nothing when it is known already. */
  wake(): void {
    if (this.#state !== 'started') return;
    this.#again = true;
    this.#claiming ??= this.#claimAll().finally(() => {
      this.#claiming = undefined;
      if (this.#again) this.wake();
    });
  }

  /**
   * A last chance for what is due, for as long as given; then attempts under way are given up and their rows given back,
   * as if they had never been taken. Never rejects.
   */
  async stop(lastChanceMs: number): Promise<void> {
    if (this.#state !== 'started') return;
    if (lastChanceMs > 0) await this.#within(lastChanceMs, this.#quiet());
    this.#state = 'stopped';
    this.#poll?.cancel();
    this.#times.clear();
    await this.#claiming;
    this.#aborter.abort();
    await Promise.all(this.#running);
    await this.#giveBack();
  }

  async #quiet(): Promise<void> {
    this.wake();
    while (this.#claiming || this.#running.size > 0) {
      await this.#claiming;
      if (this.#running.size > 0) await Promise.race([...this.#running]);
    }
  }

  #pollSoon(): void {
    this.#poll = this.#deps.clock.schedule(this.#config.pollMs, () => {
      this.wake();
      this.#pollSoon();
    });
  }

  async #claimAll(): Promise<void> {
    while (this.#again && this.#state === 'started') {
      this.#again = false;
      const limit = Math.min(this.#config.claimLimit, this.#config.maxRunning - this.#lanes.running);
      if (limit <= 0) return;
      try {
        if (await this.#claimSome(limit)) this.#again = true;
      } catch (error) {
        this.#deps.logger.error({ err: error }, 'webhooks: the outbox could not be read; it is tried again');
        return;
      }
    }
  }

  /** True when there may be more that could be taken at once. */
  async #claimSome(limit: number): Promise<boolean> {
    const room = this.#lanes.room();
    const rows = await this.#deps.outbox.claim({ limit, ...room });
    const perLane = new Map<string, number>();
    for (const row of rows) {
      const lane = laneKey(row.host, row.appId);
      perLane.set(lane, (perLane.get(lane) ?? 0) + 1);
      this.#begin(row);
    }
    if (rows.length === limit) return true;
    const { lanes: lanesNow, roomPerLane } = this.#lanes.room();
    return [...perLane].some(
      ([lane, taken]) => taken === (room.lanes.get(lane)?.room ?? roomPerLane) && (lanesNow.get(lane)?.room ?? 0) > 0,
    );
  }

  #begin(row: ClaimedDelivery): void {
    this.#lanes.begin(row.host, row.appId);
    const run = this.#deliver(row).finally(() => {
      this.#running.delete(run);
      this.wake(); // The next of its call may go now, and its lane has room.
    });
    this.#running.add(run);
  }

  /** Never rejects. What cannot be finished stays leased, and is taken again when the lease runs out. */
  async #deliver(row: ClaimedDelivery): Promise<void> {
    const logger = this.#deps.logger.child({ deliveryId: row.deliveryId, callSid: row.callSid, event: row.eventType });
    let isWell: boolean | undefined;
    let result: AttemptResult | undefined;
    try {
      const made = await attempt(row, this.#deps, this.#aborter.signal);
      isWell = made?.isWell;
      result = made?.result;
    } catch (error) {
      logger.error({ err: error }, 'webhook could not be attempted');
    } finally {
      this.#lanes.end(row.host, row.appId, isWell);
    }
    if (result) await this.#finish(result, logger);
    else if (this.#aborter.signal.aborted) this.#unsent.push(row);
  }

  async #finish(result: AttemptResult, logger: Logger): Promise<void> {
    try {
      const outcome = await this.#deps.outbox.finish(result);
      if (outcome === undefined) logger.warn({}, 'webhook: the lease ran out during the attempt; another has it now');
      else if (outcome.status === 'over') logger.info({}, 'webhook dropped: its app was deleted during the attempt');
      else this.#told(result, outcome.status, outcome.nextInMs, logger);
    } catch (error) {
      logger.error({ err: error }, 'webhook: the end of an attempt could not be written; it is made again');
    }
  }

  #told(
    { claimed, latencyMs, httpStatus, error, isFinal }: AttemptResult,
    status: Exclude<AttemptOutcome['status'], 'over'>,
    nextInMs: number | undefined,
    logger: Logger,
  ): void {
    const what = { host: claimed.host, attempt: claimed.attempts + 1, httpStatus, latencyMs };
    if (status === 'delivered') logger.debug(what, 'webhook delivered');
    else if (status === 'pending')
      logger.info({ ...what, why: error, nextInMs }, 'webhook not acknowledged; due again');
    else logger.error({ ...what, why: error }, isFinal ? 'webhook dropped' : 'webhook dropped: the last retry failed');
    if (nextInMs !== undefined) this.#times.add(nextInMs);
    const result = status === 'pending' ? 'failed' : status;
    this.emit('attempted', { result, latencyMs, lateMs: claimed.lateMs, isFirst: claimed.attempts === 0 });
  }

  async #giveBack(): Promise<void> {
    const rows = this.#unsent;
    this.#unsent = [];
    if (rows.length === 0) return;
    try {
      await this.#deps.outbox.release(rows);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'webhooks: rows could not be given back; their lease runs out');
    }
  }

  #within(limitMs: number, done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.schedule(limitMs, resolve);
      void done.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
