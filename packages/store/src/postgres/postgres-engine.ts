import type { Logger } from '@intermix/kernel';
import pg from 'pg';
import type { Engine } from '../engine.js';
import { StoreError } from '../store-error.js';

const oldestServer = 150_000;

/**
 * Statements are prepared once a connection. A plan that was made while a table was small would read all of it for ever:
 * every statement here has an index. Without sequential scans the planner's costs are beyond its limit for compiling, which
 * takes longer than the statement.
 */
const sessionSettings = 'SET enable_seqscan = off; SET jit = off';

/** A PostgreSQL server. Rejects with ERR_STORE_UNREACHABLE or ERR_STORE_VERSION. */
export async function openPostgres(databaseUrl: string, logger: Logger): Promise<Engine> {
  const pool = makePool(databaseUrl);
  pool.on('error', (error) => logger.warn({ err: error }, 'database: idle connection failed'));
  try {
    const { rows } = await pool.query<{ number: number; version: string }>(
      `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
    );
    const server = rows[0];
    if (!server || server.number < oldestServer) throw StoreError.serverTooOld(server?.version ?? 'unknown');
  } catch (error) {
    await pool.end();
    throw error instanceof StoreError ? error : StoreError.unreachable(withoutPassword(databaseUrl), error);
  }
  return { kind: 'postgres', pool, close: () => pool.end() };
}

function makePool(databaseUrl: string): pg.Pool {
  try {
    return new pg.Pool({
      connectionString: databaseUrl,
      max: 10,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      application_name: 'intermix',
      onConnect: async (client) => void (await client.query(sessionSettings)),
    });
  } catch (error) {
    throw StoreError.unreachable(withoutPassword(databaseUrl), error);
  }
}

/** The address for a message: no user, no password, no parameters. */
function withoutPassword(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    return `${url.host || 'localhost'}${url.pathname}`;
  } catch {
    return 'the configured URL (it does not parse)';
  }
}
