import type { DeliveryDetail } from '@intermix/webhooks';
import type { Selectable } from 'kysely';
import type pg from 'pg';
import { GroupRead } from '../calls/group-read.js';
import type { WebhookAttemptsTable, WebhookDeliveriesTable } from '../database.js';
import { type JsonValues, rowReader, valuesOf } from '../row-json.js';
import { StoreError } from '../store-error.js';
import { detailOfRow } from './delivery-rows.js';

interface CallKey {
  accountSid: string;
  callSid: string;
}

const maxGroup = 32;
const maxWaiting = 20_000;
const maxOfCall = 200;

const deliveryColumns: ReadonlyArray<keyof WebhookDeliveriesTable> = [
  'delivery_id',
  'event_id',
  'event_type',
  'account_sid',
  'app_id',
  'call_sid',
  'url',
  'host',
  'body',
  'status',
  'attempts',
  'due_at',
  'replay_of',
  'last_http_status',
  'last_error',
  'created_at',
  'finished_at',
];
const attemptColumns: ReadonlyArray<keyof WebhookAttemptsTable> = [
  'delivery_id',
  'number',
  'at',
  'latency_ms',
  'http_status',
  'error',
  'response_body',
];

const deliveryRowOf = rowReader<Selectable<WebhookDeliveriesTable>>(deliveryColumns);
const attemptRowOf = rowReader<Selectable<WebhookAttemptsTable>>(attemptColumns);

/** By index, call by call; a group costs one round trip. */
const sql = `
  SELECT json_agg(json_build_array(k.ordinal, d.found)) AS found
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY k (account_sid, call_sid, ordinal)
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_array(${valuesOf('d', deliveryColumns)},
      (SELECT json_agg(${valuesOf('a', attemptColumns)} ORDER BY a.number)
       FROM webhook_attempts a WHERE a.delivery_id = d.delivery_id)) ORDER BY d.position) AS found
    FROM (SELECT * FROM webhook_deliveries w WHERE w.call_sid = k.call_sid AND w.account_sid = k.account_sid
          ORDER BY w.position LIMIT ${maxOfCall}) d
  ) d
  WHERE d.found IS NOT NULL`;

type DeliveryValues = [delivery: JsonValues, attempts: JsonValues[] | null];

/** The deliveries of single calls, each with its attempts: reads that wait share a statement. */
export class DeliveriesOfCalls {
  readonly #pool: pg.Pool;
  readonly #reads: GroupRead<CallKey, DeliveryDetail[]>;

  /** `maxRunning`: how many connections these reads may use at once. */
  constructor(deps: { pool: pg.Pool; maxRunning: number }) {
    this.#pool = deps.pool;
    this.#reads = new GroupRead({
      read: (keys) => this.#read(keys),
      maxGroup,
      maxRunning: deps.maxRunning,
      maxWaiting,
      overloaded: () => StoreError.failed('Deliveries were not read', 'too many reads wait for the database'),
    });
  }

  /** Oldest first; at most 200. */
  async find(accountSid: string, callSid: string): Promise<DeliveryDetail[]> {
    if (callSid.includes('\0') || accountSid.includes('\0')) return []; // No text here can hold it.
    return this.#reads.get({ accountSid, callSid });
  }

  async #read(keys: readonly CallKey[]): Promise<DeliveryDetail[][]> {
    const { rows } = await this.#pool.query<{ found: [ordinal: number, deliveries: DeliveryValues[]][] | null }>({
      name: 'deliveries-of-calls',
      text: sql,
      values: [keys.map(({ accountSid }) => accountSid), keys.map(({ callSid }) => callSid)],
    });
    const details: DeliveryDetail[][] = keys.map(() => []);
    for (const [ordinal, deliveries] of rows[0]?.found ?? []) details[ordinal - 1] = deliveries.map(detailOfValues);
    return details;
  }
}

function detailOfValues([delivery, attempts]: DeliveryValues): DeliveryDetail {
  return detailOfRow(deliveryRowOf(delivery), (attempts ?? []).map(attemptRowOf));
}
