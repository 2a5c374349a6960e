import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import { FakeClock, startTestPostgres, type TestPostgres, whyNoPostgres } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from './open-store.js';
import { appDataContract } from './testing/app-data-contract.js';
import { botContract, keptDays } from './testing/bot-contract.js';
import { callStoreContract } from './testing/call-store-contract.js';
import { directoryContract } from './testing/directory-contract.js';
import { flowContract } from './testing/flow-contract.js';
import { integrationsContract } from './testing/integrations-contract.js';
import { mappedUsersContract } from './testing/mapped-users-contract.js';
import { peopleContract } from './testing/people-contract.js';
import { promptContract } from './testing/prompt-contract.js';
import { recordingsContract } from './testing/recordings-contract.js';
import { serversContract, thisServer } from './testing/servers-contract.js';
import { systemDocumentsContract } from './testing/system-documents-contract.js';
import { makeTenant, newCall } from './testing/tenant.js';
import { tenantContract } from './testing/tenant-contract.js';
import { voiceContract } from './testing/voice-contract.js';
import { webhookContract } from './testing/webhook-contract.js';

const missing = whyNoPostgres();
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);
if (missing !== undefined) process.stderr.write(`SKIPPED, the store on PostgreSQL: ${missing}\n`);

describe.skipIf(missing !== undefined)('the store on PostgreSQL', { timeout: 60_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'intermix-store-'));
  let server: TestPostgres;
  let store: Store;

  const open = (owner = thisServer) =>
    openStore({
      ...{ dataDir, databaseUrl: server.url, owner, botCallRetentionDays: keptDays },
      logger: silentLogger,
    });

  beforeAll(async () => {
    server = await startTestPostgres();
    store = await open();
  }, 120_000);

  afterAll(async () => {
    await store?.close();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('is empty at its first start', async () => {
    expect(store.kind).toBe('postgres');
    expect(await store.tenants.isEmpty()).toBe(true);
  });

  describe('calls', () => callStoreContract(() => store));
  describe('directory', () => directoryContract(() => store));
  describe('tenants', () => tenantContract(() => store));
  describe('who signs in', () => peopleContract(() => store));
  describe('integrations', () => integrationsContract(() => store));
  describe('prompts', () => promptContract(() => store));
  describe('flows', () => flowContract(() => store));
  describe('bots', () => botContract(() => store));
  describe('servers', () => serversContract(() => store));
  describe('webhooks', () => webhookContract(() => store));
  describe('the Voice v1 API', () => voiceContract(() => store));
  describe('recordings', () => recordingsContract(() => store));
  describe('system documents', () => systemDocumentsContract(() => store));
  describe('mapped users', () => mappedUsersContract(() => store));
  describe('settings and contacts of apps', () => appDataContract(() => store));

  it('opens twice: nodes share a database, and see what the other wrote', async () => {
    const other = await open();
    await store.settings.set('from-node-1', 'yes');
    expect(await other.settings.get('from-node-1')).toBe('yes');
    await other.close();
  });

  it('leaves the open calls of a server that is there to it, when another starts', async () => {
    const other = await open('server-2');
    await other.servers.stillHere();
    const { accountSid } = await makeTenant(store);
    const { callSid } = newCall(accountSid);
    await other.calls.create(newCall(accountSid, { callSid }), [], []);
    const isOpen = async () => (await store.calls.find(accountSid, callSid))?.call.endedAt === undefined;
    await store.calls.failOpenCalls(new Date());
    expect(await isOpen()).toBe(true);
    await other.calls.failOpenCalls(new Date());
    expect(await isOpen()).toBe(false);
    await other.close();
  });

  it("sees another node's revocation, settings, contacts and devices within two seconds", async () => {
    const clock = new FakeClock();
    const other = await openStore({ dataDir, databaseUrl: server.url, logger: silentLogger, clock });
    const { accountSid, customerId, appId, userId } = await makeTenant(store);
    const token = { accountSid, customerId, appId, expiresAt: new Date('2030-01-01') };
    await store.integrationTokens.create(`token-${appId}`, token);
    const seen = async () => ({
      token: (await other.integrationTokens.find(`token-${appId}`)) !== undefined,
      popup: (await other.appSettings.find(accountSid, appId))?.popupUrl,
      contact: (await other.contacts.find(accountSid, appId, '+911'))?.name,
      phone: (await other.mappedUsers.find(accountSid, appId, userId))?.devices.phone,
      active: (await other.apps.find(accountSid, appId))?.isActive,
    });
    const before = { token: true, popup: undefined, contact: undefined, phone: false, active: true };
    expect(await seen()).toEqual(before);
    await store.integrationTokens.revoke(`token-${appId}`);
    await store.appSettings.update(accountSid, appId, { popupUrl: 'https://a.example/' }, 'snake');
    await store.contacts.put(accountSid, appId, [{ number: '+911', name: 'One', customField: undefined }]);
    await store.mappedUsers.setDevices(accountSid, appId, userId, { phone: true });
    await store.apps.setActive(accountSid, appId, false);
    clock.advance(2000);
    expect(await seen()).toEqual({
      ...{ token: false, popup: 'https://a.example/', contact: 'One', phone: true, active: false },
    });
    await other.close();
  });

  it('refuses a key file that does not fit the database', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'intermix-store-'));
    const opening = openStore({ dataDir: elsewhere, databaseUrl: server.url, logger: silentLogger });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_STORE_SECRET_KEY' });
    await expect(opening).rejects.toThrow(/secret\.key is not the one with which this database was encrypted/);
    rmSync(elsewhere, { recursive: true });
  });

  it('refuses a database of a newer release', async () => {
    const row = { name: '9999-future', timestamp: new Date().toISOString() };
    const table = store.db.withTables<{ kysely_migration: typeof row }>();
    await table.insertInto('kysely_migration').values(row).execute();
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' });
    await table.deleteFrom('kysely_migration').where('name', '=', row.name).execute();
    await (await open()).close();
  });

  it('says in one sentence that a server cannot be reached, without the password', async () => {
    const databaseUrl = 'postgres://someone:hidden-word@127.0.0.1:1/intermix';
    const error: Error = await openStore({ dataDir, databaseUrl, logger: silentLogger }).then(
      () => expect.fail('it opened'),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'ERR_STORE_UNREACHABLE' });
    expect(error.message).toContain('127.0.0.1:1/intermix cannot be reached');
    expect(error.message).not.toContain('hidden-word');
  });
});
