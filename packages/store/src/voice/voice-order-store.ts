import type { StatusCallbackOrder, StatusCallbackOrders } from '@intermix/webhooks';
import { type Kysely, sql } from 'kysely';
import type { Database, VoiceOrdersTable } from '../database.js';

export type VoiceOrderMode = 'numbers' | 'flow' | 'bot';

/** What a call was ordered with by the Voice v1 API and its record does not hold. */
export interface VoiceOrder {
  callSid: string;
  accountSid: string;
  mode: VoiceOrderMode;
  /** The party that is called first, as the API tells it: `+E.164`, or a user. */
  from: string;
  /** The other party; undefined when a flow or a bot has the call. */
  to: string | undefined;
  statusCallback: StatusCallbackOrder['callback'] | undefined;
  /** The call that this one tries once more: the first one, when there were several. */
  parentCallSid: string | undefined;
  /** Of a first order: tries may follow, and its end is told after the last. */
  isRetrying?: boolean | undefined;
}

/** An order whose end nobody has been told, though its process may have died. */
export interface UntoldOrder {
  accountSid: string;
  /** The sid that the order was answered with. */
  firstCallSid: string;
  /** Its last try that came to be a call; undefined when none did. */
  lastCallSid: string | undefined;
  order: StatusCallbackOrder;
}

/** Orders of the Voice v1 API. One is kept before its call is placed: nothing of the call is told without it. */
export class VoiceOrderStore implements StatusCallbackOrders {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async create(order: VoiceOrder): Promise<void> {
    const { callSid, accountSid, mode, from, to, statusCallback, parentCallSid, isRetrying = false } = order;
    await this.#db
      .insertInto('voice_orders')
      .values({
        call_sid: callSid,
        account_sid: accountSid,
        mode,
        from_party: from,
        to_party: to ?? null,
        status_callback: statusCallback ? JSON.stringify(statusCallback) : null,
        parent_call_sid: parentCallSid ?? null,
        is_retrying: isRetrying,
      })
      .execute();
  }

  /** Its call was not placed. */
  async delete(accountSid: string, callSid: string): Promise<void> {
    await this.#db
      .deleteFrom('voice_orders')
      .where('account_sid', '=', accountSid)
      .where('call_sid', '=', callSid)
      .execute();
  }

  /** No further try follows, and the end is told. */
  async settle(accountSid: string, firstCallSid: string): Promise<void> {
    await this.#db
      .updateTable('voice_orders')
      .set({ is_retrying: false })
      .where('account_sid', '=', accountSid)
      .where('call_sid', '=', firstCallSid)
      .execute();
  }

  /** Of every account, the oldest first: for the start of a process, when no other is trying again. */
  async findUntold(limit: number): Promise<UntoldOrder[]> {
    const rows = await this.#db
      .selectFrom('voice_orders as o')
      .select(['o.call_sid', 'o.account_sid', 'o.from_party', 'o.to_party', 'o.status_callback'])
      .select(sql<string | null>`(${lastTry})`.as('last_call_sid'))
      .where('o.is_retrying', '=', true)
      .orderBy('o.created_at')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      accountSid: row.account_sid,
      firstCallSid: row.call_sid,
      lastCallSid: row.last_call_sid ?? undefined,
      order: { ...statusCallbackOrder(row), firstCallSid: row.call_sid },
    }));
  }

  /** Of every account: for the calls that a dead process left open. */
  async findStatusCallbacks(callSids: readonly string[]): Promise<ReadonlyMap<string, StatusCallbackOrder>> {
    const rows = await this.#db
      .selectFrom('voice_orders')
      .select(['call_sid', 'from_party', 'to_party', 'status_callback', 'parent_call_sid'])
      .where(sql<boolean>`call_sid = ANY(${callSids}::text[])`)
      .where('status_callback', 'is not', null)
      .execute();
    return new Map(
      rows.map((row) => {
        const { call_sid: callSid, parent_call_sid: parent } = row;
        return [callSid, { ...statusCallbackOrder(row), ...(parent !== null && { firstCallSid: parent }) }];
      }),
    );
  }
}

/** The newest of an order and its further tries whose call was written. */
const lastTry = sql`SELECT c.call_sid FROM voice_orders t JOIN calls c ON c.call_sid = t.call_sid
  WHERE t.account_sid = o.account_sid AND (t.call_sid = o.call_sid OR t.parent_call_sid = o.call_sid)
  ORDER BY t.created_at DESC LIMIT 1`;

type OrderRow = Pick<VoiceOrdersTable, 'from_party' | 'to_party'> & { status_callback: unknown };

function statusCallbackOrder({ from_party: from, to_party: to, status_callback: callback }: OrderRow) {
  return { callback: callback as StatusCallbackOrder['callback'], from, to: to ?? undefined };
}
