import type { BotCallFilter } from '@intermix/bots';
import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { decodeCursor } from '../calls/call-cursor.js';
import type { BotCallsTable, Database } from '../database.js';
import { storableText } from '../storable-json.js';

const summaryColumns = [
  ...(['session_id', 'account_sid', 'bot_id', 'stream_sid', 'call_sid', 'from_address', 'to_address'] as const),
  ...(['status', 'disconnected_by', 'detail', 'started_at', 'ended_at', 'duration_ms', 'source'] as const),
] as const;

/** A call without what was said in it. */
export type BotCallRow = Pick<Selectable<BotCallsTable>, (typeof summaryColumns)[number]>;

/** The calls that a filter finds, newest first, and one beyond its limit when there are more. Throws ERR_STORE_CURSOR. */
export function botCallPage(
  db: Kysely<Database>,
  filter: BotCallFilter,
): SelectQueryBuilder<Database, 'bot_calls', BotCallRow> {
  const { accountSid, botId, callSid, status, disconnectedBy, from, to, limit, cursor } = filter;
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  let query = db.selectFrom('bot_calls').select(summaryColumns).where('account_sid', '=', accountSid);
  if (botId !== undefined) query = query.where('bot_id', '=', storableText(botId));
  if (callSid !== undefined) query = query.where('call_sid', '=', storableText(callSid));
  if (status !== undefined) query = query.where('status', '=', status);
  if (disconnectedBy !== undefined) query = query.where('disconnected_by', '=', storableText(disconnectedBy));
  if (from !== undefined) query = query.where('started_at', '>=', from);
  if (to !== undefined) query = query.where('started_at', '<', to);
  if (after !== undefined)
    query = query.where(
      // Times are written in whole milliseconds, which a cursor has as well.
      sql<boolean>`(started_at, session_id) < (${after.createdAt}::timestamptz, ${after.callSid})`,
    );
  return query
    .orderBy('started_at', 'desc')
    .orderBy('session_id', 'desc')
    .limit(limit + 1);
}
