import type { SipCredentials, SipUser, UserDirectory } from '@intermix/calls';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { sipKey, type UserCaches, type UserKeys, userKey } from './user-caches.js';
import { userConflict } from './user-conflict.js';
import { type NewUser, sipUserOfRow, type UserPatch, type UserRecord, userOfRow } from './user-rows.js';

export interface UserStoreDeps {
  db: Kysely<Database>;
  secrets: SecretBox;
  caches: UserCaches;
}

/** People with a SIP account. Both reads of the port are cached, for a REGISTER asks every few seconds. */
export class UserStore implements UserDirectory {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #caches: UserCaches;

  constructor(deps: UserStoreDeps) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    this.#caches = deps.caches;
  }

  /** Inactive users, and users of an inactive app, are not found. */
  findSipAccount(
    accountSid: string,
    sipUsername: string,
  ): Promise<{ user: SipUser; credentials: SipCredentials } | undefined> {
    return this.#caches.sipAccounts.get(sipKey(accountSid, sipUsername), async () => {
      const row = await this.#activeUsers()
        .where('users.account_sid', '=', accountSid)
        .where('users.sip_username', '=', sipUsername)
        .executeTakeFirst();
      if (!row) return undefined;
      return { user: sipUserOfRow(row), credentials: { password: this.#secrets.decrypt(row.sip_password_encrypted) } };
    });
  }

  /** Inactive users, and users of an inactive app, are not found. An app's id is unique in the installation. */
  findUser(appId: string, userId: string): Promise<SipUser | undefined> {
    return this.#caches.users.get(userKey(appId, userId), async () => {
      const row = await this.#activeUsers()
        .where('users.app_id', '=', appId)
        .where('users.user_id', '=', userId)
        .executeTakeFirst();
      return row && sipUserOfRow(row);
    });
  }

  /** Users of an app in the order of their ids, at most `limit`, after `afterUserId`. */
  async listUsers(query: {
    accountSid: string;
    appId: string;
    limit: number;
    afterUserId?: string;
  }): Promise<UserRecord[]> {
    let select = this.#db
      .selectFrom('users')
      .selectAll()
      .where('account_sid', '=', query.accountSid)
      .where('app_id', '=', query.appId);
    if (query.afterUserId !== undefined) select = select.where('user_id', '>', query.afterUserId);
    const rows = await select.orderBy('user_id').limit(query.limit).execute();
    return rows.map(userOfRow);
  }

  async getUser(accountSid: string, appId: string, userId: string): Promise<UserRecord | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('app_id', '=', appId)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return row && userOfRow(row);
  }

  /** Throws a conflict on `user_id` or `sip_username` (taken), or `app_id` (not the account's). */
  async createUser(input: NewUser): Promise<UserRecord> {
    return this.#write(async () => {
      const row = await this.#db
        .insertInto('users')
        .values({
          app_id: input.appId,
          user_id: input.userId,
          account_sid: input.accountSid,
          name: input.name,
          email: input.email ?? null,
          sip_username: input.sipUsername,
          sip_password_encrypted: this.#secrets.encrypt(input.sipPassword),
          phone: input.phone ?? null,
          virtual_number: input.virtualNumber ?? null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return userOfRow(row);
    });
  }

  /** The user as it now is; undefined when the app has none of that id. */
  async updateUser(
    accountSid: string,
    appId: string,
    userId: string,
    patch: UserPatch,
  ): Promise<UserRecord | undefined> {
    return this.#write(async () => {
      const row = await this.#db
        .updateTable('users')
        .set({ ...this.#changedColumns(patch), updated_at: sql`now()` })
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .where('user_id', '=', userId)
        .returningAll()
        .executeTakeFirst();
      return row && userOfRow(row);
    });
  }

  /** False when the app has none of that id. */
  async deleteUser(accountSid: string, appId: string, userId: string): Promise<boolean> {
    const deleted = await this.#write(async () => {
      const row = await this.#db
        .deleteFrom('users')
        .where('account_sid', '=', accountSid)
        .where('app_id', '=', appId)
        .where('user_id', '=', userId)
        .returningAll()
        .executeTakeFirst();
      return row && userOfRow(row);
    });
    return deleted !== undefined;
  }

  /** Forgets what is cached: an app or an account changed. */
  invalidate(): void {
    this.#caches.clear();
  }

  #activeUsers() {
    return this.#db
      .selectFrom('users')
      .innerJoin('apps', 'apps.id', 'users.app_id')
      .selectAll('users')
      .where('users.is_active', '=', true)
      .where('apps.is_active', '=', true);
  }

  #changedColumns(patch: UserPatch) {
    return {
      ...(patch.name !== undefined && { name: patch.name }),
      ...('email' in patch && { email: patch.email ?? null }),
      ...('phone' in patch && { phone: patch.phone ?? null }),
      ...('virtualNumber' in patch && { virtual_number: patch.virtualNumber ?? null }),
      ...(patch.sipPassword !== undefined && { sip_password_encrypted: this.#secrets.encrypt(patch.sipPassword) }),
      ...(patch.isActive !== undefined && { is_active: patch.isActive }),
      ...(patch.outboundActive !== undefined && { outbound_active: patch.outboundActive }),
    };
  }

  async #write<T extends UserKeys | undefined>(write: () => Promise<T>): Promise<T> {
    try {
      return await this.#caches.forgetting(write, (user) => (user ? [user] : []));
    } catch (error) {
      throw userConflict(error) ?? error;
    }
  }
}
