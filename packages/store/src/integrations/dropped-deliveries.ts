import { type RawBuilder, sql } from 'kysely';

/**
 * A deletion, and the end of the webhook deliveries that wait for its apps, in one statement: nobody is left whose
 * secret could sign them. `gone` is two common table expressions: `gone`, what was deleted, and `gone_apps`, its apps.
 */
export function droppedWith(gone: RawBuilder<unknown>, reason: string): RawBuilder<{ gone: number }> {
  return sql<{ gone: number }>`
    WITH ${gone}, dropped AS (
      UPDATE webhook_deliveries d
      SET status = 'dropped', finished_at = now(), locked_until = NULL, last_error = ${reason}
      FROM gone_apps WHERE d.app_id = gone_apps.id AND d.status = 'pending'
    )
    SELECT count(*)::int AS gone FROM gone`;
}
