import { type Clock, type Logger, type Random, systemClock, systemRandom } from '@intermix/kernel';
import { Kysely, PostgresDialect } from 'kysely';
import { BotCallStore } from './bots/bot-call-store.js';
import { BotStore } from './bots/bot-store.js';
import { CallStore } from './calls/call-store.js';
import { CarrierStore } from './carriers/carrier-store.js';
import type { Database } from './database.js';
import { makeDataFolder } from './embedded/data-folder.js';
import type { Engine } from './engine.js';
import { FlowStore } from './flows/flow-store.js';
import { Housekeeping } from './housekeeping.js';
import { AppSettingsStore } from './integrations/app-settings-store.js';
import { AppStore } from './integrations/app-store.js';
import { ContactStore } from './integrations/contact-store.js';
import { CustomerStore } from './integrations/customer-store.js';
import { MappedUserStore } from './integrations/mapped-user-store.js';
import { TokenStore } from './integrations/token-store.js';
import { migrate } from './migrate.js';
import { openEngine } from './open-engine.js';
import { AdminSessionStore } from './people/admin-session-store.js';
import { AdminStore } from './people/admin-store.js';
import { AuditStore } from './people/audit-store.js';
import { PromptStore } from './prompts/prompt-store.js';
import { RecordingSettingsStore } from './recordings/recording-settings-store.js';
import { RecordingStore } from './recordings/recording-store.js';
import { SecretBox } from './secret-box.js';
import { loadSecretKey } from './secret-key.js';
import { ServerStore } from './servers/server-store.js';
import { SystemDocumentStore } from './settings/system-document-store.js';
import { SettingsStore } from './settings-store.js';
import { StoreError } from './store-error.js';
import { TenantStore } from './tenants/tenant-store.js';
import { UserCaches } from './users/user-caches.js';
import { UserStore } from './users/user-store.js';
import { VoiceCallStore } from './voice/voice-call-store.js';
import { VoiceOrderStore } from './voice/voice-order-store.js';
import { VoiceUserStore } from './voice/voice-user-store.js';
import { WebhookStores } from './webhooks/webhook-stores.js';

export interface StoreOptions {
  /** Made 0700. Holds the key file, and the embedded database when there is no `databaseUrl`. */
  dataDir: string;
  /** PostgreSQL 15 or newer; without it, the embedded database. */
  databaseUrl?: string | undefined;
  logger: Logger;
  clock?: Clock;
  random?: Random;
  /** The embedded database died: end the process, its supervisor starts it again. Logged anyway. */
  onFatal?: (error: StoreError) => void;
  /** Delays before the retries of a webhook, milliseconds. Default: 5 s, 30 s, 5 min. For tests. */
  webhookRetryDelaysMs?: readonly number[] | undefined;
  /** Days for which an entry of the audit log is kept. Default: 365. */
  auditRetentionDays?: number | undefined;
  /** Days for which what became of a bot's call is kept. Default: 365. */
  botCallRetentionDays?: number | undefined;
  /**
   * Names this server among those that share the database, the same at each start: what it has open is its own. Without it, that
   * is whoever's starts next.
   */
  owner?: string | undefined;
}

export interface Store {
  readonly kind: 'postgres' | 'embedded';
  readonly db: Kysely<Database>;
  readonly calls: CallStore;
  readonly carriers: CarrierStore;
  readonly users: UserStore;
  readonly tenants: TenantStore;
  readonly customers: CustomerStore;
  readonly apps: AppStore;
  readonly appSettings: AppSettingsStore;
  readonly mappedUsers: MappedUserStore;
  readonly contacts: ContactStore;
  readonly integrationTokens: TokenStore;
  readonly webhooks: WebhookStores;
  readonly prompts: PromptStore;
  readonly flows: FlowStore;
  readonly bots: BotStore;
  readonly botCalls: BotCallStore;
  readonly voiceOrders: VoiceOrderStore;
  readonly voiceCalls: VoiceCallStore;
  readonly voiceUsers: VoiceUserStore;
  readonly recordings: RecordingStore;
  readonly recordingSettings: RecordingSettingsStore;
  readonly admins: AdminStore;
  readonly adminSessions: AdminSessionStore;
  readonly audit: AuditStore;
  readonly settings: SettingsStore;
  readonly systemDocuments: SystemDocumentStore;
  readonly servers: ServerStore;
  readonly secrets: SecretBox;
  /** Whether the database answers, within five seconds. Never rejects. */
  healthy(): Promise<boolean>;
  /** Waits for the writes under way, then closes. May be called twice. */
  close(): Promise<void>;
}

