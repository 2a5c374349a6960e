import type { Clock } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AppSettingsTable, Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { StoreConflictError, StoreError } from '../store-error.js';
import {
  type AppSettings,
  type AppSettingsPatch,
  columnsOfPatch,
  type Generation,
  settingsBeforeTheFirst,
  settingsOfRow,
} from './app-settings-rows.js';

export interface AppSettingsStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCachedApps = 10_000;
const maxCustomKeys = 50;
const maxCustomLength = 2_000;

/** Where an app wants to be told of calls, and how these are treated. One row an app, made at the first write. */
export class AppSettingsStore {
  readonly #db: Kysely<Database>;
  readonly #settings: ReadThroughCache<AppSettings | undefined>;

  constructor(deps: AppSettingsStoreDeps) {
    this.#db = deps.db;
    this.#settings = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCachedApps });
  }

  /** Cached. Defaults when nothing was written yet; undefined when the account has no such app. */
  async find(accountSid: string, appId: string): Promise<AppSettings | undefined> {
    const found = await this.#settings.get(appId, () => this.#read(appId));
    return found?.accountSid === accountSid ? found : undefined;
  }

  /**
   * One statement. Throws ERR_STORE_NOT_FOUND when the account has no such app, and a conflict on `custom` when there would
   * be more than 50 keys of the customer's own, or one is longer than 2,000 characters.
   */
  async update(accountSid: string, appId: string, patch: AppSettingsPatch, by: Generation): Promise<AppSettings> {
    refuseLongCustom(patch);
    try {
      const { rows } = await this.#upsert(accountSid, appId, patch, by);
      if (rows[0]) return settingsOfRow(rows[0]);
    } finally {
      this.#settings.invalidate(appId);
    }
    if ((await this.find(accountSid, appId)) === undefined) throw StoreError.notFound('app');
    throw new StoreConflictError('custom', `An app keeps at most ${maxCustomKeys} settings of its own.`);
  }

  /** Forgets what is cached: an app is gone. */
  invalidate(): void {
    this.#settings.clear();
  }

  #upsert(accountSid: string, appId: string, patch: AppSettingsPatch, by: Generation) {
    const columns = Object.entries(columnsOfPatch(patch));
    const names = sql.raw(columns.map(([name]) => `, ${name}`).join(''));
    const values = columns.map(
      ([, value]) => sql`, ${value}::${sql.raw(typeof value === 'boolean' ? 'boolean' : 'text')}`,
    );
    const changes = sql.raw(columns.map(([name]) => `, ${name} = excluded.${name}`).join(''));
    const custom = Object.entries(patch.custom ?? {});
    const kept = JSON.stringify(Object.fromEntries(custom.filter(([, value]) => value !== undefined)));
    const removed = custom.filter(([, value]) => value === undefined).map(([key]) => key);
    const merged = sql`(app_settings.custom || excluded.custom) - ${removed}::text[]`;
    const fits = (keys: typeof merged) => sql`(SELECT count(*) FROM jsonb_object_keys(${keys})) <= ${maxCustomKeys}`;
    return sql<Selectable<AppSettingsTable>>`
      INSERT INTO app_settings (app_id, account_sid, written_generation, custom${names})
      SELECT id, account_sid, ${by}::text, ${kept}::jsonb${sql.join(values, sql``)}
      FROM apps WHERE id = ${appId} AND account_sid = ${accountSid} AND ${fits(sql`${kept}::jsonb`)}
      ON CONFLICT (app_id) DO UPDATE
        SET written_generation = excluded.written_generation, custom = ${merged}, updated_at = now()${changes}
        WHERE ${fits(merged)}
      RETURNING *`.execute(this.#db);
  }

  async #read(appId: string): Promise<AppSettings | undefined> {
    const row = await this.#db
      .selectFrom('apps')
      .leftJoin('app_settings', 'app_settings.app_id', 'apps.id')
      .selectAll('app_settings')
      .select('apps.account_sid as owner')
      .where('apps.id', '=', appId)
      .executeTakeFirst();
    if (!row) return undefined;
    return row.app_id === null
      ? settingsBeforeTheFirst(row.owner, appId)
      : settingsOfRow(row as Selectable<AppSettingsTable>);
  }
}

function refuseLongCustom(patch: AppSettingsPatch): void {
  for (const [key, value = ''] of Object.entries(patch.custom ?? {}))
    if (key.length > maxCustomLength || value.length > maxCustomLength)
      throw new StoreConflictError('custom', `A setting has at most ${maxCustomLength} characters.`);
}
