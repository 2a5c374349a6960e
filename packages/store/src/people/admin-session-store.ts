import { type Clock, createId, type Random } from '@intermix/kernel';
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { hashToken } from '../secret-box.js';
import { isPossibleId } from '../storable-json.js';
import { type Admin, adminOfRow } from './admin-rows.js';
import type { AuditStore, NewAuditEntry } from './audit-store.js';

/** A session in force, with its person as they are now. */
export interface AdminSession {
  sessionId: string;
  admin: Admin;
}

/** What became of a refresh token that was presented. */
export type Rotation =
  | { result: 'rotated'; session: AdminSession; expiresAt: Date }
  /** It was spent before: its session is ended, as one of two who hold it stole it. */
  | { result: 'reused'; session: AdminSession }
  | { result: 'unknown' };

export interface NewAdminSession {
  /** As their password was checked: who has another by now, or is not active any more, gets none. */
  admin: Pick<Admin, 'id' | 'accountSid' | 'passwordHash'>;
  /** Kept as a hash. */
  refreshToken: string;
  /** Address of the client. */
  source: string;
}

/** How long a change by another node may stay unseen. */
const cacheTtlMs = 1_000;
const maxCached = 1_000;
const hourMs = 3_600_000;
/** From signing in, however busy it is. */
const sessionMs = 30 * 24 * hourMs;
/** A refresh token that is not used for so long is good no more. */
const refreshMs = 7 * 24 * hourMs;
/** Of a person; those that were not used for longest go. */
const maxSessions = 1_000;

