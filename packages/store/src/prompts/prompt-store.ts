import type { PromptDirectory, PromptRecord } from '@intermix/speech';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, PromptsTable } from '../database.js';
import { isPossibleId } from '../storable-json.js';
import { StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

/** Prompts that accounts keep; their audio is in files. */
export class PromptStore implements PromptDirectory {
  readonly #db: Kysely<Database>;

  constructor({ db }: { db: Kysely<Database> }) {
    this.#db = db;
  }

  /** Throws a conflict on `name` when the account has a prompt of that name. */
  async create(prompt: PromptRecord): Promise<void> {
    const { id, accountSid, name, sha256, durationMs, bytes, createdAt } = prompt;
    const row = { id, account_sid: accountSid, name, sha256, duration_ms: durationMs, bytes, created_at: createdAt };
    try {
      await this.#db.insertInto('prompts').values(row).execute();
    } catch (cause) {
      if (sqlState(cause, uniqueViolation)?.constraint !== 'prompts_name_unique') throw cause;
      throw new StoreConflictError('name', 'The account has a prompt of this name already.', { cause });
    }
  }

  async find(accountSid: string, id: string): Promise<PromptRecord | undefined> {
    if (!isPossibleId(id)) return undefined;
    const row = await this.#ofAccount(accountSid).selectAll().where('id', '=', id).executeTakeFirst();
    return row && promptOfRow(row);
  }

  /** Oldest first. */
  async list(accountSid: string): Promise<PromptRecord[]> {
    const rows = await this.#ofAccount(accountSid).selectAll().orderBy('created_at').orderBy('id').execute();
    return rows.map(promptOfRow);
  }

  async count(accountSid: string): Promise<number> {
    const counted = this.#ofAccount(accountSid).select(sql<string>`count(*)`.as('prompts'));
    return Number((await counted.executeTakeFirstOrThrow()).prompts);
  }

  async hasAudio(accountSid: string, sha256: string): Promise<boolean> {
    const row = await this.#ofAccount(accountSid).select('id').where('sha256', '=', sha256).limit(1).executeTakeFirst();
    return row !== undefined;
  }

  /** What it was; undefined when there was none. Throws a conflict on `id` while flows play it, and names them. */
  async delete(accountSid: string, id: string): Promise<PromptRecord | undefined> {
    if (!isPossibleId(id)) return undefined;
    return this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('prompts')
        .selectAll()
        .where('account_sid', '=', accountSid)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      await refuseWhilePlayed(trx, accountSid, row.id);
      await trx.deleteFrom('prompts').where('account_sid', '=', accountSid).where('id', '=', row.id).execute();
      return promptOfRow(row);
    });
  }

  #ofAccount(accountSid: string) {
    return this.#db.selectFrom('prompts').where('account_sid', '=', accountSid);
  }
}

/** Ids of prompts are random: found anywhere in a document, one is meant. */
async function refuseWhilePlayed(db: Kysely<Database>, accountSid: string, id: string): Promise<void> {
  const flows = await db
    .selectFrom('flows')
    .select('name')
    .where('account_sid', '=', accountSid)
    .where(sql<boolean>`strpos(document::text, ${JSON.stringify(id)}) > 0`)
    .orderBy('name')
    .limit(5)
    .execute();
  if (flows.length === 0) return;
  const names = flows.map(({ name }) => JSON.stringify(name)).join(', ');
  throw new StoreConflictError('id', `The prompt is played by ${names}: change what plays it first.`);
}

function promptOfRow(row: Selectable<PromptsTable>): PromptRecord {
  return {
    id: row.id,
    accountSid: row.account_sid,
    name: row.name,
    sha256: row.sha256,
    durationMs: row.duration_ms,
    bytes: Number(row.bytes),
    createdAt: row.created_at,
  };
}
