import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';
import type { SecretBox } from './secret-box.js';

/** Values of the installation, such as the key that signs tokens; encrypted at rest, every one. */
export class SettingsStore {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;

  constructor(deps: { db: Kysely<Database>; secrets: SecretBox }) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
  }

  async get(key: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('settings')
      .select('value_encrypted')
      .where('key', '=', key)
      .executeTakeFirst();
    return row && this.#secrets.decrypt(row.value_encrypted);
  }

  async set(key: string, value: string): Promise<void> {
    const value_encrypted = this.#secrets.encrypt(value);
    await this.#db
      .insertInto('settings')
      .values({ key, value_encrypted })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value_encrypted, updated_at: sql`now()` }))
      .execute();
  }

  /** The value, made by `make` the first time; nodes that start together agree on one. */
  async getOrCreate(key: string, make: () => string): Promise<string> {
    const known = await this.get(key);
    if (known !== undefined) return known;
    await this.#db
      .insertInto('settings')
      .values({ key, value_encrypted: this.#secrets.encrypt(make()) })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    return (await this.get(key)) as string;
  }
}
