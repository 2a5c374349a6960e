import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';

/** The servers that share the database. Each says again and again that it is there, by the database's clock: theirs may differ. */
export class ServerStore {
  readonly #db: Kysely<Database>;
  readonly #owner: string | undefined;

  /** `owner`: this server; without one, nothing is said. */
  constructor(deps: { db: Kysely<Database>; owner: string | undefined }) {
    this.#db = deps.db;
    this.#owner = deps.owner;
  }

  /**
   * This server is there. Gives for how many milliseconds it had not said so; undefined the first time. Servers that have been
   * away for a day are forgotten: what they left open counts as left by one that is gone all the same.
   */
  async stillHere(): Promise<number | undefined> {
    if (this.#owner === undefined) return undefined;
    await sql`DELETE FROM servers WHERE seen_at < now() - interval '1 day' AND id <> ${this.#owner}`.execute(this.#db);
    const { rows } = await sql<{ away_ms: number | null }>`
      WITH before AS (SELECT seen_at FROM servers WHERE id = ${this.#owner})
      INSERT INTO servers (id, seen_at) VALUES (${this.#owner}, now())
      ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
      RETURNING (SELECT (extract(epoch FROM now() - seen_at) * 1000)::float8 FROM before) AS away_ms`.execute(this.#db);
    return rows[0]?.away_ms ?? undefined;
  }
}
