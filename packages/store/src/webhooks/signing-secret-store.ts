import { type Clock, createId, type Random } from '@intermix/kernel';
import { newSigningSecret, type SigningSecret, type SigningSecrets } from '@intermix/webhooks';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, WebhookSecretsTable } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import type { SecretBox } from '../secret-box.js';

const maxCachedApps = 10_000;
const maxInForce = 5;

export interface SigningSecretStoreDeps {
  db: Kysely<Database>;
  secrets: SecretBox;
  clock: Clock;
  random: Random;
  /** How long another node's rotation may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

interface AppSecrets {
  accountSid: string;
  secrets: SigningSecret[];
}

/** The apps' secrets for signing, encrypted at rest. */
export class SigningSecretStore implements SigningSecrets {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #cache: ReadThroughCache<AppSecrets | undefined>;

  constructor(deps: SigningSecretStoreDeps) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#cache = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCachedApps });
  }

  async inForce(accountSid: string, appId: string): Promise<SigningSecret[] | undefined> {
    const found = await this.#cache.get(appId, () => this.#load(appId));
    if (found?.accountSid !== accountSid) return undefined;
    const now = this.#clock.now();
    return found.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > now);
  }

  async rotate(accountSid: string, appId: string, overlapHours: number): Promise<SigningSecret | undefined> {
    try {
      return await this.#db.transaction().execute(async (trx) => {
        const app = await lockedApp(trx, appId);
        if (app?.account_sid !== accountSid) return undefined;
        await sql`
          UPDATE webhook_secrets
          SET expires_at = least(expires_at, now() + make_interval(secs => ${overlapHours * 3600}))
          WHERE app_id = ${appId}`.execute(trx);
        await sql`
          DELETE FROM webhook_secrets WHERE id IN (
            SELECT id FROM webhook_secrets WHERE app_id = ${appId} ORDER BY created_at DESC, id OFFSET ${maxInForce - 1}
          )`.execute(trx);
        return this.#secretOfRow(await this.#insert(trx, accountSid, appId));
      });
    } finally {
      this.#cache.invalidate(appId);
    }
  }

  /** Forgets what is cached: an app is gone. */
  invalidate(): void {
    this.#cache.clear();
  }

  async #load(appId: string): Promise<AppSecrets | undefined> {
    const known = await this.#read(this.#db, appId);
    if (known) return known;
    return this.#db.transaction().execute(async (trx) => {
      const app = await lockedApp(trx, appId);
      if (!app) return undefined;
      if (!(await this.#read(trx, appId))) await this.#insert(trx, app.account_sid, appId);
      return this.#read(trx, appId);
    });
  }

  async #read(db: Kysely<Database>, appId: string): Promise<AppSecrets | undefined> {
    const rows = await db
      .selectFrom('webhook_secrets')
      .selectAll()
      .where('app_id', '=', appId)
      .where(sql<boolean>`(expires_at IS NULL OR expires_at > now())`)
      .orderBy(sql`expires_at IS NULL`, 'desc')
      .orderBy('created_at', 'desc')
      .limit(maxInForce)
      .execute();
    const accountSid = rows[0]?.account_sid;
    return accountSid === undefined ? undefined : { accountSid, secrets: rows.map((row) => this.#secretOfRow(row)) };
  }

  #insert(db: Kysely<Database>, accountSid: string, appId: string): Promise<Selectable<WebhookSecretsTable>> {
    const row = {
      id: createId('', 16, this.#random),
      app_id: appId,
      account_sid: accountSid,
      secret_encrypted: this.#secrets.encrypt(newSigningSecret()),
      created_at: sql<Date>`clock_timestamp()`,
    };
    return db.insertInto('webhook_secrets').values(row).returningAll().executeTakeFirstOrThrow();
  }

  #secretOfRow(row: Selectable<WebhookSecretsTable>): SigningSecret {
    return {
      id: row.id,
      secret: this.#secrets.decrypt(row.secret_encrypted),
      createdAt: row.created_at,
      expiresAt: row.expires_at ?? undefined,
    };
  }
}

/** Two writers of one app's secrets follow each other. */
function lockedApp(trx: Kysely<Database>, appId: string) {
  return trx.selectFrom('apps').select('account_sid').where('id', '=', appId).forNoKeyUpdate().executeTakeFirst();
}
