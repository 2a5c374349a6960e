import type { ActiveHours, BotInput, BotVersion, BotStore as Port, StoredBot } from '@intermix/bots';
import { type Clock, createId, type Random } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { BotsTable, BotVersionsTable, Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import type { SecretBox } from '../secret-box.js';
import { isPossibleId } from '../storable-json.js';
import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

export interface BotStoreDeps {
  db: Kysely<Database>;
  secrets: SecretBox;
  clock: Clock;
  random: Random;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCached = 2_000;
/** Of a bot: older ones go as new ones come. */
const maxVersions = 100;
/** Numbers of the Exotel integration's record that lead to a bot. */
const namesBot = sql.lit('$.dids[*] ? (@.bot_id == $id)');
/** Of an account: a list has them all. */
const maxBots = 1_000;

/** Bots of accounts, with their last versions. The read of the call path is cached. */
export class BotStore implements Port {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #random: Random;
  readonly #cache: ReadThroughCache<StoredBot | undefined>;

  constructor(deps: BotStoreDeps) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    this.#random = deps.random;
    this.#cache = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCached });
  }

  async create(accountSid: string, bot: BotInput): Promise<StoredBot> {
    const id = createId('bot_', 16, this.#random);
    return this.#write(id, () =>
      this.#db.transaction().execute(async (trx) => {
        await refuseBeyondLimit(trx, accountSid);
        const values = { id, account_sid: accountSid, version: 1, ...this.#columnsOf(bot) };
        const row = await trx.insertInto('bots').values(values).returningAll().executeTakeFirstOrThrow();
        await keepVersion(trx, row);
        return this.#botOfRow(row);
      }),
    );
  }

  async update(accountSid: string, botId: string, bot: BotInput, version?: number): Promise<StoredBot | undefined> {
    if (!isPossibleId(botId)) return undefined;
    return this.#write(botId, () =>
      this.#db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('bots')
          .set({ ...this.#columnsOf(bot), version: sql`version + 1`, updated_at: sql`now()` })
          .where('id', '=', botId)
          .where('account_sid', '=', accountSid)
          .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return undefined;
        await keepVersion(trx, row);
        return this.#botOfRow(row);
      }),
    );
  }

  async find(accountSid: string, botId: string): Promise<StoredBot | undefined> {
    const bot = await this.findAnywhere(botId);
    return bot?.accountSid === accountSid ? bot : undefined;
  }

  async findAnywhere(botId: string): Promise<StoredBot | undefined> {
    if (!isPossibleId(botId)) return undefined;
    return this.#cache.get(botId, () => this.#read(botId));
  }

  async latest(accountSid: string, botId: string): Promise<StoredBot | undefined> {
    const bot = isPossibleId(botId) ? await this.#read(botId) : undefined;
    return bot?.accountSid === accountSid ? bot : undefined;
  }

  async list(accountSid: string): Promise<StoredBot[]> {
    const rows = await this.#db
      .selectFrom('bots')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => this.#botOfRow(row));
  }

  async versions(accountSid: string, botId: string): Promise<BotVersion[] | undefined> {
    if (!isPossibleId(botId)) return undefined;
    const rows = await this.#db
      .selectFrom('bot_versions')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('bot_id', '=', botId)
      .orderBy('version', 'desc')
      .limit(maxVersions)
      .execute();
    if (rows.length === 0) return undefined;
    return rows.map((row) => {
      const { auth: _, ...input } = this.#inputOfRow(row);
      return { ...input, version: row.version, createdAt: row.created_at };
    });
  }

  async delete(accountSid: string, botId: string): Promise<boolean> {
    if (!isPossibleId(botId)) return false;
    return this.#write(botId, async () => {
      await this.#refuseWhileNamed(accountSid, botId);
      const result = await this.#db
        .deleteFrom('bots')
        .where('id', '=', botId)
        .where('account_sid', '=', accountSid)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    });
  }

  async #read(botId: string): Promise<StoredBot | undefined> {
    const row = await this.#db.selectFrom('bots').selectAll().where('id', '=', botId).executeTakeFirst();
    return row && this.#botOfRow(row);
  }

  async #refuseWhileNamed(accountSid: string, botId: string): Promise<void> {
    const did = await this.#db
      .selectFrom('dids')
      .select('number')
      .where('account_sid', '=', accountSid)
      .where(sql<boolean>`target ->> 'type' = 'bot' AND target ->> 'botId' = ${botId}`)
      .limit(1)
      .executeTakeFirst();
    if (did)
      throw new StoreConflictError('bot', `The number ${did.number} leads to this bot; point it elsewhere first.`);
    const flow = await this.#db
      .selectFrom('flows')
      .select('name')
      .where('account_sid', '=', accountSid)
      .where(
        sql<boolean>`jsonb_path_exists(document, '$.applets.*.bot_id ? (@ == $id)', jsonb_build_object('id', ${botId}::text))`,
      )
      .limit(1)
      .executeTakeFirst();
    if (flow) throw new StoreConflictError('bot', `The flow "${flow.name}" leads to this bot; change it first.`);
    const atExotel = await this.#db
      .selectFrom('system_documents')
      .select(
        sql<string>`jsonb_path_query_first(document, ${namesBot}, jsonb_build_object('id', ${botId}::text)) ->> 'number'`.as(
          'number',
        ),
      )
      .where('account_sid', '=', accountSid)
      .where('type', '=', 'exotel')
      .where(sql<boolean>`jsonb_path_exists(document, ${namesBot}, jsonb_build_object('id', ${botId}::text))`)
      .executeTakeFirst();
    if (atExotel)
      throw new StoreConflictError(
        'bot',
        `The number ${atExotel.number} of the Exotel integration leads to this bot; point it elsewhere first.`,
      );
  }

  #columnsOf({ name, kind, config, auth, activeHours, maxCallSec }: BotInput) {
    return {
      ...{ name, kind, max_call_sec: maxCallSec },
      definition_encrypted: this.#secrets.encrypt(JSON.stringify({ config, auth })),
      active_hours: activeHours === undefined ? null : JSON.stringify(activeHours),
    };
  }

  #botOfRow(row: Selectable<BotsTable>): StoredBot {
    const { id, account_sid: accountSid, version, created_at: createdAt, updated_at: updatedAt } = row;
    return { ...this.#inputOfRow(row), id, accountSid, version, createdAt, updatedAt };
  }

  #inputOfRow(row: Selectable<BotsTable> | Selectable<BotVersionsTable>): BotInput {
    const { config, auth } = JSON.parse(this.#secrets.decrypt(row.definition_encrypted)) as BotInput;
    const activeHours = (row.active_hours as ActiveHours | null) ?? undefined;
    return { name: row.name, kind: row.kind, config, auth, activeHours, maxCallSec: row.max_call_sec };
  }

  async #write<T>(botId: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw botConflict(error) ?? error;
    } finally {
      this.#cache.invalidate(botId);
    }
  }
}

