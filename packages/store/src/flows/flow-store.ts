import type { FlowVersion, FlowStore as Port, StoredFlow } from '@intermix/flows';
import { type Clock, createId, type Random } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, FlowsTable } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { isPossibleId } from '../storable-json.js';
import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

export interface FlowStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  random: Random;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCached = 2_000;
/** Of a flow: older ones go as new ones come. */
const maxVersions = 100;
/** Of an account: a list has them all. */
const maxFlows = 1_000;

/** Flows of accounts, with their last versions. The read of the call path is cached. */
export class FlowStore implements Port {
  readonly #db: Kysely<Database>;
  readonly #random: Random;
  readonly #cache: ReadThroughCache<StoredFlow | undefined>;

  constructor(deps: FlowStoreDeps) {
    this.#db = deps.db;
    this.#random = deps.random;
    this.#cache = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCached });
  }

  async create(accountSid: string, { name, document }: { name: string; document: object }): Promise<StoredFlow> {
    const id = createId('flw_', 16, this.#random);
    const text = JSON.stringify(document);
    return this.#write(id, () =>
      this.#db.transaction().execute(async (trx) => {
        await refuseBeyondLimit(trx, accountSid);
        const flow = { id, account_sid: accountSid, name, version: 1, document: text };
        const row = await trx.insertInto('flows').values(flow).returningAll().executeTakeFirstOrThrow();
        await keepVersion(trx, row, text);
        return flowOfRow(row);
      }),
    );
  }

  async update(
    accountSid: string,
    flowId: string,
    { name, document }: { name: string; document: object },
  ): Promise<StoredFlow | undefined> {
    if (!isPossibleId(flowId)) return undefined;
    const text = JSON.stringify(document);
    return this.#write(flowId, () =>
      this.#db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('flows')
          .set({ name, document: text, version: sql`version + 1`, updated_at: sql`now()` })
          .where('id', '=', flowId)
          .where('account_sid', '=', accountSid)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return undefined;
        await keepVersion(trx, row, text);
        return flowOfRow(row);
      }),
    );
  }

  async find(accountSid: string, flowId: string): Promise<StoredFlow | undefined> {
    if (!isPossibleId(flowId)) return undefined;
    const flow = await this.#cache.get(flowId, async () => {
      const row = await this.#db.selectFrom('flows').selectAll().where('id', '=', flowId).executeTakeFirst();
      return row && flowOfRow(row);
    });
    return flow?.accountSid === accountSid ? flow : undefined;
  }

  async list(accountSid: string): Promise<Array<Omit<StoredFlow, 'document'>>> {
    const rows = await this.#db
      .selectFrom('flows')
      .select(['id', 'account_sid', 'name', 'version', 'created_at', 'updated_at'])
      .where('account_sid', '=', accountSid)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(headOfRow);
  }

  async versions(accountSid: string, flowId: string): Promise<FlowVersion[] | undefined> {
    if (!isPossibleId(flowId)) return undefined;
    const rows = await this.#db
      .selectFrom('flow_versions')
      .select(['version', 'document', 'created_at'])
      .where('account_sid', '=', accountSid)
      .where('flow_id', '=', flowId)
      .orderBy('version', 'desc')
      .limit(maxVersions)
      .execute();
    if (rows.length === 0) return undefined;
    return rows.map(({ version, document, created_at: createdAt }) => ({ version, document, createdAt }));
  }

  async delete(accountSid: string, flowId: string): Promise<boolean> {
    if (!isPossibleId(flowId)) return false;
    return this.#write(flowId, async () => {
      const number = await this.#numberOf(accountSid, flowId);
      if (number !== undefined)
        throw new StoreConflictError('flow', `The number ${number} leads to this flow; point it elsewhere first.`);
      const result = await this.#db
        .deleteFrom('flows')
        .where('id', '=', flowId)
        .where('account_sid', '=', accountSid)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    });
  }

  /** A number whose calls the flow takes. */
  async #numberOf(accountSid: string, flowId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('dids')
      .select('number')
      .where('account_sid', '=', accountSid)
      .where(sql<boolean>`target ->> 'type' = 'flow' AND target ->> 'flowId' = ${flowId}`)
      .limit(1)
      .executeTakeFirst();
    return row?.number;
  }

  async #write<T>(flowId: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw flowConflict(error) ?? error;
    } finally {
      this.#cache.invalidate(flowId);
    }
  }
}

async function keepVersion(db: Kysely<Database>, row: Selectable<FlowsTable>, document: string): Promise<void> {
  const { id: flow_id, account_sid, version } = row;
  await db.insertInto('flow_versions').values({ flow_id, account_sid, version, document }).execute();
  await db
    .deleteFrom('flow_versions')
    .where('account_sid', '=', account_sid)
    .where('flow_id', '=', flow_id)
    .where('version', '<=', version - maxVersions)
    .execute();
}

/** Two that are made at once may both be the last. */
async function refuseBeyondLimit(db: Kysely<Database>, accountSid: string): Promise<void> {
  const counted = db
    .selectFrom('flows')
    .select(sql<string>`count(*)`.as('flows'))
    .where('account_sid', '=', accountSid);
  if (Number((await counted.executeTakeFirstOrThrow()).flows) >= maxFlows)
    throw new StoreConflictError('flows', `The account has ${maxFlows} flows; delete some first.`);
}

function headOfRow(row: Omit<Selectable<FlowsTable>, 'document'>): Omit<StoredFlow, 'document'> {
  return {
    id: row.id,
    accountSid: row.account_sid,
    name: row.name,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function flowOfRow(row: Selectable<FlowsTable>): StoredFlow {
  return { ...headOfRow(row), document: row.document };
}

function flowConflict(cause: unknown): StoreConflictError | undefined {
  if (sqlState(cause, uniqueViolation)?.constraint === 'flows_name_unique')
    return new StoreConflictError('name', 'The account has a flow of this name already.', { cause });
  if (sqlState(cause, foreignKeyViolation)?.constraint === 'flows_account_sid_fkey')
    return new StoreConflictError('account_sid', 'There is no such account.', { cause });
  return undefined;
}
