import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { silentLogger } from '@intermix/kernel';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseBindingRequest, writeBindingResponse } from './stun-message.js';
import { StunServer } from './stun-server.js';

let server: StunServer;
let client: Socket;
let clock: FakeClock;
const heard: Buffer[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  server = new StunServer({ host: '127.0.0.1', port: 0, clock, logger: silentLogger });
  await server.start();
  client = createSocket('udp4');
  client.bind(0, '127.0.0.1');
  await once(client, 'listening');
  client.on('message', (packet) => heard.push(packet));
});
afterEach(async () => {
  heard.length = 0;
  client.close();
  await server.stop();
});

/** A request as browsers send it: no attributes, unless some are given. */
function bindingRequest(attributes = Buffer.alloc(0), transactionId = randomBytes(12)): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(1, 0);
  header.writeUInt16BE(attributes.length, 2);
  header.writeUInt32BE(0x2112a442, 4);
  return Buffer.concat([header, transactionId, attributes]);
}

function ask(packet: Buffer): void {
  client.send(packet, server.port, '127.0.0.1');
}

it('tells the asker the address from which it is seen', async () => {
  const request = bindingRequest();
  ask(request);
  const [answer] = await eventually(async () => (heard.length > 0 ? heard : undefined));
  expect(answer!.readUInt16BE(0)).toBe(0x0101);
  expect(answer!.readUInt16BE(2)).toBe(12);
  expect(answer!.subarray(4, 20)).toEqual(request.subarray(4, 20));
  expect(answer!.subarray(20, 26).toString('hex')).toBe('002000080001');
  expect(answer!.readUInt16BE(26) ^ 0x2112).toBe(client.address().port);
  expect((answer!.readUInt32BE(28) ^ 0x2112a442) >>> 0).toBe(0x7f000001);
  expect(answer).toHaveLength(32);
});

it('answers the vectors of RFC 5769 §2.2 and §2.3', () => {
  const transactionId = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
  const request = { transactionId, unknown: [] };
  const ipv4 = writeBindingResponse(request, '192.0.2.1', 32_853);
  expect(ipv4?.subarray(20).toString('hex')).toBe('002000080001a147e112a643');
  const ipv6 = writeBindingResponse(request, '2001:db8:1234:5678:11:2233:4455:6677', 32_853);
  expect(ipv6?.subarray(20).toString('hex')).toBe('002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  expect(writeBindingResponse(request, '::ffff:192.0.2.1', 32_853)).toEqual(ipv4);
  expect(writeBindingResponse(request, 'fe80::1%eth0', 1)?.subarray(28, 30).toString('hex')).toBe('df92');
});

it('passes over the attributes of ICE and of credentials, and repeats none', async () => {
  ask(bindingRequest(Buffer.from('0006000361626300002400046e0001ff', 'hex')));
  const [answer] = await eventually(async () => (heard.length > 0 ? heard : undefined));
  expect(answer).toHaveLength(32);
});

it('names an attribute that it should understand and does not (420)', async () => {
  ask(bindingRequest(Buffer.from('0003000400000006', 'hex'))); // CHANGE-REQUEST, RFC 5780.
  const [answer] = await eventually(async () => (heard.length > 0 ? heard : undefined));
  expect(answer!.readUInt16BE(0)).toBe(0x0111);
  expect(answer!.subarray(20).toString('hex')).toBe('0009000400000414000a000200030000');
});

it('is silent to garbage of every kind, and goes on', async () => {
  const good = bindingRequest(Buffer.from('8022000461626364', 'hex'));
  for (let round = 0; round < 3_000; round++) {
    const broken = Buffer.from(good);
    const flips = 1 + (round % 4);
    for (let i = 0; i < flips; i++) broken[randomBytes(1)[0]! % broken.length] = randomBytes(1)[0]!;
    const cut = broken.subarray(0, randomBytes(1)[0]! % (broken.length + 1));
    for (const packet of [broken, cut, randomBytes(round % 600)]) {
      const request = parseBindingRequest(packet);
      if (request) expect(writeBindingResponse(request, '192.0.2.1', 1)?.length).toBeLessThanOrEqual(36);
    }
  }
  const responses = Buffer.from(bindingRequest());
  responses.writeUInt16BE(0x0101, 0); // A response: answering it would make two servers talk for ever.
  for (const packet of [Buffer.alloc(0), randomBytes(20), bindingRequest().subarray(0, 19), responses]) ask(packet);
  await eventually(async () => server.counts.dropped === 4 || undefined);
  ask(bindingRequest());
  await eventually(async () => (heard.length === 1 ? heard : undefined));
  expect(server.counts).toEqual({ answered: 1, dropped: 4 });
});

it('gives one source 200 answers at once and 100 a second after that', async () => {
  const flood = async (count: number) => {
    const before = server.counts.answered + server.counts.dropped;
    for (let sent = 1; sent <= count; sent++) {
      ask(bindingRequest());
      if (sent % 50 === 0) await eventually(async () => total() >= before + sent || undefined);
    }
  };
  const total = () => server.counts.answered + server.counts.dropped;
  await flood(250);
  expect(server.counts).toEqual({ answered: 200, dropped: 50 });
  clock.advance(1_000);
  await flood(150);
  expect(server.counts.answered).toBe(300);
});

it('gives a source that always asks too much its 100 a second all the same', async () => {
  const total = () => server.counts.answered + server.counts.dropped;
  const askOnce = async () => {
    const before = total();
    ask(bindingRequest());
    await eventually(async () => total() > before || undefined, { everyMs: 1 });
  };
  for (let asked = 0; asked < 200; asked++) await askOnce();
  for (let asked = 0; asked < 300; asked++) {
    clock.advance(1_000 / 150);
    await askOnce();
  }
  expect(server.counts.answered).toBeGreaterThan(390);
});

it('says which port is taken', async () => {
  const second = new StunServer({ host: '127.0.0.1', port: server.port, clock, logger: silentLogger });
  await expect(second.start()).rejects.toMatchObject({ code: 'ERR_MEDIA', problem: 'port-in-use' });
  await second.stop();
});
