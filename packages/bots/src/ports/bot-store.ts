import type { ActiveHours } from '../gate/active-hours.js';

/** Who may open a bot's WebSocket: anybody who knows its URL, who sends Basic credentials, or who names a token in the query. */
export type BotAuth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'token'; token: string };

/** What an administrator says of a bot. */
export interface BotInput {
  name: string;
  kind: string;
  /** As the kind reads it, secrets in clear: kept encrypted. */
  config: unknown;
  auth: BotAuth;
  /** Undefined: always. */
  activeHours: ActiveHours | undefined;
  maxCallSec: number;
}

export interface StoredBot extends BotInput {
  id: string;
  accountSid: string;
  /** Counts from 1. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface BotVersion extends Omit<BotInput, 'auth'> {
  version: number;
  createdAt: Date;
}

/** Bots of accounts. Another account's is as one that is not there. */
export interface BotStore {
  /** Throws a conflict on `name`, or beyond the limit of the account. */
  create(accountSid: string, bot: BotInput): Promise<StoredBot>;
  /** The next version. With `version` only of a bot that has this one now: undefined, too, when it has another. */
  update(accountSid: string, botId: string, bot: BotInput, version?: number): Promise<StoredBot | undefined>;
  find(accountSid: string, botId: string): Promise<StoredBot | undefined>;
  /** As it is now, whatever other servers have changed: `find` may be seconds old. */
  latest(accountSid: string, botId: string): Promise<StoredBot | undefined>;
  /** Whosever it is: the path of a WebSocket names no account. */
  findAnywhere(botId: string): Promise<StoredBot | undefined>;
  list(accountSid: string): Promise<StoredBot[]>;
  /** The last 100, newest first. */
  versions(accountSid: string, botId: string): Promise<BotVersion[] | undefined>;
  /** Throws a conflict, which names the place, while a number, a flow or a number of the Exotel integration leads to it. */
  delete(accountSid: string, botId: string): Promise<boolean>;
}
