import type { SipUser } from '@intermix/calls';
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import type { UserStore } from '../users/user-store.js';

/** Users as callers of the Voice v1 API name them: without their app. */
export class VoiceUserStore {
  readonly #db: Kysely<Database>;
  readonly #users: Pick<UserStore, 'findSipAccount' | 'findUser'>;

  constructor(deps: { db: Kysely<Database>; users: Pick<UserStore, 'findSipAccount' | 'findUser'> }) {
    this.#db = deps.db;
    this.#users = deps.users;
  }

  /**
   * By SIP user name, which is unique in the account, or else by the id that the account's backend gave. Undefined when there is
   * none that is active, and when several apps have one of that id.
   */
  async findByName(accountSid: string, name: string): Promise<SipUser | undefined> {
    if (name === '' || name.includes('\0')) return undefined;
    const account = await this.#users.findSipAccount(accountSid, name);
    if (account) return account.user;
    const rows = await this.#db
      .selectFrom('users')
      .select('app_id')
      .where('account_sid', '=', accountSid)
      .where('user_id', '=', name)
      .limit(2)
      .execute();
    const [only] = rows;
    return only && rows.length === 1 ? this.#users.findUser(only.app_id, name) : undefined;
  }
}
