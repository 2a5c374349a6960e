import type { Clock, Logger } from '@intermix/kernel';
import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Database } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { sipKey, type UserCaches, userKey } from '../users/user-caches.js';
import { userConflict } from '../users/user-conflict.js';
import {
  columnsOfUserPatch,
  type MappedUser,
  type MappedUserPatch,
  mappedUserOfRow,
  type NewMappedUser,
  rowOfNewMappedUser,
} from './mapped-user-rows.js';
import { WriteBehindTimes } from './write-behind-times.js';

export interface MappedUserStoreDeps {
  db: Kysely<Database>;
  secrets: SecretBox;
  clock: Clock;
  logger: Logger;
  caches: UserCaches;
}

/** Users as the integrations API maps them: rows of the same table as `UserStore`'s, with devices and Exotel's ids. */
export class MappedUserStore {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #caches: UserCaches;
  readonly #lastSeen: WriteBehindTimes;

  constructor(deps: MappedUserStoreDeps) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    this.#caches = deps.caches;
    const write = (times: ReadonlyArray<readonly [string, Date]>) => this.#writeLastSeen(times);
    this.#lastSeen = new WriteBehindTimes({ clock: deps.clock, logger: deps.logger, what: 'registrations', write });
  }

  /**
   * All or none, in the order given. Throws a conflict on `user_id` or `sip_username` (taken, or twice in the list),
   * `app_id` (not the account's) or `devices` (none is on).
   */
  async create(users: readonly NewMappedUser[]): Promise<MappedUser[]> {
    if (users.length === 0) return [];
    const rows = users.map((user) => rowOfNewMappedUser(user, this.#secrets));
    return this.#write(async () => {
      const made = await this.#db.insertInto('users').values(rows).returningAll().execute();
      return made.sort((a, b) => Number(a.position) - Number(b.position)).map(mappedUserOfRow);
    });
  }

  /** Active or not. Cached. */
  async find(accountSid: string, appId: string, userId: string): Promise<MappedUser | undefined> {
    const found = await this.#find(accountSid, appId, userId);
    return found && this.#withLastSeen(found.user);
  }

  /** In order of creation. `total` counts all of the app. */
  async list(
    accountSid: string,
    appId: string,
    page: { limit: number; offset: number },
  ): Promise<{ users: MappedUser[]; total: number }> {
    const ofApp = <O>(query: SelectQueryBuilder<Database, 'users', O>) =>
      query.where('account_sid', '=', accountSid).where('app_id', '=', appId);
    const { total } = await ofApp(
      this.#db.selectFrom('users').select(sql<number>`count(*)::int`.as('total')),
    ).executeTakeFirstOrThrow();
    const rows = await ofApp(this.#db.selectFrom('users').selectAll())
      .orderBy('position')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { users: rows.map((row) => this.#withLastSeen(mappedUserOfRow(row))), total };
  }

  /** The user as it now is; undefined when the app has none of that id. */
  async update(
    accountSid: string,
    appId: string,
    userId: string,
    patch: MappedUserPatch,
  ): Promise<MappedUser | undefined> {
    const [user] = await this.#write(async () => {
      const rows = await this.#db
        .updateTable('users')
        .set({ ...columnsOfUserPatch(patch), updated_at: sql`now()` })
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .where('user_id', '=', userId)
        .returningAll()
        .execute();
      return rows.map(mappedUserOfRow);
    });
    return user && this.#withLastSeen(user);
  }

  /**
   * Changes the devices named. Throws a conflict on `devices` when none would be on; one statement, so that two requests
   * at once cannot switch off one each. Undefined when the app has no such user.
   */
  async setDevices(
    accountSid: string,
    appId: string,
    userId: string,
    devices: { sip?: boolean; phone?: boolean },
  ): Promise<MappedUser | undefined> {
    const sip = sql<boolean>`coalesce(${devices.sip ?? null}::boolean, sip_enabled)`;
    const phone = sql<boolean>`coalesce(${devices.phone ?? null}::boolean, phone_enabled)`;
    const [user] = await this.#write(async () => {
      const rows = await this.#db
        .updateTable('users')
        .set({
          sip_enabled: sip,
          phone_enabled: phone,
          last_enabled_device: lastEnabled(devices, sip, phone),
          devices_updated_at: sql`now()`,
          updated_at: sql`now()`,
        })
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .where('user_id', '=', userId)
        .returningAll()
        .execute();
      return rows.map(mappedUserOfRow);
    });
    return user && this.#withLastSeen(user);
  }

  /** Those that were there, as they were. */
  delete(accountSid: string, appId: string, userIds: readonly string[]): Promise<MappedUser[]> {
    return this.#write(async () => {
      const rows = await this.#db
        .deleteFrom('users')
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .where(sql<boolean>`user_id = ANY(${userIds}::text[])`)
        .returningAll()
        .execute();
      return rows.map(mappedUserOfRow);
    });
  }

  /** Every user of the app, as it was. */
  deleteAll(accountSid: string, appId: string): Promise<MappedUser[]> {
    return this.#write(async () => {
      const rows = await this.#db
        .deleteFrom('users')
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .returningAll()
        .execute();
      return rows.map(mappedUserOfRow);
    });
  }

  /** Plain text, for `SipSecret`. Cached with the user. */
  async sipPassword(accountSid: string, appId: string, userId: string): Promise<string | undefined> {
    return (await this.#find(accountSid, appId, userId))?.sipPassword;
  }

  /** A device of the user registered, or its registration was refreshed or ended. Written within a minute. */
  recordSipSeen(accountSid: string, sipUsername: string, at: Date): void {
    this.#lastSeen.note(sipKey(accountSid, sipUsername), at);
  }

  /** Writes when users were seen. */
  flush(): Promise<void> {
    return this.#lastSeen.flush();
  }

  /** Writes when users were seen, and notes no one any more. */
  stop(): Promise<void> {
    return this.#lastSeen.stop();
  }

  async #find(accountSid: string, appId: string, userId: string) {
    const found = await this.#caches.mapped.get(userKey(appId, userId), async () => {
      const row = await this.#db
        .selectFrom('users')
        .selectAll()
        .where('app_id', '=', appId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (!row) return undefined;
      return { user: mappedUserOfRow(row), sipPassword: this.#secrets.decrypt(row.sip_password_encrypted) };
    });
    return found?.user.accountSid === accountSid ? found : undefined;
  }

  #withLastSeen(user: MappedUser): MappedUser {
    const noted = this.#lastSeen.noted(sipKey(user.accountSid, user.sipUsername));
    if (noted === undefined || (user.sipLastSeenAt && user.sipLastSeenAt >= noted)) return user;
    return { ...user, sipLastSeenAt: noted };
  }

  async #write(write: () => Promise<MappedUser[]>): Promise<MappedUser[]> {
    try {
      return await this.#caches.forgetting(write, (users) => users);
    } catch (error) {
      throw userConflict(error) ?? error;
    }
  }

  async #writeLastSeen(times: ReadonlyArray<readonly [key: string, at: Date]>): Promise<void> {
    const keys = times.map(([key]) => JSON.parse(key) as [accountSid: string, sipUsername: string]);
    const { rows } = await sql<{ app_id: string; user_id: string }>`
      UPDATE users u SET sip_last_seen_at = greatest(u.sip_last_seen_at, seen.at)
      FROM unnest(${keys.map(([sid]) => sid)}::text[], ${keys.map(([, name]) => name)}::text[],
        ${times.map(([, at]) => at)}::timestamptz[]) AS seen (account_sid, sip_username, at)
      WHERE u.account_sid = seen.account_sid AND u.sip_username = seen.sip_username
      RETURNING u.app_id, u.user_id`.execute(this.#db);
    for (const row of rows) this.#caches.mapped.invalidate(userKey(row.app_id, row.user_id));
  }
}

/**
 * A device that a request switches on becomes the last one, though it was on already; of two, the one that was off. A
 * device that is switched off leaves the place to the other.
 */
function lastEnabled(
  devices: { sip?: boolean; phone?: boolean },
  sip: RawBuilder<boolean>,
  phone: RawBuilder<boolean>,
) {
  const both = devices.sip === true && devices.phone === true;
  const asked = both ? undefined : devices.sip ? 'sip' : devices.phone ? 'phone' : undefined;
  return sql<string>`CASE
    WHEN NOT (${sip}) THEN 'phone'
    WHEN NOT (${phone}) THEN 'sip'
    WHEN ${asked ?? null}::text IS NOT NULL THEN ${asked ?? null}::text
    WHEN NOT sip_enabled THEN 'sip'
    WHEN NOT phone_enabled THEN 'phone'
    ELSE last_enabled_device END`;
}
