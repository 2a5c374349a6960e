import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@intermix/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { OutboundClient, type OutboundClientOptions } from './outbound-client.js';

const cleanUps: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function makeClient(options: Partial<OutboundClientOptions> = {}): OutboundClient {
  const client = new OutboundClient({ clock: systemClock, allowPrivate: true, ...options });
  cleanUps.push(() => client.close());
  return client;
}

async function listening(server: Server | TcpServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const httpServer = (listener: RequestListener) => listening(createServer(listener));

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

it('gets a URL that is longer than a customer may give, by what was added to it', async () => {
  const port = await httpServer((request, response) => void response.end(String(request.url?.length)));
  const client = makeClient();
  const url = (length: number) => `http://127.0.0.1:${port}/?a=`.padEnd(length, 'x');
  const origin = `http://127.0.0.1:${port}`.length;
  expect((await client.get(url(8_192))).body.toString()).toBe(String(8_192 - origin));
  await expect(client.get(url(8_193))).rejects.toMatchObject({ problem: 'bad-url' });
  await expect(client.post(url(2_049), { body: '' })).rejects.toMatchObject({ problem: 'bad-url' });
  expect(() => client.checkUrl(url(2_049))).toThrow(expect.objectContaining({ problem: 'bad-url' }));
});

it('posts the exact octets and gives the answer, using connections again', async () => {
  const seen: unknown[] = [];
  const ports = new Set<number | undefined>();
  const port = await httpServer(async (request, response) => {
    ports.add(request.socket.remotePort);
    const { method, url, headers } = request;
    seen.push({ method, url, type: headers['content-type'], auth: headers.authorization, body: await bodyOf(request) });
    response.writeHead(200, { 'x-seen': 'yes' }).end('thanks');
  });
  const client = makeClient();
  const post = () =>
    client.post(`http://user:pass@127.0.0.1:${port}/hook?a=1#there`, {
      headers: { 'content-type': 'application/json' },
      body: '{"ü":1}',
    });
  const answer = await post();
  expect(answer).toMatchObject({ status: 200, headers: { 'x-seen': 'yes' }, cutOff: false });
  expect(answer.body.toString()).toBe('thanks');
  for (let turn = 0; turn < 7; turn++) await post();
  expect(seen).toHaveLength(8);
  const auth = `Basic ${Buffer.from('user:pass').toString('base64')}`;
  expect(seen[0]).toEqual({ method: 'POST', url: '/hook?a=1', type: 'application/json', auth, body: '{"ü":1}' });
  expect(ports.size).toBeLessThan(4);
});

it('gets with the limits of the one request, credentials of the URL moved into a header', async () => {
  const seen: unknown[] = [];
  const port = await httpServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, auth: headers.authorization, version: headers['exotel-version'] });
    if (url === '/slow') return;
    response.writeHead(302, { location: '/elsewhere' }).end('x'.repeat(100));
  });
  const client = makeClient();
  const answer = await client.get(`http://user:pass@127.0.0.1:${port}/next?CallSid=1`, {
    headers: { 'Exotel-Version': '1.0' },
    maxBytes: 10,
  });
  expect(answer).toMatchObject({ status: 302, cutOff: true });
  expect(answer.body.toString()).toBe('x'.repeat(10));
  const auth = `Basic ${Buffer.from('user:pass').toString('base64')}`;
  expect(seen).toEqual([{ method: 'GET', url: '/next?CallSid=1', auth, version: '1.0' }]);
  const slow = client.get(`http://127.0.0.1:${port}/slow`, { timeoutMs: 200 });
  await expect(slow).rejects.toMatchObject({ problem: 'timeout' });
  const hidden = makeClient({ allowPrivate: false }).get(`http://127.0.0.1:${port}/`);
  await expect(hidden).rejects.toMatchObject({ problem: 'address-refused' });
});

it('gives a redirect as an answer, and does not follow it to a private address', async () => {
  let inner = 0;
  const innerPort = await httpServer((_, response) => {
    inner++;
    response.end('secret');
  });
  const port = await httpServer((_, response) =>
    response.writeHead(301, { location: `http://127.0.0.1:${innerPort}/` }).end(),
  );
  const answer = await makeClient().post(`http://127.0.0.1:${port}/`, { body: '' });
  expect(answer.status).toBe(301);
  expect(inner).toBe(0);
});

