import type { Clock, Logger, Timer } from '@intermix/kernel';
import type pg from 'pg';

const tickMs = 15_000;
const checkpointEveryMs = 90_000;
/** A burst of writes does not wait for the interval: recovery after a crash reads all of this. */
const checkpointAfterBytes = 32 * 1024 * 1024;
const vacuumEveryMs = 600_000;
const busyTables = [
  ...['calls', 'call_legs', 'call_events', 'users', 'integration_tokens'],
  ...['webhook_events', 'webhook_deliveries', 'webhook_attempts'],
];

/**
 * What PostgreSQL's background processes would do. PGlite has none, whatever `SHOW autovacuum` says: without a
 * checkpoint its log grows without bound, without a vacuum so do busy tables.
 */
export class Maintenance {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #checkpointAt: number;
  #vacuumAt: number;
  #checkpointLsn = '0/0';
  #vacuumLsn = '0/0';

  constructor(deps: { pool: pg.Pool; clock: Clock; logger: Logger }) {
    this.#pool = deps.pool;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#checkpointAt = this.#clock.now();
    this.#vacuumAt = this.#clock.now();
  }

  start(): void {
    this.#timer = this.#clock.schedule(tickMs, () => {
      this.#running = this.#tick().then(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #tick(): Promise<void> {
    try {
      await this.#vacuumWhenDue();
      await this.#checkpointWhenDue();
    } catch (error) {
      this.#logger.warn({ err: error }, 'embedded database: maintenance failed; it is tried again');
    }
  }

  async #checkpointWhenDue(): Promise<void> {
    const written = await this.#bytesSince(this.#checkpointLsn);
    const due = this.#clock.now() - this.#checkpointAt >= checkpointEveryMs || written >= checkpointAfterBytes;
    if (written === 0 || !due) return;
    await this.#pool.query('CHECKPOINT');
    this.#checkpointAt = this.#clock.now();
    this.#checkpointLsn = await this.#lsn(); // Behind the checkpoint's own record, which is not a write to save.
  }

  async #vacuumWhenDue(): Promise<void> {
    if (this.#clock.now() - this.#vacuumAt < vacuumEveryMs) return;
    this.#vacuumAt = this.#clock.now();
    if ((await this.#bytesSince(this.#vacuumLsn)) === 0) return;
    for (const table of busyTables) await this.#pool.query(`VACUUM (ANALYZE) ${table}`);
    this.#vacuumLsn = await this.#lsn();
  }

  async #bytesSince(lsn: string): Promise<number> {
    const sql = 'SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)::float8 AS bytes';
    const { rows } = await this.#pool.query<{ bytes: number }>(sql, [lsn]);
    return rows[0]?.bytes ?? 0;
  }

  async #lsn(): Promise<string> {
    const { rows } = await this.#pool.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    return rows[0]?.lsn ?? '0/0';
  }
}
