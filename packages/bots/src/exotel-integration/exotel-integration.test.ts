import { OutboundClient } from '@intermix/outbound';
import { FakeClock } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { BotAddresses } from '../fleet/bot-addresses.js';
import { SystemSettings } from '../settings/system-settings.js';
import { memoryDocuments } from '../testing/memory-documents.js';
import { ExotelIntegration } from './exotel-integration.js';

const clients: OutboundClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

function begin({ allowPrivate = true, publicUrl }: { allowPrivate?: boolean; publicUrl?: string } = {}) {
  const client = new OutboundClient({ clock: new FakeClock(), allowPrivate });
  clients.push(client);
  const documents = memoryDocuments();
  const settings = new SystemSettings({ documents, checkUrl: (url) => client.checkUrl(url) });
  const addresses = new BotAddresses({ fleet: settings, publicUrl });
  const knowsBot = async (accountSid: string, botId: string) => accountSid === 'one' && botId.startsWith('bot');
  const integration = new ExotelIntegration({ documents, addresses, client, knowsBot });
  return { documents, settings, integration };
}

const credentials = { account_sid: 'acme1', api_key: 'planted-key-1', api_token: 'planted-token-1' };

describe('the integration record', () => {
  it('is there before anything is set', async () => {
    const { integration } = begin();
    expect(await integration.read('one')).toEqual({
      status: 'not_configured',
      credentials_configured: false,
      account_sid: '',
      api_base_url: 'https://api.exotel.com',
      dids: [],
    });
  });

  it('is configured with sid, key and token, and not with two of them', async () => {
    const { integration } = begin();
    for (const [name, value] of Object.entries(credentials)) {
      expect((await integration.read('one')).status).toBe('not_configured');
      await integration.putCredentials('one', { [name]: value });
    }
    expect(await integration.read('one')).toMatchObject({
      status: 'configured',
      credentials_configured: true,
      account_sid: 'acme1',
    });
    expect((await integration.read('two')).status).toBe('not_configured');
    for (const name of Object.keys(credentials)) {
      const without = await integration.putCredentials('one', { [name]: '' });
      expect(without).toMatchObject({ status: 'not_configured', credentials_configured: false });
      await integration.putCredentials('one', credentials);
    }
  });

  it('changes what is given alone, and null clears as the empty text does', async () => {
    const { integration, documents } = begin();
    await integration.putCredentials('one', { ...credentials, api_base_url: 'http://127.0.0.1:8080/' });
    await integration.putCredentials('one', { api_key: ' other-key ' });
    expect(documents.all()[0]).toEqual({
      values: { account_sid: 'acme1', api_base_url: 'http://127.0.0.1:8080', dids: [] },
      secrets: { api_key: 'other-key', api_token: 'planted-token-1' },
    });
    const cleared = await integration.putCredentials('one', { api_token: null });
    expect(cleared).toMatchObject({ api_base_url: 'http://127.0.0.1:8080', credentials_configured: false });
    expect(documents.all()[0]?.secrets).toEqual({ api_key: 'other-key' });
    const standard = await integration.putCredentials('one', { api_base_url: null, api_key: 'third-key' });
    expect(standard.api_base_url).toBe('https://api.exotel.com');
  });

  it('never shows key or token, nor keeps them among the values', async () => {
    const { integration, documents } = begin();
    const shown = [
      await integration.putCredentials('one', credentials),
      await integration.addDid('one', { number: '9876543210' }),
      await integration.read('one'),
      await integration.testCallOptions('one'),
      documents.all().map(({ values }) => values),
    ];
    expect(JSON.stringify(shown)).not.toContain('planted');
  });

  it.each([
    ['another host', { api_base_url: 'https://evil.example' }, 'api_key'],
    ['another host, with one of the two', { api_base_url: 'https://evil.example', api_key: 'new' }, 'api_token'],
    ['the same without encryption', { api_base_url: 'http://api.in.exotel.com' }, 'api_key'],
    ['the standard one', { api_base_url: '' }, 'api_key'],
  ])('sends key and token that were kept to no other server: %s', async (_, update, field) => {
    const { integration, documents } = begin();
    await integration.putCredentials('one', { ...credentials, api_base_url: 'api.in.exotel.com' });
    const before = documents.all();
    await expect(integration.putCredentials('one', update)).rejects.toMatchObject({ code: 'ERR_VALIDATION', field });
    expect(documents.all()).toEqual(before);
    const path = { api_base_url: 'https://api.in.exotel.com/proxy' };
    expect(await integration.putCredentials('one', path)).toMatchObject({ ...path, credentials_configured: true });
    const anew = { ...update, api_key: 'new-key', api_token: '' };
    expect(await integration.putCredentials('one', anew)).toMatchObject({ credentials_configured: false });
  });

  it.each([
    ['api.in.exotel.com', 'https://api.in.exotel.com'],
    ['https://api.exotel.com//', 'https://api.exotel.com'],
    ['HTTPS://API.exotel.com/proxy/', 'https://api.exotel.com/proxy'],
  ])('reads the address %s as %s', async (api_base_url, kept) => {
    const { integration } = begin();
    expect((await integration.putCredentials('one', { api_base_url })).api_base_url).toBe(kept);
  });

  it.each([
    'ftp://api.exotel.com',
    'https://',
    'not a url',
    'https://user:secret@api.exotel.com',
    'https://api.exotel.com/?a=1',
    'https://api.exotel.com/#x',
    'http://10.0.0.1',
    'http://169.254.169.254',
  ])('refuses the address %s, and writes nothing', async (api_base_url) => {
    const { integration, documents } = begin({ allowPrivate: false });
    const update = { ...credentials, api_base_url };
    await expect(integration.putCredentials('one', update)).rejects.toMatchObject({
      code: 'ERR_VALIDATION',
      field: 'api_base_url',
      message: expect.stringContaining('"api_base_url"'),
    });
    expect(documents.all()).toEqual([]);
  });

  it.each([
    [{ account_sid: 'a/b' }, 'account_sid'],
    [{ account_sid: 'a b' }, 'account_sid'],
    [{ account_sid: '..' }, 'account_sid'],
    [{ account_sid: 'a%2Fb' }, 'account_sid'],
    [{ api_base_url: 'nope' }, 'api_base_url'],
    [{ api_key: 'a:b' }, 'api_key'],
  ])('refuses %j', async (update, field) => {
    const { integration } = begin();
    await expect(integration.putCredentials('one', update)).rejects.toMatchObject({ code: 'ERR_VALIDATION', field });
  });
});

