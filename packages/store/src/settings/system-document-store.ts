import { emptyDocument, type SystemDocument, type SystemDocuments } from '@intermix/bots';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, SystemDocumentsTable } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { storableJson } from '../storable-json.js';

type Row = Pick<Selectable<SystemDocumentsTable>, 'document' | 'secrets_encrypted'>;

/** What operators have set. Not cached: it is read by people, and before a test call. */
export class SystemDocumentStore implements SystemDocuments {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;

  constructor(deps: { db: Kysely<Database>; secrets: SecretBox }) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
  }

  async find(accountSid: string, type: string): Promise<SystemDocument | undefined> {
    const row = await this.#db
      .selectFrom('system_documents')
      .select(['document', 'secrets_encrypted'])
      .where('account_sid', '=', accountSid)
      .where('type', '=', type)
      .executeTakeFirst();
    return row && this.#documentOf(row);
  }

  /** The row is locked meanwhile, and made first when there is none, so that there is one to lock. */
  async change(
    accountSid: string,
    type: string,
    change: (before: SystemDocument) => SystemDocument,
  ): Promise<SystemDocument> {
    return this.#db.transaction().execute(async (trx) => {
      await trx
        .insertInto('system_documents')
        .values({ account_sid: accountSid, type, document: '{}' })
        .onConflict((conflict) => conflict.columns(['account_sid', 'type']).doNothing())
        .execute();
      const row = await trx
        .selectFrom('system_documents')
        .select(['document', 'secrets_encrypted'])
        .where('account_sid', '=', accountSid)
        .where('type', '=', type)
        .forUpdate()
        .executeTakeFirst();
      const after = change(row ? this.#documentOf(row) : emptyDocument);
      await trx
        .updateTable('system_documents')
        .set({ ...this.#rowOf(after), updated_at: sql`now()` })
        .where('account_sid', '=', accountSid)
        .where('type', '=', type)
        .execute();
      return after;
    });
  }

  #documentOf({ document, secrets_encrypted }: Row): SystemDocument {
    const secrets = secrets_encrypted === null ? {} : JSON.parse(this.#secrets.decrypt(secrets_encrypted));
    return { values: document, secrets };
  }

  #rowOf({ values, secrets }: SystemDocument) {
    const hasSecrets = Object.keys(secrets).length > 0;
    return {
      document: storableJson([values]).slice(1, -1),
      secrets_encrypted: hasSecrets ? this.#secrets.encrypt(JSON.stringify(secrets)) : null,
    };
  }
}