async function keepVersion(db: Kysely<Database>, row: Selectable<BotsTable>): Promise<void> {
  const { id: bot_id, account_sid, version, name, kind, definition_encrypted, active_hours, max_call_sec } = row;
  const hours = active_hours === null ? null : JSON.stringify(active_hours);
  await db
    .insertInto('bot_versions')
    .values({ bot_id, account_sid, version, name, kind, definition_encrypted, active_hours: hours, max_call_sec })
    .execute();
  await db
    .deleteFrom('bot_versions')
    .where('account_sid', '=', account_sid)
    .where('bot_id', '=', bot_id)
    .where('version', '<=', version - maxVersions)
    .execute();
}

/** Two that are made at once may both be the last. */
async function refuseBeyondLimit(db: Kysely<Database>, accountSid: string): Promise<void> {
  const counted = db.selectFrom('bots').select(sql<string>`count(*)`.as('bots')).where('account_sid', '=', accountSid);
  if (Number((await counted.executeTakeFirstOrThrow()).bots) >= maxBots)
    throw new StoreConflictError('bots', `The account has ${maxBots} bots; delete some first.`);
}

function botConflict(cause: unknown): StoreConflictError | undefined {
  if (sqlState(cause, uniqueViolation)?.constraint === 'bots_name_unique')
    return new StoreConflictError('name', 'The account has a bot of this name already.', { cause });
  if (sqlState(cause, foreignKeyViolation)?.constraint === 'bots_account_sid_fkey')
    return new StoreConflictError('account_sid', 'There is no such account.', { cause });
  return undefined;
}
