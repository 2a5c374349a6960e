import { once } from 'node:events';
import { connect } from 'node:net';
import { octetsOf, PlatformMessageWriter } from '@intermix/streaming';
import { eventually } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { NeverStarted } from '../host/session-order.js';
import { type BotDoor, startBotDoor } from '../testing/bot-door.js';

const patience = { timeoutMs: 10_000 };
const never = { timeZone: 'UTC', windows: [] };

/** Sessions in this process, behind the ingress on a real HTTP server. */
describe('WebSocket /exotel/{bot_id}', () => {
  let door: BotDoor;
  beforeAll(async () => {
    door = await startBotDoor();
  });
  afterAll(() => door.stop());

  /** Status of the upgrade: 101, or the refusal's. */
  async function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(`${door.url}/${path}`, { headers });
    const status = await new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      socket.on('error', () => {});
    });
    socket.terminate();
    return status;
  }

  async function call(id: string) {
    const socket = new WebSocket(`${door.url}/${id}`);
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
      socket.send(writer.media({ chunk: 1, timestampMs: 100, audio: octetsOf(new Int16Array(1_600).fill(9)) }));
    return { socket, heard, begin, speak, code: () => code };
  }

  const nothingLeft = () =>
    eventually(() => expect(door.host.counts).toEqual({ expected: 0, sessions: 0, sockets: 0 }), patience);

  it.each([
    ['nobody', 'bot_none', 404],
    ['a path that names none', 'a%20b', 404],
    ['a path within', 'a/b', 404],
  ])('refuses %s', async (_, path, status) => {
    expect(await statusOf(path)).toBe(status);
  });

  it('takes no stream that goes round among bots', async () => {
    const bot = door.bot('echo');
    const statuses = await Promise.all(
      ['1', '3', '4', 'many', '-1'].map((hops) => statusOf(bot, { 'X-Intermix-Bot-Hops': hops })),
    );
    expect(statuses).toEqual([101, 101, 508, 508, 508]);
    await nothingLeft();
  });

  it('asks for the credentials of the bot', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    door.bot('locked', { type: 'basic', username: 'exotel', password: 'sesame-street' });
    door.bot('hidden', { type: 'token', token: 'planted-token' });
    expect(await statusOf('locked')).toBe(401);
    expect(await statusOf('locked', basic('exotel:wrong'))).toBe(401);
    expect(await statusOf('locked', basic('exotel:sesame-street'))).toBe(101);
    expect(await statusOf('hidden?token=other')).toBe(401);
    expect(await statusOf('hidden?sample-rate=8000&token=planted-token')).toBe(101);
    await nothingLeft();
  });

  it('runs a bot: what is said comes back, and there is a record', async () => {
    const { begin, speak, heard, socket } = await call(door.bot('echo'));
    begin();
    speak();
    const media = await eventually(() => heard.find(({ event }) => event === 'media'), patience);
    expect(media).toMatchObject({ stream_sid: 's1' });
    expect([...door.rows.values()]).toContain('in-progress');
    socket.close(1000);
    await eventually(() => expect([...door.rows.values()]).toContain('customer'), patience);
    await nothingLeft();
  });

  it('takes a call outside of the hours down, and closes', async () => {
    const { begin, code } = await call(door.bot('night', { type: 'none' }, { activeHours: never }));
    begin();
    await eventually(() => expect(code()).toBe(1000), patience);
    expect([...door.rows.values()]).toContain('outside_hours');
  });

  it('closes who sends a message of ten megabytes, and counts it', async () => {
    const { socket, code } = await call(door.bot('large'));
    socket.send(Buffer.alloc(10_000_000));
    await eventually(() => expect(code()).toBeDefined(), patience);
    await eventually(() => expect(door.calls.neverStarted.get('too-large')).toBe(1), patience);
    await nothingLeft();
  });

  it('refuses one too many', async () => {
    door.room.left = 0;
    expect(await statusOf(door.bot('full'))).toBe(429);
    door.room.left = Number.POSITIVE_INFINITY;
    expect(door.ingress.refused.get(429)).toBe(1);
  });

  it('leaves nothing of those whom it refused, though they send on and never close', async () => {
    const upgrade = 'GET /exotel/nobody HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nmore';
    const clients = Array.from({ length: 5 }, () =>
      connect({ host: '127.0.0.1', port: door.port, allowHalfOpen: true }),
    );
    for (const client of clients) client.on('error', () => {}).write(upgrade);
    await eventually(async () => {
      const open = await door.connections();
      return open === 0 && (door.ingress.refused.get(404) ?? 0) >= 5;
    }, patience);
    for (const client of clients) client.destroy();
  });

  it('keeps no place for who has gone while the bot was looked up', async () => {
    let goOn = () => {};
    door.lookups.delay = () =>
      new Promise((resolve) => {
        goOn = resolve;
      });
    const asking = goOn;
    const client = connect({ host: '127.0.0.1', port: door.port });
    client.on('error', () => {}).write(handshakeFor(door.bot('slow')));
    await eventually(() => expect(goOn).not.toBe(asking), patience);
    client.resetAndDestroy();
    await eventually(async () => (await door.connections()) === 0, patience);
    const left = door.room.left;
    door.room.left = 1;
    door.lookups.delay = async () => {};
    goOn();
    expect(await statusOf(door.bot('next'))).toBe(101); // It has the only place.
    door.room.left = left;
    await nothingLeft();
  });

  it('answers 503 while the process is away, and gives the place back', async () => {
    const { port } = door.room;
    door.room.port = 1; // Nobody listens there.
    expect(await statusOf(door.bot('away'))).toBe(503);
    door.room.port = port;
    await nothingLeft();
    expect(door.ingress.refused.get(503)).toBe(1);
  });

  it('takes nobody on loopback who shows no ticket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${door.hostPort}/exotel/echo`, {
      headers: { 'x-intermix-ticket': 'guess' },
    });
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    socket.terminate();
  });

  it('a hundred at once, closed anyhow at any moment, leave nothing behind', async () => {
    const id = door.bot('many');
    door.rows.clear();
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
    const over = () => [...door.rows.values()].filter((by) => by !== 'in-progress');
    await eventually(() => expect(over()).toHaveLength(door.rows.size), patience);
    expect(over().filter((by) => by === 'customer')).toHaveLength(25); // Who closed with 1000.
    expect(over().every((by) => by === 'customer' || by === 'error')).toBe(true);
    await eventually(async () => (await door.connections()) === 0, patience);
  });
});

