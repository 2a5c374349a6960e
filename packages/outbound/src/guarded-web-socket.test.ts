import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '@intermix/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type GuardedWebSocket,
  type GuardedWebSocketOptions,
  openGuardedWebSocket,
  type WebSocketEnd,
} from './guarded-web-socket.js';

const cleanUps: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Bot {
  port: number;
  headers: IncomingHttpHeaders[];
  urls: (string | undefined)[];
}

async function makeBot(behave: (socket: WebSocket) => void): Promise<Bot> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  const bot: Bot = { port: (server.address() as AddressInfo).port, headers: [], urls: [] };
  server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    bot.headers.push(request.headers);
    bot.urls.push(request.url);
    behave(socket);
  });
  return bot;
}

async function makeTcp(behave: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    cleanUps.push(() => socket.destroy());
    behave(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, server };
}

interface Peer {
  socket: GuardedWebSocket;
  opened: Promise<string>;
  closed: Promise<WebSocketEnd>;
  messages: string[];
}

function open(url: string, options: Partial<GuardedWebSocketOptions> = {}): Peer {
  const messages: string[] = [];
  let tellOpened: (protocol: string) => void = () => {};
  let tellClosed: (end: WebSocketEnd) => void = () => {};
  const opened = new Promise<string>((resolve) => {
    tellOpened = resolve;
  });
  const closed = new Promise<WebSocketEnd>((resolve) => {
    tellClosed = resolve;
  });
  const socket = openGuardedWebSocket(
    url,
    { clock: systemClock, allowPrivate: true, ...options },
    {
      opened: tellOpened,
      message: (data, isBinary) => messages.push(`${isBinary ? 'binary' : 'text'} ${data.toString('utf8')}`),
      closed: tellClosed,
    },
  );
  cleanUps.push(() => socket.close());
  return { socket, opened, closed, messages };
}

it('opens, with the credentials of the URL as a header and nothing compressed, and carries messages both ways', async () => {
  const heard: string[] = [];
  const bot = await makeBot((socket) => {
    socket.send('hello'); // With the answer to the upgrade: it must not be missed.
    socket.on('message', (data) => {
      heard.push(data.toString());
      socket.close(1000, 'done');
    });
  });
  const peer = open(`ws://us%40er:pass@127.0.0.1:${bot.port}/calls?a=1#there`, { protocols: ['one', 'two'] });
  expect(await peer.opened).toBe('one');
  peer.socket.send('hi');
  expect(await peer.closed).toEqual({ wasOpen: true, code: 1000, reason: 'done', error: undefined });
  expect(heard).toEqual(['hi']);
  expect(peer.messages).toEqual(['text hello']);
  expect(bot.urls).toEqual(['/calls?a=1']);
  expect(bot.headers[0]?.authorization).toBe(`Basic ${Buffer.from('us@er:pass').toString('base64')}`);
  expect(bot.headers[0]?.['sec-websocket-extensions']).toBeUndefined();
});

it.each([
  ['http://127.0.0.1/', 'bad-url'],
  ['no url', 'bad-url'],
  ['ws://169.254.169.254/', 'address-refused'],
])('refuses %s without a connection: %s', async (url, problem) => {
  expect(await open(url).closed).toMatchObject({ wasOpen: false, error: { problem } });
});

describe('addresses', () => {
  it('refuses a private address where the operator does not allow it, written out or behind a name', async () => {
    let connections = 0;
    const { port } = await makeTcp(() => connections++);
    const written = open(`ws://127.0.0.1:${port}/`, { allowPrivate: false });
    expect(await written.closed).toMatchObject({ wasOpen: false, error: { problem: 'address-refused' } });
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const named = open(`ws://bot.example:${port}/`, { allowPrivate: false, resolve });
    expect(await named.closed).toMatchObject({ wasOpen: false, error: { problem: 'address-refused' } });
    expect(connections).toBe(0);
  });

  it('connects to the address that was checked, and looks a name up once', async () => {
    const bot = await makeBot((socket) => socket.close());
    let asked = 0;
    const answers = ['127.0.0.1', '169.254.169.254'];
    const resolve = async () => [{ address: answers[asked++] ?? '', family: 4 }];
    const peer = open(`ws://bot.example:${bot.port}/`, { resolve });
    expect(await peer.closed).toMatchObject({ wasOpen: true });
    expect(asked).toBe(1);
    expect(bot.headers[0]?.host).toBe(`bot.example:${bot.port}`);
  });

  it('does not follow a redirect', async () => {
    let followed = 0;
    const inner = await makeBot(() => followed++);
    const server = createHttpServer();
    server.on('upgrade', (_, socket) =>
      socket.end(`HTTP/1.1 302 Found\r\nlocation: ws://127.0.0.1:${inner.port}/\r\ncontent-length: 0\r\n\r\n`),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    const peer = open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await peer.closed).toMatchObject({ wasOpen: false, error: { problem: 'handshake-refused' } });
    expect(followed).toBe(0);
  });
});

