import { systemClock, systemRandom } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import type { SessionOrder } from '../host/session-order.js';
import { agent } from '../kinds/agent/agent.js';
import type { StoredBot } from '../ports/bot-store.js';
import { SystemSettings } from '../settings/system-settings.js';
import { memoryDocuments } from '../testing/memory-documents.js';
import { BotGate } from './bot-gate.js';

const ours = 'wss://api.openai.com/v1/realtime?model=gpt-realtime';

/** An account `acc` whose settings hold a key of the provider, and a bot with this configuration. */
async function makeGate(config: object, accountSid = 'acc') {
  const settings = new SystemSettings({ documents: memoryDocuments(), checkUrl: () => undefined });
  await settings.putApiKeys('acc', { openai: 'sk-of-the-account' });
  const at = new Date(0);
  const bot: StoredBot = {
    ...{ id: 'bot_1', accountSid, name: 'Agent', kind: 'agent', config: agent.parse(config), version: 1 },
    ...{ auth: { type: 'none' }, activeHours: undefined, maxCallSec: 600, createdAt: at, updatedAt: at },
  };
  const orders: SessionOrder[] = [];
  const gate = new BotGate({
    bots: { find: async () => bot, findAnywhere: async () => bot },
    apiKey: (account, provider) => settings.apiKey(account, provider),
    worker: { admit: (order) => ({ port: orders.push(order) }), end() {}, endBot() {} },
    ...{ clock: systemClock, random: systemRandom },
  });
  const keyShown = async () => {
    const shown = { authorization: undefined, token: undefined };
    await gate.admit({ botId: 'bot_1', source: '203.0.113.5', shown, hops: 0, isGone: () => false });
    const config = orders.at(-1)?.bot.config as { api_key: string } | undefined;
    return config?.api_key;
  };
  return { gate, bot, settings, keyShown, orders };
}

describe('an agent without a key of its own', () => {
  it("is called with the account's, as it is at that time; the bot is kept without it", async () => {
    const { gate, bot, settings, keyShown, orders } = await makeGate({ url: ours });
    expect(await keyShown()).toBe('sk-of-the-account');
    await settings.putApiKeys('acc', { openai: 'sk-the-next-one' });
    await gate.admitCall('acc', 'bot_1');
    expect(orders.at(-1)?.bot.config).toMatchObject({ api_key: 'sk-the-next-one' });
    expect(JSON.stringify(bot)).not.toContain('sk-');
    await settings.putApiKeys('acc', { openai: '' });
    expect(await keyShown()).toBe('');
  });

  it.each([
    ['another host', { url: 'wss://api.openai.com.evil.example/v1/realtime' }],
    ['another host with that user', { url: 'wss://api.openai.com@evil.example/v1/realtime' }],
    ['another port', { url: 'wss://api.openai.com:8443/v1/realtime' }],
    ['a connection that is not encrypted', { url: 'ws://api.openai.com/v1/realtime' }],
    ['a header that holds a key', { url: ours, secret_headers: { Authorization: 'Bearer own' } }],
  ])("is not given the account's for %s", async (_, config) => {
    const { keyShown } = await makeGate(config);
    expect(await keyShown()).toBe('');
  });

  it("is not given another account's, and one with its own keeps that", async () => {
    expect(await (await makeGate({ url: ours }, 'other')).keyShown()).toBe('');
    expect(await (await makeGate({ url: ours, api_key: 'sk-own' })).keyShown()).toBe('sk-own');
  });
});
