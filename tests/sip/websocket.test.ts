import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { errorLines, metric } from '../support/metrics.js';

const ourOrigin = 'https://crm.example';

/** How a WebSocket connection went: open, or refused with an HTTP status. */
type Outcome = { socket: WebSocket; status: 101 } | { socket?: undefined; status: number };

describe('hostile input over WebSocket', () => {
  let server: RunningServer;
  const open: WebSocket[] = [];

  beforeAll(async () => {
    server = await startServer({ env: { INTERMIX_ALLOWED_ORIGINS: ourOrigin } });
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.terminate();
    await eventually(async () => (await metric(server, 'intermix_sip_flows')) === 0, { message: 'no connection left' });
    expect(errorLines(server)).toEqual([]);
  });
  afterAll(async () => {
    await server?.stop();
  });

  function connect(options: { protocol?: string; origin?: string; from?: string; path?: string } = {}) {
    const { protocol = 'sip', origin, from, path } = options;
    const url = path === undefined ? server.bootstrap.sip_ws_url : server.baseUrl.replace('http', 'ws') + path;
    const socket = new WebSocket(url, protocol === '' ? [] : [protocol], {
      ...(origin === undefined ? {} : { origin }),
      ...(from === undefined ? {} : { localAddress: from }),
    });
    return new Promise<Outcome>((resolve) => {
      socket.on('error', () => undefined);
      socket.once('open', () => {
        open.push(socket);
        resolve({ socket, status: 101 });
      });
      socket.once('unexpected-response', (_request, response) => {
        socket.terminate();
        resolve({ status: response.statusCode ?? 0 });
      });
    });
  }

  async function connected(from?: string): Promise<WebSocket> {
    const { socket, status } = await connect(from === undefined ? {} : { from });
    if (!socket) throw new Error(`refused with ${status}`);
    return socket;
  }

  /** The next message that comes. */
  async function next(socket: WebSocket): Promise<string> {
    const [data] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    return String(data);
  }

  it('wants the sub-protocol sip, and answers it', async () => {
    expect((await connect({ protocol: '' })).status).toBe(400);
    expect((await connect({ protocol: 'chat' })).status).toBe(400);
    expect((await connected()).protocol).toBe('sip');
  });

  it('takes pages of the origins that are allowed, and clients that are no browsers', async () => {
    expect((await connect({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await connect({ origin: `${ourOrigin}.evil.example` })).status).toBe(403);
    expect((await connect({ origin: 'null' })).status).toBe(403);
    expect((await connect({ origin: ourOrigin })).status).toBe(101);
    expect((await connect()).status).toBe(101);
  });

  it('knows its paths', async () => {
    expect((await connect({ path: '/ws' })).status).toBe(101);
    expect((await connect({ path: '/elsewhere' })).status).toBe(404);
  });

  it('answers what is SIP after what is not, over the same connection', async () => {
    const socket = await connected();
    for (const junk of ['', 'hello', '\r\n', '\0\0\0', '{"method":"INVITE"}', 'GET / HTTP/1.1\r\n\r\n', 'SIP/2.0 200'])
      socket.send(junk);
    socket.send(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    socket.send(optionsRequest('after-junk').slice(0, 60)); // Half a request; a message may not go on in the next frame.
    socket.send(optionsRequest('after-junk').slice(60));
    const answer = next(socket);
    socket.send(optionsRequest('sound'));
    let text = await answer;
    while (!text.includes('Call-ID: sound')) text = await next(socket);
    expect(text).toMatch(/^SIP\/2\.0 200 /);
  });

  it('answers a ping of CRLFCRLF, and a request in a binary frame', async () => {
    const socket = await connected();
    const pong = next(socket);
    socket.send('\r\n\r\n');
    expect(await pong).toBe('\r\n');
    const answer = next(socket);
    socket.send(Buffer.from(optionsRequest('binary')));
    expect(await answer).toMatch(/^SIP\/2\.0 200 /);
  });

  it('closes the connection of a frame above 64 KiB, and of a broken frame', async () => {
    const large = await connected();
    const tooBig = once(large, 'close', { signal: AbortSignal.timeout(10_000) });
    large.send('x'.repeat(65 * 1024));
    expect((await tooBig)[0]).toBe(1009);

    const broken = await connected();
    const closed = once(broken, 'close', { signal: AbortSignal.timeout(10_000) });
    // A frame with reserved bits and an unknown opcode, past the client's own library.
    (broken as unknown as { _socket: import('node:net').Socket })._socket.write(Buffer.from([0xff, 0xff, 1, 2, 3, 4]));
    expect((await closed)[0]).toBe(1002);
  });

  it('lets 200 connections in from one address, and others still from another', async () => {
    const outcomes = await Promise.all(Array.from({ length: 230 }, () => connect({ from: '127.0.0.7' })));
    expect(outcomes.filter(({ status }) => status === 101)).toHaveLength(200);
    expect(outcomes.filter(({ status }) => status === 503)).toHaveLength(30);
    const elsewhere = await connected('127.0.0.8');
    const answer = next(elsewhere);
    elsewhere.send(optionsRequest('crowd'));
    expect(await answer).toMatch(/^SIP\/2\.0 200 /);
  });

  it('slows the guessing of a password with 503 and Retry-After; a bound user refreshes and calls all the same', async () => {
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    const { sip_username: name, sip_password: password, sip_domain: domain } = user;
    const account = { user: name, domain, credentials: { username: name, password } };
    const bound = await SipPhone.start({ server: server.sip, protocol: 'TCP', host: '127.0.0.5', ...account });
    expect((await bound.register()).status).toBe(200);

    const guesser = await connected('127.0.0.7');
    const answers: string[] = [];
    for (let guess = 1; !answers.at(-1)?.startsWith('SIP/2.0 503'); guess++) {
      if (guess > 40) throw new Error(`never slowed: ${answers.map((text) => text.slice(0, 11)).join(', ')}`);
      const answer = next(guesser);
      guesser.send(registerRequest(name, domain, guess, { challenge: answers.at(-1) ?? '' }));
      answers.push(await answer);
    }
    expect(answers.filter((text) => text.startsWith('SIP/2.0 401')).length).toBeGreaterThanOrEqual(10);
    expect(answers.some((text) => text.startsWith('SIP/2.0 200'))).toBe(false);
    expect(answers.at(-1)).toMatch(/^Retry-After: [1-9]\d*/m);

    expect((await bound.register()).status).toBe(200);
    const call = await bound.call(server.bootstrap.simulated_numbers.answer_tone);
    await call.waitForAnswer(10_000);
    call.hangup();
    await bound.unregister();
    await bound.stop();
  });
});

describe('a WebSocket of nobody', () => {
  it('is closed after the time, whatever it sends; that of a registered user stays', async () => {
    const server = await startServer({ env: { INTERMIX_WEBSOCKET_PROOF_SEC: '5' } });
    try {
      const open = async () => {
        const socket = new WebSocket(server.bootstrap.sip_ws_url, 'sip');
        await once(socket, 'open', { signal: AbortSignal.timeout(10_000) });
        return socket;
      };
      const [pinging, asking, user] = await Promise.all([open(), open(), open()]);
      const [account] = server.bootstrap.users;
      if (account === undefined) throw new Error('no demo user');
      const { sip_username: name, sip_password: password, sip_domain: domain } = account;
      const answer = async (request: string) => {
        const answered = once(user, 'message', { signal: AbortSignal.timeout(10_000) });
        user.send(request);
        return String((await answered)[0]);
      };
      const challenge = await answer(registerRequest(name, domain, 1));
      const proof = { challenge, password };
      expect(await answer(registerRequest(name, domain, 2, proof))).toMatch(/^SIP\/2\.0 200 /);

      const closed = [pinging, asking].map((socket) => once(socket, 'close', { signal: AbortSignal.timeout(15_000) }));
      const keepAlive = setInterval(() => {
        pinging.send('\r\n\r\n');
        asking.send(optionsRequest(`ask-${Date.now()}`));
      }, 500);
      const codes = await Promise.all(closed).finally(() => clearInterval(keepAlive));
      expect(codes.map(([code]) => code)).toEqual([1008, 1008]);
      expect(user.readyState).toBe(WebSocket.OPEN);
      user.terminate();
    } finally {
      await server.stop();
    }
  });
});

function optionsRequest(callId: string): string {
  return [
    'OPTIONS sip:intermix.local SIP/2.0',
    `Via: SIP/2.0/WS x.invalid;branch=z9hG4bK-${callId}`,
    'Max-Forwards: 70',
    'From: <sip:anybody@x.invalid>;tag=a',
    'To: <sip:intermix.local>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** A REGISTER. Without the password its digest is a guess: well formed for the challenge, and wrong. */
function registerRequest(
  user: string,
  domain: string,
  cseq: number,
  { challenge = '', password }: { challenge?: string; password?: string } = {},
): string {
  const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1];
  const right = () =>
    md5(
      [md5(`${user}:${domain}:${password}`), nonce, '00000001', `c${cseq}`, 'auth', md5(`REGISTER:sip:${domain}`)].join(
        ':',
      ),
    );
  const response = password === undefined ? cseq.toString(16).padStart(32, '0') : right();
  const answer = `Authorization: Digest username="${user}", realm="${domain}", nonce="${nonce}", uri="sip:${domain}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c${cseq}", response="${response}"`;
  return [
    `REGISTER sip:${domain} SIP/2.0`,
    `Via: SIP/2.0/WS x.invalid;branch=z9hG4bK-register-${cseq}`,
    'Max-Forwards: 70',
    `From: <sip:${user}@${domain}>;tag=guess`,
    `To: <sip:${user}@${domain}>`,
    'Call-ID: guess',
    `CSeq: ${cseq} REGISTER`,
    'Contact: <sip:thief@x.invalid;transport=ws>',
    ...(nonce === undefined ? [] : [answer]),
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
