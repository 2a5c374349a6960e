import { createId, type Random } from '@intermix/kernel';
import { currentReceiver, type Delivery, type ReplayOptions } from '@intermix/webhooks';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, WebhookDeliveriesTable } from '../database.js';
import { type AppSettings, settingsOfRow } from '../integrations/app-settings-rows.js';
import { deliveryOfRow } from './delivery-rows.js';

type Place = { url: string; host: string };
type DeliveryRow = Selectable<WebhookDeliveriesTable>;

/** New deliveries of the same events with the same text, in the order given. What an app that is gone would sign is left out. */
export async function repeatDeliveries(
  { db, random }: { db: Kysely<Database>; random: Random },
  rows: readonly DeliveryRow[],
  { toCurrentUrl = false }: ReplayOptions,
): Promise<Delivery[]> {
  if (rows.length === 0) return [];
  const places: readonly Place[] = toCurrentUrl ? await currentPlaces(db, rows) : rows;
  const urls = places.map(({ url }) => url);
  const hosts = places.map(({ host }) => host);
  const positions = rows.map((row) => row.position);
  const ids = rows.map(() => createId('dlv_', 16, random));
  const { rows: made } = await sql<DeliveryRow>`
    INSERT INTO webhook_deliveries
      (delivery_id, event_id, event_type, account_sid, app_id, call_sid, url, host, body, replay_of,
       content_type, timeout_ms, retry_delays_ms)
    SELECT g.id, d.event_id, d.event_type, d.account_sid, d.app_id, d.call_sid, g.url, g.host, d.body, d.delivery_id,
           d.content_type, d.timeout_ms, d.retry_delays_ms
    FROM unnest(${positions}::bigint[], ${ids}::text[], ${urls}::text[], ${hosts}::text[])
         WITH ORDINALITY g (position, id, url, host, ordinal)
    JOIN webhook_deliveries d ON d.position = g.position
    WHERE d.content_type IS NOT NULL
       OR EXISTS (SELECT 1 FROM apps a WHERE a.id = d.app_id AND a.account_sid = d.account_sid)
    ORDER BY g.ordinal
    RETURNING *`.execute(db);
  return made.map(deliveryOfRow);
}

/** Where each would go today; where nothing is set for its event, where it went before. */
async function currentPlaces(db: Kysely<Database>, rows: readonly DeliveryRow[]): Promise<Place[]> {
  const settings = await settingsOf(db, [...new Set(rows.map((row) => row.app_id))]);
  return rows.map((row) => {
    const own = settings.get(row.app_id);
    if (own?.accountSid !== row.account_sid) return row;
    return currentReceiver({ eventType: row.event_type, body: row.body }, own) ?? row;
  });
}

async function settingsOf(db: Kysely<Database>, appIds: readonly string[]): Promise<Map<string, AppSettings>> {
  const rows = await db
    .selectFrom('app_settings')
    .selectAll()
    .where(sql<boolean>`app_id = ANY(${appIds}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.app_id, settingsOfRow(row)]));
}