describe('numbers of the integration', () => {
  it('are normalised, and kept in the order they came in', async () => {
    const { integration } = begin();
    const first = await integration.addDid('one', { number: '98765 43210', label: ' Sales ' });
    await integration.addDid('one', { number: '08047112233' });
    expect(first).toEqual({
      did_id: expect.stringMatching(/^did_[0-9a-f]{32}$/),
      number: '+919876543210',
      label: 'Sales',
      bot_id: '',
      flow_url: '',
      websocket_url: '',
    });
    expect((await integration.read('one')).dids.map(({ number }) => number)).toEqual([
      '+919876543210',
      '+918047112233',
    ]);
    expect((await integration.read('two')).dids).toEqual([]);
    expect(await integration.findDid('one', first.did_id)).toEqual(first);
    expect(await integration.findDid('two', first.did_id)).toBeUndefined();
  });

  it('are there once, in whatever form they are written', async () => {
    const { integration } = begin();
    await integration.addDid('one', { number: '9876543210' });
    const again = integration.addDid('one', { number: '00919876543210' });
    await expect(again).rejects.toMatchObject({ code: 'ERR_EXOTEL_INTEGRATION', field: 'number' });
    expect((await integration.read('one')).dids).toHaveLength(1);
    expect((await integration.addDid('two', { number: '9876543210' })).number).toBe('+919876543210');
  });

  it('refuse what is no number, no URL, and no bot, and write nothing', async () => {
    const { integration, documents } = begin();
    const number = '9876543210';
    const wrong = [
      [{ number: 'none' }, 'number'],
      [{ number, flow_url: 'my.exotel.com/flow' }, 'flow_url'],
      [{ number, flow_url: 'javascript:alert(1)' }, 'flow_url'],
      [{ number, flow_url: 'https://' }, 'flow_url'],
      [{ number, bot_id: 'nobody' }, 'bot_id'],
    ] as const;
    for (const [input, field] of wrong) {
      await expect(integration.addDid('one', input)).rejects.toMatchObject({ code: 'ERR_VALIDATION', field });
    }
    await expect(integration.addDid('two', { number, bot_id: 'bot_1' })).rejects.toMatchObject({ field: 'bot_id' });
    expect(documents.all()).toEqual([]);
  });

  it('change in what is given, and an empty text clears', async () => {
    const { integration } = begin();
    const flow_url = 'https://my.exotel.com/acme1/exoml/start_voice/42';
    const { did_id } = await integration.addDid('one', { number: '9876543210', label: 'a', bot_id: 'bot_1', flow_url });
    expect(await integration.updateDid('one', did_id, { label: 'b' })).toMatchObject({ label: 'b', bot_id: 'bot_1' });
    const cleared = await integration.updateDid('one', did_id, { bot_id: '', flow_url: null });
    expect(cleared).toMatchObject({ label: 'b', bot_id: '', flow_url: '', websocket_url: '', number: '+919876543210' });
    expect(await integration.updateDid('two', did_id, { label: 'c' })).toBeUndefined();
    expect(await integration.updateDid('one', 'did_none', { label: 'c' })).toBeUndefined();
  });

  it('are removed once, by their own account alone', async () => {
    const { integration } = begin();
    const { did_id } = await integration.addDid('one', { number: '9876543210' });
    expect(await integration.removeDid('two', did_id)).toBe(false);
    expect(await integration.removeDid('one', did_id)).toBe(true);
    expect(await integration.removeDid('one', did_id)).toBe(false);
    expect((await integration.addDid('one', { number: '9876543210' })).did_id).not.toBe(did_id);
  });

  it.each([
    [[], 'bot_1', 'wss://localhost/exotel/bot_1'],
    [['https://core.example', 'https://other.example'], 'bot_1', 'wss://core.example/exotel/bot_1'],
    [['http://127.0.0.1:8080/'], 'bot_1', 'ws://127.0.0.1:8080/exotel/bot_1'],
    [['https://core.example/http/'], 'bot a/b', 'wss://core.example/http/exotel/bot%20a%2Fb'],
    [['https://core.example'], '', ''],
  ])('with the fleet %j and the bot %j have the WebSocket URL %j', async (fleet, bot_id, websocket_url) => {
    const { integration, settings } = begin();
    await settings.putFleet('one', fleet);
    expect(await integration.addDid('one', { number: '9876543210', bot_id })).toMatchObject({ websocket_url });
    expect((await integration.read('one')).dids[0]).toMatchObject({ websocket_url });
  });

  it('have the WebSocket URL on the installation’s public address while the account has no fleet', async () => {
    const { integration, settings } = begin({ publicUrl: 'https://pbx.example/phone' });
    const did = await integration.addDid('one', { number: '9876543210', bot_id: 'bot_1' });
    expect(did.websocket_url).toBe('wss://pbx.example/phone/exotel/bot_1');
    await settings.putFleet('one', ['https://core.example']);
    expect((await integration.findDid('one', did.did_id))?.websocket_url).toBe('wss://core.example/exotel/bot_1');
  });

  it('say whether a test call can be placed, and what is missing', async () => {
    const { integration } = begin();
    const flow_url = 'https://my.exotel.com/acme1/exoml/start_voice/42';
    await integration.addDid('one', { number: '9876543210', flow_url });
    await integration.addDid('one', { number: '9876543211', label: 'no flow' });
    expect(await integration.testCallOptions('one')).toMatchObject({
      credentials_configured: false,
      dids: [{ test_ready: false, reason: expect.stringContaining('API token') }, { test_ready: false }],
    });
    await integration.putCredentials('one', credentials);
    const { dids } = await integration.testCallOptions('one');
    expect(dids[0]).toMatchObject({ number: '+919876543210', test_ready: true, reason: '' });
    expect(dids[0]).not.toHaveProperty('flow_url');
    expect(dids[1]).toMatchObject({ test_ready: false, reason: expect.stringContaining('flow URL') });
  });
});