describe('who connects to a bot and does not speak as Exotel', () => {
  let door: BotDoor;
  beforeAll(async () => {
    door = await startBotDoor({ limits: { startWithinMs: 200 } });
    door.bot('strange', { type: 'none' }, { kind: 'dance' });
    door.bot('echo');
  });
  afterAll(() => door.stop());

  const tlsHello = Buffer.from('16030100a5010000a10303', 'hex');

  const strangers: Array<[what: string, botId: string, octets: Buffer | string, why: NeverStarted]> = [
    ['says nothing', 'echo', '', 'silent'],
    ['begins a frame and says no more', 'echo', Buffer.from([0x81, 0xfe]), 'silent'],
    ['speaks HTTP', 'echo', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'broken'],
    ['speaks TLS', 'echo', tlsHello, 'broken'],
    ['speaks SIP', 'echo', 'OPTIONS sip:x SIP/2.0\r\n\r\n', 'broken'],
    ['sends frames without a mask', 'echo', Buffer.from([0x81, 0x01, 0x41]), 'broken'],
    ['sends text that is no JSON', 'echo', frames(30, 1, 'hello'), 'bad-messages'],
    ['sends JSON that is no message', 'echo', frames(30, 1, '{"hello":1}'), 'bad-messages'],
    ['sends octets', 'echo', frames(30, 2, 'abc'), 'bad-messages'],
    ['floods', 'echo', frames(600, 9, ''), 'flood'],
    ['hangs up', 'echo', frames(1, 8, '\x03\xe8'), 'closed'],
    ['has a bot that cannot run, and breaks the protocol', 'strange', tlsHello, 'stopped'],
  ];

  it('is closed within its limit, and counted', async () => {
    const closed = await Promise.all(
      strangers.map(async ([what, botId, octets]) => {
        const client = connect({ host: '127.0.0.1', port: door.port });
        const end = once(client, 'close');
        client.on('error', () => {}).resume();
        client.write(Buffer.concat([Buffer.from(handshakeFor(botId)), Buffer.from(octets)]));
        await end;
        return what;
      }),
    );
    expect(closed).toHaveLength(strangers.length);
    const counts = new Map<string, number>();
    for (const [, , , why] of strangers) counts.set(why, (counts.get(why) ?? 0) + 1);
    await eventually(
      () => expect(Object.fromEntries(door.calls.neverStarted)).toEqual(Object.fromEntries(counts)),
      patience,
    );
    await eventually(() => expect(door.host.counts).toEqual({ expected: 0, sessions: 0, sockets: 0 }), patience);
    await eventually(async () => (await door.connections()) === 0, patience);
  });

  it('speaks TLS from the first octet: is closed', async () => {
    const client = connect({ host: '127.0.0.1', port: door.port });
    const closed = once(client, 'close');
    client.on('error', () => {}).resume();
    client.write(tlsHello);
    await closed;
  });
});

function handshakeFor(botId: string): string {
  const fields = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  return [`GET /exotel/${botId} HTTP/1.1`, ...fields, `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`, '', ''].join(
    '\r\n',
  );
}

/** Client's frames, RFC 6455 §5.2, masked with zeros. */
function frames(count: number, opcode: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  const one = Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  return Buffer.concat(new Array<Buffer>(count).fill(one));
}
