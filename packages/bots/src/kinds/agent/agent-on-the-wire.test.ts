import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { octetsOf, PlatformMessageWriter, readBotMessage } from '@intermix/streaming';
import { eventually } from '@intermix/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { BotHost } from '../../host/bot-host.js';
import { botOutside } from '../../host/outside.js';
import type { HostEvent, SessionOrder } from '../../host/session-order.js';
import { botKinds } from '../bot-kinds.js';
import { agent } from './agent.js';

/** A Realtime server behind a real socket: says two seconds when it is asked to, and hears a caller as soon as audio comes. */
const heard: { authorization: string | undefined; events: { type: string; audio_end_ms?: number }[] } = {
  ...{ authorization: undefined, events: [] },
};
const provider = new WebSocketServer({ host: '127.0.0.1', port: 0 });
provider.on('connection', (socket, request) => {
  heard.authorization = request.headers.authorization;
  const tell = (event: object) => socket.send(JSON.stringify(event));
  const speech = octetsOf(new Int16Array(48_000).fill(900)).toString('base64');
  socket.on('message', (data) => {
    const event = JSON.parse(String(data)) as { type: string };
    heard.events.push(event);
    if (event.type === 'response.create') {
      tell({ type: 'response.created', response: { id: 'r1' } });
      tell({ type: 'response.output_audio.delta', response_id: 'r1', item_id: 'i1', content_index: 0, delta: speech });
    } else if (event.type === 'input_audio_buffer.append')
      tell({ type: 'input_audio_buffer.speech_started', item_id: 'c1' });
  });
});

const told: HostEvent[] = [];
const host = new BotHost({
  ...{ kinds: botKinds, tell: (event: HostEvent) => void told.push(event), render: async () => '' },
  ...{ outside: botOutside({ clock: systemClock, allowPrivate: true }) },
  ...{ clock: systemClock, random: systemRandom, logger: silentLogger },
});
let port = 0;

beforeAll(async () => {
  port = await host.listen();
});

afterAll(async () => {
  await host.stop();
  for (const socket of provider.clients) socket.terminate();
  provider.close();
});

it('greets, is talked into, and tells the provider so, over sockets', { timeout: 30_000 }, async () => {
  const url = `ws://127.0.0.1:${(provider.address() as AddressInfo).port}/v1/realtime`;
  host.expect(orderOf(agent.parse({ url, api_key: 'key-1' })));
  const headers = { 'x-intermix-ticket': 'ticket-1' };
  const caller = new WebSocket(`ws://127.0.0.1:${port}/exotel/bot_1`, { headers });
  const said: ReturnType<typeof readBotMessage>[] = [];
  caller.on('message', (data) => void said.push(readBotMessage(String(data))));
  await once(caller, 'open');
  const writer = new PlatformMessageWriter('stream-1');
  const start = { streamSid: 'stream-1', callSid: 'call-1', accountSid: 'acc', from: '+91987', to: '+91804' };
  caller.send(writer.start({ ...start, customParameters: {}, sampleRate: 8000 }));

  const until = (condition: () => boolean) => eventually(condition, { timeoutMs: 15_000 });
  await until(() => said.some(({ event }) => event === 'media'));
  expect(heard.authorization).toBe('Bearer key-1');
  caller.send(writer.media({ chunk: 1, timestampMs: 100, audio: octetsOf(new Int16Array(800).fill(1000)) }));
  await until(() => said.some(({ event }) => event === 'clear'));
  await until(() => heard.events.some(({ type }) => type === 'response.cancel'));
  const truncated = heard.events.find(({ type }) => type === 'conversation.item.truncate');
  expect(truncated?.audio_end_ms).toBeLessThanOrEqual(2000);
  caller.close(1000);
  await until(() => told.some(({ type }) => type === 'ended'));
  await until(() => provider.clients.size === 0);
});

function orderOf(config: unknown): SessionOrder {
  const bot = { botId: 'bot_1', accountSid: 'acc', kind: 'agent', config };
  return { sessionId: 's1', ticket: 'ticket-1', bot, verdict: 'run', maxCallMs: 60_000, hops: 0, isAnonymous: true };
}
