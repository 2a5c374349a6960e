import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { FakeClock } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { SipTransportError } from '../message/errors.js';
import { options, RecordingSink, until } from './testing/recording-sink.js';
import { WebSocketTransport, type WebSocketTransportOptions } from './websocket-transport.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const ORIGIN = 'https://desk.example.com';

/** An HTTP server that hands its upgrades to the transport, as the real one does. */
async function start(choices: Partial<WebSocketTransportOptions> = {}) {
  const transport = new WebSocketTransport({ allowOrigin: (origin) => origin === ORIGIN, ...choices });
  const sink = new RecordingSink();
  await transport.start(sink);
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head));
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  cleanUp.push(() => transport.stop());
  return { transport, sink, port: (server.address() as AddressInfo).port };
}

/** A browser: what it received, and how its connection ended. */
function browse(port: number, choices: ClientOptions & { protocols?: string[] } = {}) {
  const { protocols = ['sip'], ...rest } = choices;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/wss?x=1`, protocols, { origin: ORIGIN, ...rest });
  cleanUp.push(() => socket.terminate());
  const received: { text: string; binary: boolean }[] = [];
  let closeCode: number | undefined;
  let refused: number | undefined;
  socket.on('message', (data, binary) => received.push({ text: String(data), binary }));
  socket.on('close', (code) => {
    closeCode = code;
  });
  socket.on('error', () => {});
  socket.on('unexpected-response', (_request, response: IncomingMessage) => {
    refused = response.statusCode;
    socket.terminate();
  });
  const opened = new Promise<void>((resolve) => socket.once('open', resolve));
  return { socket, received, opened, closeCode: () => closeCode, refused: () => refused };
}

describe('opening handshake', () => {
  it('answers the sub-protocol sip and keeps the facts of the upgrade', async () => {
    const { sink, port } = await start();
    const page = browse(port, { protocols: ['chat', 'sip'] });
    await page.opened;
    expect(page.socket.protocol).toBe('sip');
    expect(page.socket.extensions).toBe('');
    page.socket.send(options('one'));
    const { flow } = await sink.nth(1);
    expect(flow.upgrade).toEqual({ origin: ORIGIN, path: '/wss?x=1' });
    expect([flow.protocol, flow.reliable, flow.secure]).toEqual(['WS', true, false]);
    expect(flow.remote.host).toBe('127.0.0.1');
  });

  it.each([
    ['no sub-protocol', { protocols: [] }, 400],
    ['another sub-protocol', { protocols: ['xmpp'] }, 400],
    ['a strange origin', { origin: 'https://evil.example.org' }, 403],
  ])('with %s: %s → %i', async (_name, choices, status) => {
    const { transport, port } = await start();
    const page = browse(port, choices);
    await until(() => page.refused() === status);
    expect(transport.connections).toBe(0);
  });

  it('refuses when asked without an Origin unless the predicate lets it in', async () => {
    const closed = await start();
    const none = browse(closed.port, { origin: undefined });
    await until(() => none.refused() === 403);
    const open = await start({ allowOrigin: (origin) => origin === undefined });
    await browse(open.port, { origin: undefined }).opened;
  });

  it('refuses with 403 when the predicate throws', async () => {
    const { port } = await start({
      allowOrigin: () => {
        throw new Error('boom');
      },
    });
    const page = browse(port);
    await until(() => page.refused() === 403);
  });

  it('does not let a refused peer hold its socket open', async () => {
    const { port } = await start();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    cleanUp.push(() => socket.destroy());
    let closedByServer = false;
    socket.on('error', () => {
      closedByServer = true; // Writing into the destroyed socket is what tells.
    });
    socket.on('data', () => {});
    const poke = setInterval(() => socket.write('x'), 10);
    cleanUp.push(() => clearInterval(poke));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await until(() => closedByServer);
  });

  it('survives a request that is no WebSocket handshake', async () => {
    const { port, transport } = await start();
    const socket = connect(port, '127.0.0.1');
    cleanUp.push(() => socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    const head = ['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', `Origin: ${ORIGIN}`];
    socket.write(`${[...head, 'Sec-WebSocket-Protocol: sip', 'Sec-WebSocket-Key: short'].join('\r\n')}\r\n\r\n`);
    await until(() => answer.startsWith('HTTP/1.1 400'));
    expect(transport.connections).toBe(0);
  });

  it('caps the connections of one source, and gives them back', async () => {
    const { port, transport } = await start({ caps: { perSource: 1 } });
    const first = browse(port);
    await first.opened;
    const second = browse(port);
    await until(() => second.refused() === 503);
    first.socket.close();
    await until(() => transport.connections === 0);
    let third = browse(port);
    await until(() => {
      if (third.refused() === 503) third = browse(port); // The socket may close a moment after its flow.
      return third.socket.readyState === WebSocket.OPEN;
    });
  });

  it('knows the real peer behind a reverse proxy when told how', async () => {
    const { port, sink } = await start({
      remoteAddress: (request) => ({ host: String(request.headers['x-real-ip']), port: 0 }),
      isSecure: () => true,
    });
    const page = browse(port, { headers: { 'X-Real-IP': '203.0.113.7' } });
    await page.opened;
    page.socket.send(options('one'));
    const { flow } = await sink.nth(1);
    expect([flow.remote.host, flow.protocol, flow.secure]).toEqual(['203.0.113.7', 'WSS', true]);
  });
});

describe('frames', () => {
  it('takes text and binary frames, one message each, and sends text', async () => {
    const { sink, port } = await start();
    const page = browse(port);
    await page.opened;
    page.socket.send(options('text', 3));
    page.socket.send(Buffer.from(options('binary', 3)), { binary: true });
    const { flow } = await sink.nth(2);
    expect(sink.texts).toEqual([options('text', 3), options('binary', 3)]);
    flow.send(Buffer.from('SIP/2.0 200 Grüße\r\n\r\n'));
    flow.send(Buffer.from([0xff, 0xfe]));
    await until(() => page.received.length === 2);
    expect(page.received[0]).toEqual({ text: 'SIP/2.0 200 Grüße\r\n\r\n', binary: false });
    expect(page.received[1]?.binary).toBe(true);
  });

  it('answers CRLFCRLF with CRLF and hands neither up', async () => {
    const { sink, port } = await start();
    const page = browse(port);
    await page.opened;
    page.socket.send('\r\n\r\n');
    page.socket.send(Buffer.from('\r\n\r\n'));
    page.socket.send('\r\n');
    await until(() => page.received.length === 2);
    expect(page.received.map(({ text }) => text)).toEqual(['\r\n', '\r\n']);
    page.socket.send(options('one'));
    await sink.nth(1);
    expect(sink.texts).toEqual([options('one')]);
  });

  it('closes on a frame above 64 kB', async () => {
    const { sink, port } = await start();
    const page = browse(port);
    await page.opened;
    page.socket.send('x'.repeat(64 * 1024 + 1));
    await until(() => page.closeCode() === 1009);
    await until(() => sink.closed.length === 1);
    expect(sink.messages).toEqual([]);
  });

  it('closes on a peer that does not read', async () => {
    const { sink, port } = await start({ limits: { maxBufferedBytes: 100_000 } });
    const page = browse(port);
    await page.opened;
    page.socket.send(options('one'));
    const { flow } = await sink.nth(1);
    page.socket.pause();
    for (let sent = 0; sent < 400 && !flow.closed; sent++) flow.send('x'.repeat(60_000));
    expect(flow.closed).toBe(true);
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.reason).toBe('peer reads too slowly');
  });
});

describe('life and death', () => {
  it('drops a browser that answers no ping, and keeps one that does', async () => {
    const clock = new FakeClock();
    const { sink, port, transport } = await start({ clock });
    const dead = browse(port, { autoPong: false });
    const alive = browse(port);
    await Promise.all([dead.opened, alive.opened]);
    let pings = 0;
    alive.socket.on('ping', () => pings++);
    dead.socket.send(options('dead'));
    alive.socket.send(options('alive'));
    await sink.nth(2);
    clock.advance(15_000);
    await until(() => pings === 1);
    // The pong is on its way back; a message behind it tells that it has come.
    alive.socket.send(options('after pong'));
    await sink.nth(3);
    clock.advance(15_000);
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.reason).toBe('no pong');
    await until(() => pings === 2);
    expect(transport.connections).toBe(1);
  });

  it('closes strangers that say nothing', async () => {
    const clock = new FakeClock();
    const { port, transport } = await start({ clock, limits: { firstMessageMs: 1000 } });
    const page = browse(port);
    await page.opened;
    await until(() => transport.connections === 1);
    clock.advance(1000);
    await until(() => page.closeCode() === 1008);
    await until(() => clock.pendingTimers === 0);
  });

  it('closes who is not authenticated in time, when that is asked for', async () => {
    const clock = new FakeClock();
    const { port, transport, sink } = await start({ clock, limits: { unauthenticatedMs: 5000 } });
    const stranger = browse(port);
    const known = browse(port);
    await Promise.all([stranger.opened, known.opened]);
    stranger.socket.send(options('stranger'));
    known.socket.send(options('known'));
    await sink.nth(2);
    transport.markAuthenticated(sink.messages.find(({ text }) => text.includes('known'))!.flow);
    clock.advance(5000);
    await until(() => stranger.closeCode() === 1008);
    expect(known.closeCode()).toBeUndefined();
  });

  it('tells of a closed tab, and sends nothing more', async () => {
    const { sink, port } = await start();
    const page = browse(port);
    await page.opened;
    page.socket.send(options('one'));
    const { flow } = await sink.nth(1);
    page.socket.terminate();
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.flow).toBe(flow);
    expect(flow.closed).toBe(true);
    expect(() => flow.send('x')).not.toThrow();
  });

  it('finds open flows by their address, and connects to nobody', async () => {
    const { transport, sink, port } = await start();
    const page = browse(port);
    await page.opened;
    page.socket.send(options('one'));
    const { flow } = await sink.nth(1);
    expect(await transport.connect('WS', flow.remote)).toBe(flow);
    await expect(transport.connect('WS', { host: '127.0.0.1', port: 9 })).rejects.toThrow(SipTransportError);
  });

  it('stop closes every browser', async () => {
    const clock = new FakeClock();
    const { transport, sink, port } = await start({ clock });
    const page = browse(port);
    await page.opened;
    await until(() => transport.connections === 1);
    await transport.stop();
    expect(sink.closed).toHaveLength(1);
    await until(() => page.closeCode() === 1001);
    expect(clock.pendingTimers).toBe(0);
    const late = browse(port);
    await until(() => late.refused() === 503);
  });
});
