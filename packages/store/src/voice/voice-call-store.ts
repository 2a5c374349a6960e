import type pg from 'pg';
import { encodeCursor } from '../calls/call-cursor.js';
import { callRowOf, type JsonValues } from '../calls/call-json.js';
import { callOfRow } from '../calls/call-rows.js';
import type { CallStore } from '../calls/call-store.js';
import type { OrderFacts, VoiceCall, VoiceCallDetail, VoiceCallPage, VoiceCallQuery } from './voice-call-query.js';
import { countStatement, orderSql, pageStatement } from './voice-call-sql.js';
import type { VoiceOrderMode } from './voice-order-store.js';

type OrderValues = [mode: VoiceOrderMode, from: string, to: string | null, parent: string | null];

const maxPage = 100;

/** Calls as the Voice v1 API reads them: each with what it was ordered with. */
export class VoiceCallStore {
  readonly #pool: pg.Pool;
  readonly #calls: Pick<CallStore, 'find'>;

  constructor(deps: { pool: pg.Pool; calls: Pick<CallStore, 'find'> }) {
    this.#pool = deps.pool;
    this.#calls = deps.calls;
  }

  async findCall(accountSid: string, callSid: string): Promise<VoiceCallDetail | undefined> {
    const found = await this.#calls.find(accountSid, callSid);
    if (found === undefined) return undefined;
    const query = { name: 'voice-order', text: orderSql, values: [callSid, accountSid] };
    const { rows } = await this.#pool.query<{ order: OrderValues }>(query);
    return { ...found, order: orderOf(rows[0]?.order) };
  }

  /** Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  async listCalls(query: VoiceCallQuery): Promise<VoiceCallPage> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    const { rows } = await this.#pool.query<{ call: JsonValues; order: OrderValues | null }>(
      pageStatement({ ...query, limit }),
    );
    const { rows: counts } = await this.#pool.query<{ total: number }>(countStatement(query));
    const isBackward = query.before !== undefined;
    const found = rows.slice(0, limit).map(({ call, order }): VoiceCall => {
      return { call: callOfRow(callRowOf(call)), order: orderOf(order) };
    });
    const hasMore = rows.length > limit;
    const calls = isBackward ? found.reverse() : found;
    return {
      calls,
      total: counts[0]?.total ?? 0,
      previous: (isBackward ? hasMore : query.after !== undefined) ? cursorOf(calls.at(0)) : undefined,
      next: isBackward || hasMore ? cursorOf(calls.at(-1)) : undefined,
    };
  }
}

function cursorOf(found: VoiceCall | undefined): string | undefined {
  return found && encodeCursor(found.call);
}

function orderOf(values: OrderValues | null | undefined): OrderFacts | undefined {
  if (!values) return undefined;
  const [mode, from, to, parentCallSid] = values;
  return { mode, from, to: to ?? undefined, parentCallSid: parentCallSid ?? undefined };
}