describe('names', () => {
  it('refuses a name that means a private address, without connecting', async () => {
    let connections = 0;
    const server = createServer();
    server.on('connection', () => connections++);
    const port = await listening(server);
    const client = makeClient({ allowPrivate: false, resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const post = client.post(`http://crm.example:${port}/`, { body: '' });
    await expect(post).rejects.toMatchObject({ code: 'ERR_OUTBOUND', problem: 'address-refused' });
    expect(connections).toBe(0);
  });

  it('connects to what was checked: a name that changes its mind is refused, not followed', async () => {
    let asked = 0;
    const port = await httpServer((_, response) => response.end());
    const answers = ['203.0.113.1', '127.0.0.1', '169.254.169.254'];
    const resolve = async () => [{ address: answers[asked++ % answers.length] ?? '', family: 4 }];
    const client = makeClient({ allowPrivate: true, timeoutMs: 300, resolve });
    const problems: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const result = await client.post(`http://rebind${turn}.example:${port}/`, { body: '' }).then(
        ({ status }) => String(status),
        (error) => error.problem,
      );
      problems.push(result);
    }
    expect(problems[1]).toBe('200');
    expect(problems[2]).toBe('address-refused');
    expect(asked).toBe(3); // Once for each connection: nobody else looks the name up.
  });

  it('uses only the allowed ones of mixed addresses', async () => {
    const port = await httpServer((_, response) => response.end());
    const resolve = async () => [
      { address: '169.254.169.254', family: 4 },
      { address: 'fd00:ec2::254', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    const answer = await makeClient({ resolve }).post(`http://mixed.example:${port}/`, { body: '' });
    expect(answer.status).toBe(200);
  });

  it('says so when a name has no address', async () => {
    const resolve = () => Promise.reject(new Error('ENOTFOUND'));
    const post = makeClient({ resolve }).post('http://nobody.example/', { body: '' });
    await expect(post).rejects.toMatchObject({ problem: 'dns' });
  });
});

describe('bad receivers', () => {
  it('cuts an endless body off, and keeps the status', async () => {
    let open = 0;
    const port = await httpServer((_, response) => {
      open++;
      response.on('close', () => open--);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await makeClient().post(`http://127.0.0.1:${port}/`, { body: '' });
    expect(answer).toMatchObject({ status: 200, cutOff: true });
    expect(answer.body).toHaveLength(65_536);
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  });

  it.each([
    ['hangs', () => {}],
    ['sends its head and hangs', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab')],
    [
      'drips its answer',
      (socket: Socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
        const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('x')), 50);
      },
    ],
  ])('gives up in time on one that %s', async (_, behave) => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => behave(socket))));
    const began = Date.now();
    const post = makeClient({ timeoutMs: 400 }).post(`http://127.0.0.1:${port}/`, { body: 'x' });
    await expect(post).rejects.toMatchObject({ problem: 'timeout' });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it.each([
    ['connect', (socket: Socket) => socket.destroy()],
    ['connect', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nab')],
    ['bad-answer', (socket: Socket) => socket.end('220 smtp.example ESMTP\r\n')],
    ['answer-too-large', (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)],
  ])('names the problem: %s', async (problem, behave) => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => behave(socket))));
    const post = makeClient().post(`http://127.0.0.1:${port}/`, { body: 'x' });
    await expect(post).rejects.toMatchObject({ problem });
  });

  it('says that nobody listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    const post = makeClient().post(`http://127.0.0.1:${port}/`, { body: '' });
    await expect(post).rejects.toMatchObject({ problem: 'connect', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('stops when the caller gives up, and when it is closed', async () => {
    const port = await listening(createTcpServer());
    const client = makeClient();
    const aborter = new AbortController();
    const first = client.post(`http://127.0.0.1:${port}/`, { body: '', signal: aborter.signal });
    aborter.abort();
    await expect(first).rejects.toMatchObject({ problem: 'aborted' });
    const second = client.post(`http://127.0.0.1:${port}/`, { body: '' });
    const ended = expect(second).rejects.toMatchObject({ problem: 'aborted' });
    await client.close();
    await ended;
  });
});

it('speaks TLS, and only with a host whose certificate is good', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-outbound-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=crm.example', '-addext', 'subjectAltName=DNS:crm.example'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
  const pem = readFileSync(cert, 'utf8');
  const server = createTlsServer({ key: readFileSync(key), cert: pem }, (_, response) => response.end());
  const port = await listening(server);
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const post = (name: string, ca?: string) =>
    makeClient({ resolve, ...(ca ? { ca } : {}) }).post(`https://${name}:${port}/`, { body: '' });
  expect(await post('crm.example', pem)).toMatchObject({ status: 200 });
  await expect(post('other.example', pem)).rejects.toMatchObject({ problem: 'tls' });
  await expect(post('crm.example')).rejects.toMatchObject({ problem: 'tls' });
});
