import {
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { silentLogger } from '@intermix/kernel';
import { defaultRecordingSettings } from '@intermix/recordings';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '@intermix/testkit';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.js';
import { migrate, migrateTo } from '../migrate.js';
import { openStore, type Store } from '../open-store.js';
import { newMappedUser } from '../testing/integrations-contract.js';
import { makeTenant, newCall, newCarrier, newEvent, newLeg, spareNumber, type TestTenant } from '../testing/tenant.js';
import { exportData } from './export-data.js';
import type { ExportHeader } from './export-header.js';
import { importData } from './import-data.js';
import { localColumns, transferredTables } from './transferred-tables.js';

const missing = whyNoPostgres();
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);
if (missing !== undefined) process.stderr.write(`SKIPPED, moving the data to PostgreSQL: ${missing}\n`);

const awkward = 'Zoë "the\\line"\n\t😀 {"end":true}';

/** Something in every table; several hundred rows in some, so that batches follow each other. */
async function fill(store: Store): Promise<TestTenant> {
  const tenant = await makeTenant(store);
  const { accountSid, customerId, appId } = tenant;
  await fillPeople(store, tenant);
  await store.settings.set('colour', 'blue');
  const document = { values: { label: awkward }, secrets: { api_key: awkward } };
  await store.systemDocuments.change(accountSid, 'exotel', () => document);
  await store.mappedUsers.create(Array.from({ length: 300 }, (_, n) => newMappedUser(tenant, `user-${n}`)));
  await store.mappedUsers.deleteAll(accountSid, appId);
  await store.mappedUsers.create([newMappedUser(tenant, 'ravi', { name: awkward })]);
  await store.appSettings.update(
    accountSid,
    appId,
    { popupUrl: 'https://a/', custom: { [awkward]: awkward } },
    'camel',
  );
  await store.contacts.put(
    ...[
      accountSid,
      appId,
      Array.from({ length: 1200 }, (_, n) => ({ number: `+${n}`, name: awkward, customField: undefined })),
    ],
  );
  await store.integrationTokens.create(`token-${appId}`, {
    accountSid,
    customerId,
    appId,
    expiresAt: new Date('2030-01-01'),
  });
  const carrier = await store.carriers.createCarrier(newCarrier(accountSid));
  const target = { type: 'user', appId, userId: 'ravi' } as const;
  const did = {
    carrierId: carrier.id,
    accountSid,
    number: spareNumber(),
    label: undefined,
    direction: 'both' as const,
  };
  await store.carriers.createDid({ ...did, target, ringTimeoutSec: 12 });
  const termination = { by: 'caller', reason: 'hangup', sipStatus: undefined } as const;
  for (let n = 0; n < 20; n += 1) {
    const call = newCall(accountSid, { appId, userId: 'ravi', termination, endedAt: new Date(), customField: awkward });
    const caller = newLeg(call.callSid, 'caller', { device: 'sip' });
    const event = newEvent(call.callSid, 'received', { data: { nested: [1.5, null, awkward, 12345678901234] } });
    await store.calls.create(call, [caller, newLeg(call.callSid, 'callee')], [event, event]);
  }
  await fillWebhooks(store, tenant);
  await fillFlows(store, tenant);
  await fillRecordings(store, tenant);
  await fillBots(store, tenant);
  const statusCallback = { url: `https://a.example/${awkward}`, events: [], contentType: 'application/json' } as const;
  const order = { callSid: `ord-${tenant.accountSid}`, mode: 'numbers', from: awkward, to: undefined } as const;
  await store.voiceOrders.create({ ...order, ...tenant, statusCallback, parentCallSid: undefined, isRetrying: true });
  await store.voiceOrders.setWaiting(accountSid, order.callSid, { at: new Date(), triesLeft: 1, order: awkward });
  await store.servers.stillHere();
  return tenant;
}

async function fillPeople({ admins, adminSessions }: Store, { accountSid }: TestTenant): Promise<void> {
  const admin = await admins.createAdmin({
    ...{ accountSid, email: `op@${accountSid}.example`, name: awkward, role: 'admin', passwordHash: '$argon2id$x' },
  });
  const entry = {
    ...({ accountSid, actor: { type: 'person', id: admin.id, name: admin.email }, action: 'signIn' } as const),
    ...{ resource: { type: 'session', id: undefined }, changes: { name: { to: awkward } } },
    ...{ source: '::1', requestId: 'req_1' },
  };
  await adminSessions.open({ admin, refreshToken: `refresh-${accountSid}`, source: '::1' }, () => entry);
}

