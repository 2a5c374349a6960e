import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { octetsOf, PlatformMessageWriter } from '@intermix/streaming';
import { eventually } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BotHost } from '../host/bot-host.js';
import { botOutside } from '../host/outside.js';
import { botKinds } from '../kinds/bot-kinds.js';
import type { BotAuth, StoredBot } from '../ports/bot-store.js';
import { BotCalls } from '../results/bot-calls.js';
import { BotGate } from './bot-gate.js';
import { ExotelIngress } from './exotel-ingress.js';

const patience = { timeoutMs: 10_000 };
const never = { timeZone: 'UTC', windows: [] };

/** Sessions in this process, behind the ingress on a real HTTP server. */
describe('WebSocket /exotel/{bot_id}', () => {
  const bots = new Map<string, StoredBot>();
  const rows = new Map<string, string>();
  const calls = new BotCalls({
    store: {
      begin: async ({ sessionId }) => void rows.set(sessionId, 'in-progress'),
      finish: async ({ sessionId }, { disconnectedBy }) => void rows.set(sessionId, disconnectedBy),
    },
    clock: systemClock,
    logger: silentLogger,
  });
  const common = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const host = new BotHost({
    ...{ kinds: botKinds, outside: botOutside({ clock: systemClock, allowPrivate: false }), ...common },
    tell: (event) => event.type !== 'log' && calls.handleEvent(event),
    render: async () => Promise.reject(new Error('no voice')),
  });
  let room = Number.POSITIVE_INFINITY;
  let port = 0;
  const gate = new BotGate({
    bots: { find: async (_, id) => bots.get(id), findAnywhere: async (id) => bots.get(id) },
    worker: {
      admit(order) {
        if (room-- <= 0) return 'full';
        host.expect(order);
        return { port };
      },
    },
    ...common,
  });
  const ingress = new ExotelIngress({ gate, logger: silentLogger });
  let server: Server;
  let url = '';

  beforeAll(async () => {
    port = await host.listen();
    server = createServer();
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      ingress.handleUpgrade(request, socket, head);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/exotel`;
  });
  afterAll(async () => {
    await host.stop();
    await calls.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  function bot(id: string, auth: BotAuth = { type: 'none' }, more: Partial<StoredBot> = {}): string {
    const at = new Date(0);
    const whole = { id, accountSid: 'acc', name: id, kind: 'echo', config: { delay_ms: 0 }, version: 1, auth };
    bots.set(id, { ...whole, activeHours: undefined, maxCallSec: 600, createdAt: at, updatedAt: at, ...more });
    return id;
  }

  /** Status of the upgrade: 101, or the refusal's. */
  async function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(`${url}/${path}`, { headers });
    const status = await new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      socket.on('error', () => {});
    });
    socket.terminate();
    return status;
  }

  async function call(id: string) {
    const socket = new WebSocket(`${url}/${id}`);
    const heard: any[] = [];
    let code: number | undefined;
    socket.on('message', (data) => heard.push(JSON.parse(String(data))));
    socket.on('error', () => {});
    socket.on('close', (closed) => {
      code = closed;
    });
    await once(socket, 'open');
    const writer = new PlatformMessageWriter('s1');
    const start = { streamSid: 's1', callSid: 'c1', accountSid: 'far', from: '+911', to: '+912' };
    const begin = () => {
      socket.send(writer.connected());
      socket.send(writer.start({ ...start, customParameters: {}, sampleRate: 8000 }));
    };
    const speak = () =>
      socket.send(writer.media({ chunk: 1, timestampMs: 100, audio: octetsOf(new Int16Array(800).fill(9)) }));
    return { socket, heard, begin, speak, code: () => code };
  }

  const nothingLeft = () =>
    eventually(() => expect(host.counts).toEqual({ expected: 0, sessions: 0, sockets: 0 }), patience);

  it.each([
    ['nobody', 'bot_none', 404],
    ['a path that names none', 'a%20b', 404],
    ['a path within', 'a/b', 404],
  ])('refuses %s', async (_, path, status) => {
    expect(await statusOf(path)).toBe(status);
  });

  it('asks for the credentials of the bot', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    bot('locked', { type: 'basic', username: 'exotel', password: 'sesame-street' });
    bot('hidden', { type: 'token', token: 'planted-token' });
    expect(await statusOf('locked')).toBe(401);
    expect(await statusOf('locked', basic('exotel:wrong'))).toBe(401);
    expect(await statusOf('locked', basic('exotel:sesame-street'))).toBe(101);
    expect(await statusOf('hidden?token=other')).toBe(401);
    expect(await statusOf('hidden?sample-rate=8000&token=planted-token')).toBe(101);
    await nothingLeft();
  });

  it('runs a bot: what is said comes back, and there is a record', async () => {
    const { begin, speak, heard, socket } = await call(bot('echo'));
    begin();
    speak();
    const media = await eventually(() => heard.find(({ event }) => event === 'media'), patience);
    expect(media).toMatchObject({ stream_sid: 's1' });
    expect([...rows.values()]).toContain('in-progress');
    socket.close(1000);
    await eventually(() => expect([...rows.values()]).toContain('customer'), patience);
    await nothingLeft();
  });

  it('takes a call outside of the hours down, and closes', async () => {
    const { begin, code } = await call(bot('night', { type: 'none' }, { activeHours: never }));
    begin();
    await eventually(() => expect(code()).toBe(1000), patience);
    expect([...rows.values()]).toContain('outside_hours');
  });

  it('closes who sends a message of ten megabytes, and counts it', async () => {
    const { socket, code } = await call(bot('large'));
    socket.send(Buffer.alloc(10_000_000));
    await eventually(() => expect(code()).toBeDefined(), patience);
    await eventually(() => expect(calls.neverStarted.get('too-large')).toBe(1), patience);
    await nothingLeft();
  });

  it('refuses one too many', async () => {
    room = 0;
    expect(await statusOf(bot('full'))).toBe(429);
    room = Number.POSITIVE_INFINITY;
    expect(ingress.refused.get(429)).toBe(1);
  });

  it('leaves nothing of those whom it refused, though they send on and never close', async () => {
    const { port: shown } = server.address() as AddressInfo;
    const upgrade = 'GET /exotel/nobody HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nmore';
    const clients = Array.from({ length: 5 }, () => connect({ host: '127.0.0.1', port: shown, allowHalfOpen: true }));
    for (const client of clients) client.on('error', () => {}).write(upgrade);
    await eventually(async () => {
      const open = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      return open === 0 && (ingress.refused.get(404) ?? 0) >= 5;
    }, patience);
    for (const client of clients) client.destroy();
  });

  it('takes nobody on loopback who shows no ticket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/exotel/echo`, { headers: { 'x-intermix-ticket': 'guess' } });
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    socket.terminate();
  });

  it('a hundred at once, closed anyhow at any moment, leave nothing behind', async () => {
    const id = bot('many');
    rows.clear();
    const talks = await Promise.all(Array.from({ length: 100 }, () => call(id)));
    talks.forEach(({ begin, speak, socket }, index) => {
      if (index % 10 !== 0) begin();
      if (index % 3 === 0) speak();
      if (index % 4 === 0) socket.terminate();
      else if (index % 4 === 1) socket.close(1000);
      else if (index % 4 === 2) socket.send('nonsense', () => socket.close(4000));
      else setTimeout(() => socket.terminate(), index);
    });
    await nothingLeft();
    await eventually(() => expect([...rows.values()].every((by) => by === 'customer')).toBe(true), patience);
    expect(rows.size).toBeGreaterThan(20);
    await eventually(async () => {
      const open = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      return open === 0;
    }, patience);
  });
});
