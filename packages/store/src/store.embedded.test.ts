import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
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
import { tenantContract } from './testing/tenant-contract.js';
import { voiceContract } from './testing/voice-contract.js';
import { webhookContract } from './testing/webhook-contract.js';

describe('the embedded store', { timeout: 60_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'intermix-store-'));
  let store: Store;

  beforeAll(async () => {
    store = await openStore({ dataDir, owner: thisServer, botCallRetentionDays: keptDays, logger: silentLogger });
  }, 120_000);

  afterAll(async () => {
    await store?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('is empty at its first start', async () => {
    expect(store.kind).toBe('embedded');
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
});