async function fillBots({ bots, botCalls }: Store, { accountSid }: TestTenant): Promise<void> {
  const auth = { type: 'basic', username: 'u', password: awkward } as const;
  const bot = {
    ...{ name: awkward, kind: 'echo', config: { nested: [1.5, null, awkward] } },
    ...{ auth, activeHours: undefined, maxCallSec: 600 },
  };
  const { id: botId } = await bots.create(accountSid, bot);
  await bots.update(accountSid, botId, { ...bot, maxCallSec: 60 });
  const ids = { sessionId: `bcl-${accountSid}`, botId, botAccountSid: accountSid, streamSid: 'str', callSid: 'call' };
  const parties = { accountSid, from: '+911', to: '+912', customParameters: { note: awkward }, sampleRate: 8_000 };
  await botCalls.begin({ ...ids, ...parties }, new Date());
}

async function fillFlows({ db }: Store, { accountSid }: TestTenant): Promise<void> {
  const document = JSON.stringify({ name: awkward, z: 1, a: [null] });
  const flow = { id: `flw-${accountSid}`, account_sid: accountSid, name: awkward, version: 2, document };
  await db.insertInto('flows').values(flow).execute();
  const version = { flow_id: flow.id, account_sid: accountSid, version: 1, document };
  await db.insertInto('flow_versions').values(version).execute();
  const audio = { sha256: '00ff', duration_ms: 1200, bytes: 19_244 };
  await db
    .insertInto('prompts')
    .values({ id: `prm-${accountSid}`, account_sid: accountSid, name: awkward, ...audio })
    .execute();
}

async function fillRecordings({ db, recordingSettings }: Store, { accountSid, appId }: TestTenant): Promise<void> {
  await recordingSettings.put(accountSid, appId, { ...defaultRecordingSettings, retentionDays: 7 });
  const ids = { recording_sid: `rec-${appId}`, call_sid: 'call', account_sid: accountSid, app_id: appId };
  const facts = { state: 'ready', channels: 'dual', format: 'mp3', started_at: new Date(), bytes: '5000000000' };
  await db
    .insertInto('recordings')
    .values({ ...ids, ...facts, detail: awkward })
    .execute();
}

async function fillWebhooks(store: Store, { accountSid, appId }: TestTenant): Promise<void> {
  const ids = { account_sid: accountSid, app_id: appId, call_sid: 'call' };
  const event = {
    ...ids,
    event_id: `evt-${appId}`,
    type: 'incoming_call',
    payload: JSON.stringify({ z: 1, a: awkward }),
  };
  await store.db
    .insertInto('webhook_events')
    .values({ ...event, at: new Date() })
    .execute();
  const delivery = { ...ids, delivery_id: `dlv-${appId}`, event_id: event.event_id, event_type: event.type };
  const address = { url: 'https://a.example/', host: 'a.example', body: awkward };
  await store.db
    .insertInto('webhook_deliveries')
    .values({ ...delivery, ...address, attempts: 1 })
    .execute();
  const manner = { content_type: 'text/plain', timeout_ms: 15_000, retry_delays_ms: [1, 2] };
  await store.db
    .insertInto('webhook_deliveries')
    .values({ ...delivery, ...address, ...manner, delivery_id: `dlv-2-${appId}` })
    .execute();
  const attempt = { delivery_id: delivery.delivery_id, number: 1, at: new Date(), latency_ms: 3, error: awkward };
  await store.db.insertInto('webhook_attempts').values(attempt).execute();
  const secret = { id: `sec-${appId}`, app_id: appId, account_sid: accountSid, secret_encrypted: 'v1:x' };
  await store.db.insertInto('webhook_secrets').values(secret).execute();
}