/** Sessions of those who sign in, and their refresh tokens: hashed, rotated, and each good once. */
export class AdminSessionStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #audit: AuditStore;
  readonly #live: ReadThroughCache<AdminSession | undefined>;

  constructor(deps: { db: Kysely<Database>; clock: Clock; random: Random; audit: AuditStore }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#audit = deps.audit;
    this.#live = new ReadThroughCache({ clock: deps.clock, ttlMs: cacheTtlMs, maxEntries: maxCached });
  }

  /**
   * Begins a session, and notes that the person signed in. `entryOf`: what is written to the audit log with it. Undefined
   * when the person changed meanwhile.
   */
  async open(
    input: NewAdminSession,
    entryOf: (sessionId: string) => NewAuditEntry,
  ): Promise<{ sessionId: string; expiresAt: Date } | undefined> {
    const now = this.#clock.now();
    const { id: adminId, accountSid, passwordHash } = input.admin;
    const sessionId = createId('ses_', 16, this.#random);
    const expiresAt = new Date(now + refreshMs);
    return this.#db.transaction().execute(async (trx) => {
      const at = new Date(now);
      const noting = trx.updateTable('admins').set({ last_login_at: at }).where('id', '=', adminId);
      const isSame = noting.where('password_hash', '=', passwordHash).where('is_active', '=', true);
      if ((await isSame.executeTakeFirst()).numUpdatedRows === 0n) return undefined;
      const row = { id: sessionId, admin_id: adminId, account_sid: accountSid, source: input.source };
      const times = { created_at: at, used_at: at, expires_at: new Date(now + sessionMs) };
      await trx
        .insertInto('admin_sessions')
        .values({ ...row, ...times })
        .execute();
      await keepToken(trx, { sessionId, accountSid, token: input.refreshToken, expiresAt });
      await endBeyond(trx, adminId, maxSessions);
      await this.#audit.appendWithin(trx, entryOf(sessionId));
      return { sessionId, expiresAt };
    });
  }

  /** Undefined when there is none, it has ended, or its person is not active. At most a second old. */
  async find(sessionId: string): Promise<AdminSession | undefined> {
    if (!isPossibleId(sessionId)) return undefined;
    return this.#live.get(sessionId, async () => {
      const row = await this.#db
        .selectFrom('admin_sessions as session')
        .innerJoin('admins', 'admins.id', 'session.admin_id')
        .selectAll('admins')
        .where('session.id', '=', sessionId)
        .where('session.expires_at', '>', new Date(this.#clock.now()))
        .where('admins.is_active', '=', true)
        .executeTakeFirst();
      return row && { sessionId, admin: adminOfRow(row) };
    });
  }

  /** Takes a refresh token for the next one. `entryOf`: what is written to the audit log when it had been spent before. */
  async rotate(token: string, next: string, entryOf: (session: AdminSession) => NewAuditEntry): Promise<Rotation> {
    try {
      return await this.#db.transaction().execute((trx) => this.#rotate(trx, { token, next, entryOf }));
    } finally {
      this.forget();
    }
  }

  /** Ends one session. */
  async end(accountSid: string, sessionId: string, entry: NewAuditEntry): Promise<void> {
    try {
      await this.#db.transaction().execute(async (trx) => {
        const ending = trx.deleteFrom('admin_sessions').where('id', '=', sessionId);
        await ending.where('account_sid', '=', accountSid).execute();
        await this.#audit.appendWithin(trx, entry);
      });
    } finally {
      this.forget();
    }
  }

  /** Ends a person's sessions within a transaction of the caller, who calls `forget` after it. */
  async endOf(adminId: string, which: 'all' | { except: string }, within: Kysely<Database>): Promise<void> {
    let ending = within.deleteFrom('admin_sessions').where('admin_id', '=', adminId);
    if (which !== 'all') ending = ending.where('id', '!=', which.except);
    await ending.execute();
  }

  /** Forgets what is cached: a person or a session changed. */
  forget(): void {
    this.#live.clear();
  }

  /** Deletes sessions that expired, at most `atOnce`. Gives how many. */
  async deleteExpired(atOnce: number): Promise<number> {
    const now = this.#clock.now();
    const over = this.#db
      .selectFrom('admin_sessions')
      .select('id')
      .where((on) => on.or([on('expires_at', '<', new Date(now)), on('used_at', '<', new Date(now - refreshMs))]))
      .limit(atOnce);
    const result = await this.#db.deleteFrom('admin_sessions').where('id', 'in', over).executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  async #rotate(
    trx: Kysely<Database>,
    wanted: { token: string; next: string; entryOf: (session: AdminSession) => NewAuditEntry },
  ): Promise<Rotation> {
    const now = this.#clock.now();
    const hash = hashToken(wanted.token);
    const row = await trx
      .selectFrom('admin_refresh_tokens as token')
      .innerJoin('admin_sessions as session', 'session.id', 'token.session_id')
      .innerJoin('admins', 'admins.id', 'session.admin_id')
      .selectAll('admins')
      .select(['token.session_id', 'token.expires_at', 'session.expires_at as session_expires_at'])
      .where('token.token_hash', '=', hash)
      .forUpdate('session') // Whoever ends sessions locks them first too, and then their tokens.
      .executeTakeFirst();
    if (row === undefined) return { result: 'unknown' };
    const session = { sessionId: row.session_id, admin: adminOfRow(row) };
    const at = new Date(now);
    const spending = trx.updateTable('admin_refresh_tokens').set({ spent_at: at }).where('token_hash', '=', hash);
    const spent = await spending.where('spent_at', 'is', null).executeTakeFirst();
    if (spent.numUpdatedRows === 0n) {
      await trx.deleteFrom('admin_sessions').where('id', '=', row.session_id).execute();
      await this.#audit.appendWithin(trx, wanted.entryOf(session));
      return { result: 'reused', session };
    }
    const lastsUntil = Math.min(row.expires_at.getTime(), row.session_expires_at.getTime());
    if (lastsUntil <= now || !row.is_active) return { result: 'unknown' };
    const expiresAt = new Date(Math.min(now + refreshMs, row.session_expires_at.getTime()));
    await trx.updateTable('admin_sessions').set({ used_at: at }).where('id', '=', row.session_id).execute();
    const { sessionId } = session;
    await keepToken(trx, { sessionId, accountSid: row.account_sid, token: wanted.next, expiresAt });
    return { result: 'rotated', session, expiresAt };
  }
}

async function keepToken(
  trx: Kysely<Database>,
  token: { sessionId: string; accountSid: string; token: string; expiresAt: Date },
): Promise<void> {
  const row = { token_hash: hashToken(token.token), session_id: token.sessionId, account_sid: token.accountSid };
  await trx
    .insertInto('admin_refresh_tokens')
    .values({ ...row, expires_at: token.expiresAt })
    .execute();
}

async function endBeyond(trx: Kysely<Database>, adminId: string, kept: number): Promise<void> {
  const beyond = trx
    .selectFrom('admin_sessions')
    .select('id')
    .where('admin_id', '=', adminId)
    .orderBy('used_at', 'desc')
    .offset(kept);
  await trx.deleteFrom('admin_sessions').where('id', 'in', beyond).execute();
}
