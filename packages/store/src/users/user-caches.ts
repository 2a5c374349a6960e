import type { SipCredentials, SipUser } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type { MappedUser } from '../integrations/mapped-user-rows.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { userConflict } from './user-conflict.js';

const maxCachedUsers = 20_000;

/** Who a cached user is: enough to find every answer that tells of it. */
export type UserKeys = Pick<SipUser, 'accountSid' | 'appId' | 'userId' | 'sipUsername'>;

/** What is remembered of users, for all stores that write the table: each forgets exactly whom it changed. */
export class UserCaches {
  /** By `sipKey`. */
  readonly sipAccounts: ReadThroughCache<{ user: SipUser; credentials: SipCredentials } | undefined>;
  /** By `userKey`; active users only. */
  readonly users: ReadThroughCache<SipUser | undefined>;
  /** By `userKey`; with the SIP password, which a mapping shows encrypted. */
  readonly mapped: ReadThroughCache<{ user: MappedUser; sipPassword: string } | undefined>;

  /** `ttlMs`: how long another node's write may stay unseen; `Infinity` when there is no other. */
  constructor(options: { clock: Clock; ttlMs: number }) {
    const cache = { ...options, maxEntries: maxCachedUsers };
    this.sipAccounts = new ReadThroughCache(cache);
    this.users = new ReadThroughCache(cache);
    this.mapped = new ReadThroughCache(cache);
  }

  forget(user: UserKeys): void {
    this.sipAccounts.invalidate(sipKey(user.accountSid, user.sipUsername));
    this.users.invalidate(userKey(user.appId, user.userId));
    this.mapped.invalidate(userKey(user.appId, user.userId));
  }

  clear(): void {
    this.sipAccounts.clear();
    this.users.clear();
    this.mapped.clear();
  }

  /**
   * Runs a write and forgets whom it changed. One that the database refused changed nobody; when it failed otherwise, as
   * with a lost connection, everybody is forgotten, for it may have been committed all the same.
   */
  async forgetting<T>(write: () => Promise<T>, changed: (result: T) => Iterable<UserKeys>): Promise<T> {
    try {
      const result = await write();
      for (const user of changed(result)) this.forget(user);
      return result;
    } catch (error) {
      if (userConflict(error) === undefined) this.clear();
      throw error;
    }
  }
}

export const sipKey = (accountSid: string, sipUsername: string) => JSON.stringify([accountSid, sipUsername]);
/** An app's id is unique in the installation. */
export const userKey = (appId: string, userId: string) => JSON.stringify([appId, userId]);