/** Every row of every table as JSON, in an order of its own. */
async function everything(store: Store): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const table of transferredTables) {
    const left = sql.raw(
      localColumns(table)
        .map((column) => ` - '${column}'`)
        .join(''),
    );
    const { rows } = await sql<{
      row: string;
    }>`SELECT (to_jsonb(t)${left})::text AS row FROM ${sql.table(table)} t`.execute(store.db);
    found[table] = rows.map(({ row }) => row).sort();
  }
  return found;
}

describe.skipIf(missing !== undefined)('moving the data', { timeout: 120_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'intermix-transfer-'));
  const dataDir = join(root, 'data');
  const exported = join(root, 'export.ndjson');
  const common = { dataDir, logger: silentLogger, version: '1.2.3' };
  let tenant: TestTenant;
  let before: Record<string, string[]>;
  let tableNames: string[];
  let text: string;
  let feedCursor: string | undefined;
  let server: TestPostgres;
  const databases: string[] = [];

  async function onServer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  /** A database of its own for each test that leaves something in it. */
  async function newDatabase(): Promise<string> {
    const url = new URL(server.url);
    url.pathname += `_${databases.length}`;
    await onServer(`CREATE DATABASE "${url.pathname.slice(1)}" TEMPLATE template0`);
    databases.push(url.pathname.slice(1));
    return url.href;
  }

  beforeAll(async () => {
    server = await startTestPostgres();
    const store = await openStore({ dataDir, owner: 'server-1', logger: silentLogger });
    tenant = await fill(store);
    await fill(store);
    feedCursor = (await store.webhooks.feed.read({ ...tenant, limit: 10 })).cursor;
    before = await everything(store);
    const found = await sql<{ name: string }>`
      SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()`.execute(store.db);
    tableNames = found.rows.map(({ name }) => name);
    await store.close();
    await exportData(common, createWriteStream(exported));
    text = readFileSync(exported, 'utf8');
  }, 120_000);

  afterAll(async () => {
    for (const name of databases) await onServer(`DROP DATABASE "${name}" WITH (FORCE)`);
    await server?.stop();
    rmSync(root, { recursive: true, force: true });
  }, 60_000);

  const lines = () => text.trimEnd().split('\n');
  const header = () => JSON.parse(lines()[0] ?? '') as ExportHeader;
  const withHeader = (changes: Partial<ExportHeader>) =>
    [JSON.stringify({ ...header(), ...changes }), ...lines().slice(1)].join('\n');
  const importing = (databaseUrl: string, source: string, changes: { dataDir?: string } = {}) =>
    importData({ ...common, databaseUrl, ...changes }, Readable.from([Buffer.from(source)]));

  it('exports every table of the database, with a header that tells what is in it', () => {
    expect(header()).toMatchObject({ intermix_export: 1, version: '1.2.3', migrations: expect.any(Array) });
    expect(Object.keys(header().tables)).toEqual(transferredTables);
    expect(tableNames.filter((name) => !name.startsWith('kysely_')).sort()).toEqual([...transferredTables].sort());
    for (const table of transferredTables) {
      expect(before[table]?.length, `the test has nothing in ${table}`).toBeGreaterThan(0);
      expect(header().tables[table]).toBe(before[table]?.length);
    }
    expect(text).not.toContain('s3cret');
    expect(lines()).toHaveLength(Object.values(before).flat().length + 2);
  });

  it('brings every row to PostgreSQL, where the store opens, and new rows follow the old', async () => {
    const databaseUrl = await newDatabase();
    const summary = await importing(databaseUrl, text);
    expect(summary).toEqual({ tables: header().tables, rows: Object.values(before).flat().length });
    const store = await openStore({ dataDir, databaseUrl, logger: silentLogger });
    try {
      expect(await everything(store)).toEqual(before);
      const { accountSid, appId } = tenant;
      expect((await store.users.findSipAccount(accountSid, 'ravi-sip'))?.credentials.password).toBe('pw-ravi');
      expect(await store.settings.get('colour')).toBe('blue');
      expect((await store.systemDocuments.find(accountSid, 'exotel'))?.secrets).toEqual({ api_key: awkward });
      await store.db
        .updateTable('servers')
        .set({ seen_at: new Date(0) })
        .execute();
      const left = (await store.voiceOrders.findUnsettled('gone', 9)).find((one) => one.accountSid === accountSid);
      expect(left?.waiting).toMatchObject({ triesLeft: 1, order: awkward });
      const [made] = await store.mappedUsers.create([newMappedUser(tenant, 'new')]);
      const { users } = await store.mappedUsers.list(accountSid, appId, { limit: 9, offset: 0 });
      expect(users.map(({ userId }) => userId)).toEqual(['ravi', 'new']);
      expect(Number(made?.sipDeviceId)).toBeGreaterThan(1001 + 2 * 300);
      const events = await sql<{ payload: string }>`SELECT payload::text FROM webhook_events`.execute(store.db);
      for (const { payload } of events.rows) expect(payload).toMatch(/^\{"z":1,"a":/); // The order of fields is kept.
      // The feed hides rows of transactions that are not over: none of what was imported may be hidden for good.
      const { rows } = await sql<{ hidden: string }>`
        SELECT count(*) AS hidden FROM webhook_events WHERE tx >= pg_snapshot_xmin(pg_current_snapshot())`.execute(
        store.db,
      );
      expect(rows[0]?.hidden).toBe('0');
    } finally {
      await store.close();
    }
  });

  it('keeps the feed: read anew it has everything and goes on; a cursor from before is refused and skips nothing', async () => {
    const databaseUrl = await newDatabase();
    await importing(databaseUrl, text);
    const store = await openStore({ dataDir, databaseUrl, logger: silentLogger });
    try {
      const { feed, outbox } = store.webhooks;
      const read = (after?: string) => feed.read({ ...tenant, limit: 10, after });
      expect(feedCursor).toBeDefined();
      await expect(read(feedCursor)).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
      const all = await read();
      expect(all.events.map(({ eventId }) => eventId)).toEqual([`evt-${tenant.appId}`]);
      const { accountSid, appId } = tenant;
      const ids = { eventId: 'evt-new', accountSid, appId, callSid: 'call', type: 'call_ringing' };
      await outbox.enqueue([{ ...ids, at: new Date(), payload: '{}', delivery: undefined }]);
      const next = await read(all.cursor);
      expect(next.events.map(({ eventId }) => eventId)).toEqual(['evt-new']);
      await expect(read(feedCursor)).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
    } finally {
      await store.close();
    }
  });

  it('refuses a database that has rows, and changes nothing in it', async () => {
    const databaseUrl = await newDatabase();
    const store = await openStore({ dataDir, databaseUrl, logger: silentLogger });
    const held = await everything(store);
    const refused = importing(databaseUrl, text);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE_TRANSFER' });
    await expect(refused).rejects.toThrow('The database is not empty: it has rows in settings.');
    expect(await everything(store)).toEqual(held);
    await store.close();
  });

  it('imports nothing of an export that is torn, damaged or of something else; the whole one then goes in', async () => {
    const databaseUrl = await newDatabase();
    const all = lines();
    const at = all.length - 3; // A row that no other points to.
    for (const [source, sentence] of [
      [all.slice(0, -1).join('\n'), 'The export is torn'],
      [all.slice(0, -40).join('\n'), 'The export is torn'],
      [[...all.slice(0, at), ...all.slice(at + 1)].join('\n'), 'The export is damaged'],
      [[...all.slice(0, at), 'rubbish', ...all.slice(at)].join('\n'), 'The export is damaged'],
      [[...all.slice(0, at), all[at]?.slice(0, -9), ...all.slice(at + 1)].join('\n'), 'The export is damaged'],
      ['{"some":"json"}\n', 'This is not an export of Intermix'],
      ['', 'This is not an export of Intermix'],
      [withHeader({ intermix_export: 2 as 1 }), 'The export has format 2'],
      [withHeader({ migrations: [...header().migrations, '9999-future'] }), 'written by Intermix 1.2.3, whose tables'],
      [withHeader({ tables: { ...header().tables, future: 1 } }), 'written by Intermix 1.2.3, whose tables'],
    ] as const) {
      const refused = importing(databaseUrl, source);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE_TRANSFER' });
      await expect(refused).rejects.toThrow(sentence);
    }
    expect((await importing(databaseUrl, text)).rows).toBe(Object.values(before).flat().length);
  });

  it('says which key to copy when it is missing or another, and makes none', async () => {
    const databaseUrl = await newDatabase();
    const elsewhere = join(root, 'elsewhere');
    const key = join(elsewhere, 'secret.key');
    const copy = `Copy secret.key from the data folder that was exported to ${key}`;
    const refused = importing(databaseUrl, text, { dataDir: elsewhere });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE_SECRET_KEY' });
    await expect(refused).rejects.toThrow(copy);
    expect(existsSync(key)).toBe(false);
    mkdirSync(elsewhere);
    writeFileSync(key, Buffer.alloc(32));
    await expect(importing(databaseUrl, text, { dataDir: elsewhere })).rejects.toThrow(/is not the one of the export/);
  });

  it('goes back into a new embedded database as well', async () => {
    const elsewhere = join(root, 'embedded');
    mkdirSync(elsewhere);
    copyFileSync(join(dataDir, 'secret.key'), join(elsewhere, 'secret.key'));
    await importData({ ...common, dataDir: elsewhere }, Readable.from([Buffer.from(text)]));
    const store = await openStore({ dataDir: elsewhere, logger: silentLogger });
    expect(await everything(store)).toEqual(before);
    const stale = store.webhooks.feed.read({ ...tenant, limit: 10, after: feedCursor });
    await expect(stale).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
    await store.close();
  });

  it("brings an older release's tables up to date", async () => {
    const databaseUrl = await newDatabase();
    const user = {
      ...{ app_id: 'app', user_id: 'asha', account_sid: 'acc', name: 'Asha', email: null, sip_username: 'asha' },
      ...{ sip_password_encrypted: 'v1:x', phone: null, virtual_number: null, is_active: true, outbound_active: true },
      ...{ created_at: '2026-01-02T03:04:05.678901+00:00', updated_at: '2026-01-02T03:04:05.678901+00:00' },
    };
    const times = { created_at: user.created_at, updated_at: user.updated_at };
    const rows = {
      accounts: { sid: 'acc', name: 'Acme', api_key: 'k', api_token_hash: 'h', created_at: user.created_at },
      customers: { id: 'cus', account_sid: 'acc', name: 'Acme', email: null, secret_hash: 'h', ...times },
      apps: {
        ...{
          id: 'app',
          customer_id: 'cus',
          account_sid: 'acc',
          name: 'crm',
          secret_hash: 'h',
          is_active: true,
          ...times,
        },
      },
      users: user,
    };
    const old = [
      JSON.stringify({
        ...{ ...header(), migrations: ['0001-initial'], sequences: { dids_position_seq: '41' } },
        tables: Object.fromEntries(Object.keys(rows).map((table) => [table, 1])),
      }),
      ...Object.entries(rows).map(([table, row]) => `{"table":"${table}","row":${JSON.stringify(row)}}`),
      '{"end":true}',
    ].join('\n');
    await importing(databaseUrl, old);
    const store = await openStore({ dataDir, databaseUrl, logger: silentLogger });
    expect(await store.users.getUser('acc', 'app', 'asha')).toMatchObject({ devices: { sip: true, phone: false } });
    const { rows: next } = await sql<{ next: string }>`SELECT nextval('dids_position_seq') AS next`.execute(store.db);
    expect(next[0]?.next).toBe('42');
    await store.close();
  });

  it('gives a database of an early build the index that it lacks', async () => {
    const pool = new pg.Pool({ connectionString: await newDatabase() });
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
    try {
      await migrateTo(db, '0015-servers');
      await sql`DROP INDEX bot_calls_by_session`.execute(db);
      await migrate(db);
      const { rows } = await sql`SELECT FROM pg_indexes WHERE indexname = 'bot_calls_by_session'`.execute(db);
      expect(rows).toHaveLength(1);
    } finally {
      await db.destroy();
    }
  });

  it('refuses to export while a server has the database, or when there is none', async () => {
    const sink = () => createWriteStream(join(root, 'unused'));
    const store = await openStore({ dataDir, logger: silentLogger });
    await expect(exportData(common, sink())).rejects.toThrow(`is in use by process ${process.pid}`);
    await store.close();
    const nowhere = exportData({ ...common, dataDir: join(root, 'nowhere') }, sink());
    await expect(nowhere).rejects.toThrow(/There is no database in .*nowhere/);
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
  });
});
