import type { StatusCallbackOrder, StatusCallbackOrders } from '@intermix/webhooks';
import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { Database, VoiceOrdersTable } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { isLeftOpen, type LeftBy } from '../servers/left-open.js';

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
  /** Of a first order: tries may follow, and it is settled after the last. */
  isRetrying?: boolean | undefined;
}

/** A further try that waits for its time. */
export interface WaitingTry {
  at: Date;
  /** Tries that are left, this one counted. */
  triesLeft: number;
  /** The order, as JSON, for whoever places it: may hold credentials, and is kept encrypted. */
  order: string;
}

/** An order whose tries are not settled, though its process may have died. */
export interface UnsettledOrder {
  accountSid: string;
  /** The sid that the order was answered with. */
  firstCallSid: string;
  /** Its last try that came to be a call; undefined when none did. */
  lastCallSid: string | undefined;
  /** Who is told of its end; undefined when nobody is. */
  callback: StatusCallbackOrder | undefined;
  /** The try that waited; undefined when one was under way. */
  waiting: WaitingTry | undefined;
}

/** Orders of the Voice v1 API. One is kept before its call is placed: nothing of the call is told without it. */
export class VoiceOrderStore implements StatusCallbackOrders {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #owner: string | undefined;

  /** `owner`: this server, which makes the further tries of its orders. */
  constructor(deps: { db: Kysely<Database>; secrets: SecretBox; owner: string | undefined }) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    this.#owner = deps.owner;
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
        owner: this.#owner ?? null,
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
    await this.#change(accountSid, firstCallSid, { is_retrying: false, ...noTry });
  }

  /** A further try of an order that is not settled waits from now on; undefined: none does, since it begins. */
  async setWaiting(accountSid: string, firstCallSid: string, waiting: WaitingTry | undefined): Promise<void> {
    const { at, triesLeft, order } = waiting ?? {};
    const columns = waiting && {
      ...{ next_try_at: at, tries_left: triesLeft, order_encrypted: this.#secrets.encrypt(order ?? '') },
    };
    await this.#change(accountSid, firstCallSid, columns ?? noTry);
  }

  /** Of every account, by their sids, from behind `after` on: what a server left that died, this one or those that are gone. */
  async findUnsettled(left: LeftBy, limit: number, after = ''): Promise<UnsettledOrder[]> {
    const rows = await this.#db
      .selectFrom('voice_orders as o')
      .select(['o.call_sid', 'o.account_sid', 'o.from_party', 'o.to_party', 'o.status_callback'])
      .select(['o.next_try_at', 'o.tries_left', 'o.order_encrypted'])
      .select(sql<string | null>`(${lastTry})`.as('last_call_sid'))
      .where('o.is_retrying', '=', true)
      .where('o.call_sid', '>', after)
      .where(isLeftOpen(left, 'o.owner', this.#owner))
      .orderBy('o.call_sid')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      accountSid: row.account_sid,
      firstCallSid: row.call_sid,
      lastCallSid: row.last_call_sid ?? undefined,
      callback: row.status_callback === null ? undefined : { ...statusCallbackOrder(row), firstCallSid: row.call_sid },
      waiting: this.#waitingOf(row),
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

  async #change(accountSid: string, firstCallSid: string, columns: Updateable<VoiceOrdersTable>): Promise<void> {
    await this.#db
      .updateTable('voice_orders')
      .set(columns)
      .where('account_sid', '=', accountSid)
      .where('call_sid', '=', firstCallSid)
      .where('is_retrying', '=', true)
      .execute();
  }

  #waitingOf(row: Pick<Selectable<VoiceOrdersTable>, keyof typeof noTry>): WaitingTry | undefined {
    const { next_try_at: at, tries_left: triesLeft, order_encrypted: order } = row;
    if (at === null || triesLeft === null || order === null) return undefined;
    return { at, triesLeft, order: this.#secrets.decrypt(order) };
  }
}

const noTry = { next_try_at: null, tries_left: null, order_encrypted: null };

/** The newest of an order and its further tries whose call was written. */
const lastTry = sql`SELECT c.call_sid FROM voice_orders t JOIN calls c ON c.call_sid = t.call_sid
  WHERE t.account_sid = o.account_sid AND (t.call_sid = o.call_sid OR t.parent_call_sid = o.call_sid)
  ORDER BY t.created_at DESC LIMIT 1`;

type OrderRow = Pick<VoiceOrdersTable, 'from_party' | 'to_party'> & { status_callback: unknown };

function statusCallbackOrder({ from_party: from, to_party: to, status_callback: callback }: OrderRow) {
  return { callback: callback as StatusCallbackOrder['callback'], from, to: to ?? undefined };
}
