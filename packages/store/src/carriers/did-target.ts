import type { DidTarget } from '@intermix/calls';
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import { StoreConflictError } from '../store-error.js';

/** Throws a conflict on `target` unless the flow, the bot, or every user, that it names exists in the account. */
export async function checkTarget(
  db: Kysely<Database>,
  accountSid: string,
  target: DidTarget | undefined,
): Promise<void> {
  if (target === undefined) return;
  if (target.type === 'flow') return checkFlow(db, accountSid, target.flowId);
  if (target.type === 'bot') return checkBot(db, accountSid, target.botId);
  const wanted = target.type === 'user' ? [target.userId] : [...target.userIds];
  const rows = await db
    .selectFrom('users')
    .select('user_id')
    .where('account_sid', '=', accountSid)
    .where('app_id', '=', target.appId)
    .where('user_id', 'in', wanted.length > 0 ? wanted : [''])
    .execute();
  const found = new Set(rows.map((row) => row.user_id));
  const missing = wanted.find((userId) => !found.has(userId));
  if (missing !== undefined) throw new StoreConflictError('target', `There is no user ${missing} in this app.`);
  if (wanted.length === 0) throw new StoreConflictError('target', 'The list of users is empty.');
}

async function checkFlow(db: Kysely<Database>, accountSid: string, flowId: string): Promise<void> {
  const found = await db
    .selectFrom('flows')
    .select('id')
    .where('account_sid', '=', accountSid)
    .where('id', '=', flowId)
    .executeTakeFirst();
  if (!found) throw new StoreConflictError('target', `There is no flow ${flowId} in this account.`);
}

async function checkBot(db: Kysely<Database>, accountSid: string, botId: string): Promise<void> {
  const found = await db
    .selectFrom('bots')
    .select('id')
    .where('account_sid', '=', accountSid)
    .where('id', '=', botId)
    .executeTakeFirst();
  if (!found) throw new StoreConflictError('target', `There is no bot ${botId} in this account.`);
}
