import { systemSettingsDefaults } from '@intermix/contracts';
import { describe, expect, it } from 'vitest';
import { memoryDocuments } from '../testing/memory-documents.js';
import { maskedSecret } from './masked-secret.js';
import { SystemSettings } from './system-settings.js';

function begin() {
  const documents = memoryDocuments();
  const settings = new SystemSettings({ documents, checkUrl: (url) => new URL(url) });
  return { documents, settings };
}

describe('settings of an account', () => {
  it('have defaults before anything is set', async () => {
    const { settings } = begin();
    expect(await settings.read('one')).toEqual(systemSettingsDefaults);
    expect(await settings.displayTimezone('one')).toBe('UTC');
    expect(await settings.coreFleet('one')).toEqual([]);
  });

  it('keep what a block does not name, and what other blocks and other accounts have', async () => {
    const { settings } = begin();
    await settings.putMinio('one', {
      endpoint: 'store.example:9000',
      secret_key: 'planted-secret-key',
      access_key: 'planted-access',
    });
    await settings.putMinio('one', { bucket: 'calls', secure: true });
    await settings.putAgentAssist('one', { enabled: true, listen_to: 'both' });
    await settings.putKnowledge('one', { vectordb_url: 'https://vectors.example/', chunk_size_chars: 500 });
    await settings.putDialler('one', { amd: { max_words: 5 } });
    await settings.putDialler('one', { amd: { action_on_unknown: 'teardown' } });
    const read = await settings.putTimezone('one', 'Asia/Kolkata');
    expect(read.minio).toEqual({
      ...{
        endpoint: 'store.example:9000',
        access_key: 'plan••••••cess',
        secret_key: 'plan••••••-key',
        bucket: 'calls',
        secure: true,
      },
    });
    expect(read.agent_assist).toMatchObject({ enabled: true, listen_to: 'both', publish_transcript: true });
    expect(read.knowledge).toMatchObject({ vectordb_url: 'https://vectors.example', chunk_size_chars: 500 });
    expect(read.dialler.amd).toMatchObject({
      max_words: 5,
      action_on_unknown: 'teardown',
      action_on_machine: 'teardown',
    });
    expect(read.display_timezone).toBe('Asia/Kolkata');
    expect(await settings.read('one')).toEqual(read);
    expect(await settings.read('two')).toEqual(systemSettingsDefaults);
  });

  it('show secrets masked, and give a provider its key', async () => {
    const { settings, documents } = begin();
    const account = JSON.stringify({ type: 'service_account', private_key: 'planted\nkey' });
    const read = await settings.putApiKeys('one', {
      openai: 'sk-planted-0123456789',
      short: 'planted',
      cloud: account,
    });
    expect(read.api_keys).toEqual({ openai: 'sk-p••••••6789', short: '••••••••', cloud: '{"ty••••••ey"}' });
    expect(await settings.apiKey('one', 'openai')).toBe('sk-planted-0123456789');
    expect(await settings.apiKey('one', 'cloud')).toBe(account);
    expect(await settings.apiKey('two', 'openai')).toBeUndefined();
    expect(await settings.apiKey('one', 'constructor')).toBeUndefined();
    expect(JSON.stringify(documents.all().map(({ values }) => values))).not.toContain('planted');
  });

  it('keep a key when a page sends its mask back, clear it by an empty text, and refuse another mask', async () => {
    const { settings } = begin();
    const key = 'sk-planted-0123456789';
    await settings.putApiKeys('one', { openai: key, other: key });
    await settings.putApiKeys('one', { openai: maskedSecret(key), other: '' });
    expect(await settings.apiKey('one', 'openai')).toBe(key);
    expect(await settings.apiKey('one', 'other')).toBeUndefined();
    expect(Object.keys((await settings.read('one')).api_keys)).toEqual(['openai']);
    await expect(settings.putApiKeys('one', { openai: 'sk-x••••••6789' })).rejects.toMatchObject({ field: 'openai' });
    await expect(settings.putMinio('one', { secret_key: '••••••••' })).rejects.toMatchObject({ field: 'secret_key' });
    expect(await settings.apiKey('one', 'openai')).toBe(key);
  });

  it.each([
    ['minio', { endpoint: 'evil.example:9000' }, 'access_key'],
    ['minio', { endpoint: 'evil.example:9000', access_key: 'new' }, 'secret_key'],
    ['minio', { endpoint: 'evil.example:9000', access_key: 'new', secret_key: 'plan••••••-key' }, 'secret_key'],
    ['minio', { secure: false }, 'access_key'],
    ['knowledge', { vectordb_url: 'https://evil.example' }, 'vectordb_api_key'],
    ['knowledge', { vectordb_url: '' }, 'vectordb_api_key'],
  ] as const)('have no secret of %s sent elsewhere by %j: %s is to be given anew', async (block, update, field) => {
    const { settings, documents } = begin();
    const keys = { access_key: 'planted-access', secret_key: 'planted-secret-key' };
    await settings.putMinio('one', { endpoint: 'store.example:9000', secure: true, ...keys });
    await settings.putKnowledge('one', {
      vectordb_url: 'https://vectors.example/a',
      vectordb_api_key: 'planted-vectors',
    });
    const before = documents.all();
    const put = (change: object) =>
      block === 'minio' ? settings.putMinio('one', change) : settings.putKnowledge('one', change);
    await expect(put(update)).rejects.toMatchObject({ code: 'ERR_VALIDATION', field });
    expect(documents.all()).toEqual(before);
    await put(block === 'minio' ? { ...update, access_key: 'new', secret_key: '' } : { ...update, [field]: 'new' });
    await settings.putMinio('one', { bucket: 'other' });
    await settings.putKnowledge('one', { chunk_size_chars: 700 });
  });

  it('have at most 64 keys', async () => {
    const { settings } = begin();
    const keys = (from: number) =>
      Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`provider_${from + at}`, 'key']));
    await settings.putApiKeys('one', keys(0));
    await expect(settings.putApiKeys('one', keys(40))).rejects.toMatchObject({ code: 'ERR_VALIDATION' });
    expect(Object.keys((await settings.read('one')).api_keys)).toHaveLength(40);
  });

  it('have a fleet of plain addresses, each once, replaced as a whole', async () => {
    const { settings } = begin();
    const fleet = ['https://a.example/', 'http://127.0.0.1:8080', 'https://A.example', 'b.example/core/'];
    const read = await settings.putFleet('one', fleet);
    expect(read.core_fleet).toEqual(['https://a.example', 'http://127.0.0.1:8080', 'https://b.example/core']);
    for (const bad of ['https://u:p@a.example', 'https://a.example?x', 'https://a b'])
      await expect(settings.putFleet('one', ['https://fine.example', bad])).rejects.toMatchObject({
        code: 'ERR_VALIDATION',
        field: 'core_fleet.1',
      });
    expect(await settings.coreFleet('one')).toEqual(read.core_fleet);
    expect((await settings.putFleet('one', [])).core_fleet).toEqual([]);
  });

  it.each(['UTC', 'Asia/Kolkata', 'America/New_York', 'EST'])('take the time zone %s', async (zone) => {
    expect((await begin().settings.putTimezone('one', zone)).display_timezone).toBe(zone);
  });

  it.each(['', 'Mars/Olympus', 'UTC\0', '../etc'])('refuse the time zone %j', async (zone) => {
    await expect(begin().settings.putTimezone('one', zone)).rejects.toMatchObject({ field: 'display_timezone' });
  });
});