/** Rows of a kind that one statement deletes: some hundredths of a second's work. */
const prunedAtOnce = 500;

/** With other nodes about, how long their writes to carriers and users may stay unseen. */
const sharedCacheTtlMs = 2000;

/** Opens the database, brings its tables up to date and checks the key. Rejects with a StoreError. */
export async function openStore(options: StoreOptions): Promise<Store> {
  makeDataFolder(options.dataDir);
  const engine = await openEngine(options);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: engine.pool }) });
  try {
    const ran = await migrate(db);
    if (ran.length > 0) options.logger.info({ migrations: ran }, 'database: tables brought up to date');
    const secrets = new SecretBox(loadSecretKey(options.dataDir, options.random ?? systemRandom));
    const { clock = systemClock, random = systemRandom, logger } = options;
    const store = new OpenStore(engine, { db, secrets, clock, random, logger }, options);
    await checkKey(store.settings, options.dataDir);
    store.startHousekeeping();
    return store;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A value that only the right key decrypts: a lost key file shows at the start, not at the first call. */
async function checkKey(settings: SettingsStore, dataDir: string): Promise<void> {
  try {
    await settings.getOrCreate('key-check', () => 'right');
  } catch (error) {
    if (error instanceof StoreError && error.code === 'ERR_STORE_SECRET_KEY') throw StoreError.wrongKey(dataDir);
    throw error;
  }
}

interface StoreParts {
  db: Kysely<Database>;
  secrets: SecretBox;
  clock: Clock;
  random: Random;
  logger: Logger;
}

class OpenStore implements Store {
  readonly kind: Store['kind'];
  readonly db: Kysely<Database>;
  readonly secrets: SecretBox;
  readonly calls: CallStore;
  readonly carriers: CarrierStore;
  readonly users: UserStore;
  readonly tenants: TenantStore;
  readonly customers: CustomerStore;
  readonly apps: AppStore;
  readonly appSettings: AppSettingsStore;
  readonly mappedUsers: MappedUserStore;
  readonly contacts: ContactStore;
  readonly integrationTokens: TokenStore;
  readonly webhooks: WebhookStores;
  readonly prompts: PromptStore;
  readonly flows: FlowStore;
  readonly bots: BotStore;
  readonly botCalls: BotCallStore;
  readonly voiceOrders: VoiceOrderStore;
  readonly voiceCalls: VoiceCallStore;
  readonly voiceUsers: VoiceUserStore;
  readonly recordings: RecordingStore;
  readonly recordingSettings: RecordingSettingsStore;
  readonly admins: AdminStore;
  readonly adminSessions: AdminSessionStore;
  readonly audit: AuditStore;
  readonly settings: SettingsStore;
  readonly systemDocuments: SystemDocumentStore;
  readonly servers: ServerStore;
  readonly #engine: Engine;
  readonly #housekeeping: Housekeeping;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, parts: StoreParts, options: StoreOptions) {
    const { db, secrets, clock, random, logger } = parts;
    const {
      webhookRetryDelaysMs: retryDelaysMs,
      auditRetentionDays = 365,
      botCallRetentionDays = 365,
      owner,
    } = options;
    this.#engine = engine;
    this.kind = engine.kind;
    this.db = db;
    this.secrets = secrets;
    const cacheTtlMs = engine.kind === 'embedded' ? Number.POSITIVE_INFINITY : sharedCacheTtlMs;
    const caches = new UserCaches({ clock, ttlMs: cacheTtlMs });
    const forgetTenants = () => this.#forgetTenants();
    const maxReads = engine.kind === 'embedded' ? 1 : 2;
    this.calls = new CallStore({ pool: engine.pool, maxReads, owner });
    this.carriers = new CarrierStore({ db, secrets, clock, cacheTtlMs });
    this.users = new UserStore({ db, secrets, caches });
    this.tenants = new TenantStore({ db });
    this.customers = new CustomerStore({ db, random, forgetTenants });
    this.apps = new AppStore({ db, clock, random, cacheTtlMs, forgetTenants });
    this.appSettings = new AppSettingsStore({ db, clock, cacheTtlMs });
    this.mappedUsers = new MappedUserStore({ db, secrets, clock, logger, caches });
    this.contacts = new ContactStore({ db, clock, cacheTtlMs });
    this.integrationTokens = new TokenStore({ db, clock, logger, cacheTtlMs });
    this.webhooks = new WebhookStores({
      ...{ db, pool: engine.pool, secrets, clock, random, cacheTtlMs, retryDelaysMs, maxReads },
    });
    this.voiceOrders = new VoiceOrderStore({ db, secrets, owner });
    this.voiceCalls = new VoiceCallStore({ pool: engine.pool, calls: this.calls });
    this.voiceUsers = new VoiceUserStore({ db, users: this.users });
    this.recordings = new RecordingStore({ db });
    this.recordingSettings = new RecordingSettingsStore({ db });
    this.prompts = new PromptStore({ db });
    this.flows = new FlowStore({ db, clock, random, cacheTtlMs });
    this.bots = new BotStore({ db, secrets, clock, random, cacheTtlMs });
    this.botCalls = new BotCallStore({ db, clock, owner, keptDays: botCallRetentionDays });
    this.audit = new AuditStore({ db, clock, random, keptDays: auditRetentionDays });
    this.adminSessions = new AdminSessionStore({ db, clock, random, audit: this.audit });
    this.admins = new AdminStore({ db, audit: this.audit, sessions: this.adminSessions });
    this.settings = new SettingsStore({ db, secrets });
    this.systemDocuments = new SystemDocumentStore({ db, secrets });
    this.servers = new ServerStore({ db, owner });
    const tasks = {
      'expired tokens': { deleteSome: () => this.integrationTokens.deleteExpired(), portion: 1 },
      'old webhooks': { deleteSome: () => this.webhooks.outbox.prune(prunedAtOnce), portion: prunedAtOnce },
      'expired sessions': { deleteSome: () => this.adminSessions.deleteExpired(prunedAtOnce), portion: prunedAtOnce },
      'old audit entries': { deleteSome: () => this.audit.prune(prunedAtOnce), portion: prunedAtOnce },
      'unreported calls of bots': {
        deleteSome: () => this.botCalls.failUnreported(prunedAtOnce),
        portion: prunedAtOnce,
      },
      'old calls of bots': { deleteSome: () => this.botCalls.prune(prunedAtOnce), portion: prunedAtOnce },
    };
    this.#housekeeping = new Housekeeping({ clock, logger, tasks });
  }

  startHousekeeping(): void {
    this.#housekeeping.start();
  }

  async healthy(): Promise<boolean> {
    try {
      await this.#engine.pool.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    await Promise.all([this.#housekeeping.stop(), this.calls.drained()]);
    await Promise.all([this.integrationTokens.stop(), this.mappedUsers.stop()]);
    await this.#engine.close();
  }

  /** A customer or an app is gone, or switched off: whatever was remembered of it is wrong now. */
  #forgetTenants(): void {
    const stores = [this.apps, this.appSettings, this.contacts, this.integrationTokens, this.users, this.webhooks];
    for (const store of stores) store.invalidate();
  }
}
