import type { StatusCallbackOrder, StatusCallbackOrders } from '@intermix/webhooks';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';

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
  /** The call that this one tries once more. */
  parentCallSid: string | undefined;
}

/** Orders of the Voice v1 API. One is kept before its call is placed: nothing of the call is told without it. */
export class VoiceOrderStore implements StatusCallbackOrders {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async create(order: VoiceOrder): Promise<void> {
    const { callSid, accountSid, mode, from, to, statusCallback, parentCallSid } = order;
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

  /** Of every account: for the calls that a dead process left open. */
  async findStatusCallbacks(callSids: readonly string[]): Promise<ReadonlyMap<string, StatusCallbackOrder>> {
    const rows = await this.#db
      .selectFrom('voice_orders')
      .select(['call_sid', 'from_party', 'to_party', 'status_callback'])
      .where(sql<boolean>`call_sid = ANY(${callSids}::text[])`)
      .where('status_callback', 'is not', null)
      .execute();
    return new Map(
      rows.map((row) => {
        const callback = row.status_callback as StatusCallbackOrder['callback'];
        return [row.call_sid, { callback, from: row.from_party, to: row.to_party ?? undefined }];
      }),
    );
  }
}