describe('bad servers', () => {
  it.each([
    ['never answers', () => {}],
    [
      'drips its answer',
      (socket: Socket) => {
        const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('H')), 50);
      },
    ],
  ])('gives up in time on one that %s', async (_, behave) => {
    const { port } = await makeTcp((socket) => {
      if (behave.length > 0) socket.write('HTTP/1.1 101 Switching\r\nx-drip: ');
      behave(socket);
    });
    const began = Date.now();
    const peer = open(`ws://127.0.0.1:${port}/`, { handshakeTimeoutMs: 300 });
    expect(await peer.closed).toMatchObject({ wasOpen: false, error: { problem: 'timeout' } });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it.each([
    ['connect', (socket: Socket) => socket.destroy()],
    ['bad-answer', (socket: Socket) => socket.end('220 smtp.example ESMTP\r\n')],
    ['handshake-refused', (socket: Socket) => socket.end('HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n')],
    [
      'handshake-refused',
      (socket: Socket) =>
        socket.end('HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n'),
    ],
  ])('names the problem: %s', async (problem, behave) => {
    const { port } = await makeTcp((socket) => socket.once('data', () => behave(socket)));
    expect(await open(`ws://127.0.0.1:${port}/`).closed).toMatchObject({ wasOpen: false, error: { problem } });
  });

  it('says that nobody listens', async () => {
    const { port, server } = await makeTcp(() => {});
    server.close();
    expect(await open(`ws://127.0.0.1:${port}/`).closed).toMatchObject({ error: { problem: 'connect' } });
  });

  it('ends one that sends a message that is too large, no UTF-8, or breaks off', async () => {
    const large = await makeBot((socket) => socket.send('x'.repeat(2_000)));
    const first = open(`ws://127.0.0.1:${large.port}/`, { maxMessageBytes: 1_000 });
    expect(await first.closed).toMatchObject({ wasOpen: true, error: { problem: 'message-too-large' } });
    const torn = await makeBot((socket) => socket.send(Buffer.from([0xff, 0xfe]), { binary: false }));
    const second = open(`ws://127.0.0.1:${torn.port}/`);
    expect(await second.closed).toMatchObject({ wasOpen: true, error: { problem: 'bad-message' } });
    const gone = await makeBot((socket) => socket.terminate());
    expect(await open(`ws://127.0.0.1:${gone.port}/`).closed).toMatchObject({ wasOpen: true, code: 1006 });
  });

  it('cuts one off that does not take part in the closing handshake', async () => {
    const bot = await makeBot((socket) => socket.pause());
    const peer = open(`ws://127.0.0.1:${bot.port}/`);
    await peer.opened;
    peer.socket.close(1000, 'bye');
    expect(await peer.closed).toMatchObject({ wasOpen: true, code: 1006 });
  });
});

it('holds the far end up while it is paused', async () => {
  const bot = await makeBot((socket) => socket.on('message', () => socket.send('later')));
  const peer = open(`ws://127.0.0.1:${bot.port}/`);
  await peer.opened;
  peer.socket.pause();
  peer.socket.send('go');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(peer.messages).toEqual([]);
  peer.socket.resume();
  await expect.poll(() => peer.messages, { timeout: 10_000 }).toEqual(['text later']);
});

it('gives up a handshake when it is closed, and may be used when it is over', async () => {
  const { port } = await makeTcp(() => {});
  const peer = open(`ws://127.0.0.1:${port}/`);
  peer.socket.close();
  expect(await peer.closed).toMatchObject({ wasOpen: false, error: { problem: 'aborted' } });
  peer.socket.send('x');
  peer.socket.ping();
  peer.socket.pause();
  peer.socket.close();
  expect(peer.socket.bufferedBytes).toBe(0);
});
