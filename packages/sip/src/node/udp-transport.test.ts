import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { SipTransportError } from '../message/errors.js';
import { options, RecordingSink, until } from './testing/recording-sink.js';
import { UdpTransport } from './udp-transport.js';

const running: UdpTransport[] = [];
afterEach(async () => {
  for (const transport of running.splice(0)) await transport.stop();
});

async function start(choices: Partial<ConstructorParameters<typeof UdpTransport>[0]> = {}) {
  const transport = new UdpTransport({ host: '127.0.0.1', port: 0, ...choices });
  const sink = new RecordingSink();
  await transport.start(sink);
  running.push(transport);
  return { transport, sink };
}

describe('UdpTransport', () => {
  it('carries messages both ways over one flow per peer', async () => {
    const alice = await start();
    const bob = await start();
    const flow = await alice.transport.connect('UDP', bob.transport.address);
    flow.send(options('one'));
    flow.send(Buffer.from(options('two')));
    const { flow: back } = await bob.sink.nth(2);
    expect(bob.sink.texts).toEqual([options('one'), options('two')]);
    expect(bob.sink.messages[0]!.flow.id).toBe(back.id);
    expect(back.remote).toEqual(alice.transport.address);
    expect([back.reliable, back.secure, back.protocol]).toEqual([false, false, 'UDP']);
    back.send('SIP/2.0 200 OK\r\n\r\n');
    expect((await alice.sink.nth(1)).flow.id).toBe(flow.id);
  });

  it('does not hand up keep-alives', async () => {
    const alice = await start();
    const bob = await start();
    const flow = await alice.transport.connect('UDP', bob.transport.address);
    for (const idle of ['\r\n\r\n', '\r\n', '\0\0\0\0', 'end']) flow.send(idle);
    await bob.sink.nth(1);
    expect(bob.sink.texts).toEqual(['end']);
  });

  it('counts a datagram to nowhere as not sent, and throws nothing', async () => {
    const alice = await start();
    const flow = await alice.transport.connect('UDP', { host: '127.0.0.1', port: 0 });
    flow.send(options('one'));
    expect(alice.sink.failed).toEqual([]); // Not within `send`.
    await until(() => alice.transport.sendErrors === 1);
  });

  it.each([
    ['a port that is none', '127.0.0.1', 0, 100, 'ERR_SOCKET_BAD_PORT'],
    ['an address that may not be sent to', '255.255.255.255', 5060, 100, 'EACCES'],
    ['more than a datagram holds', '127.0.0.1', 9, 70_000, 'EMSGSIZE'],
  ])('tells what cannot be sent: %s', async (_what, host, port, size, code) => {
    const { transport, sink } = await start();
    const flow = await transport.connect('UDP', { host, port });
    const bytes = Buffer.alloc(size, 'x');
    flow.send(bytes);
    await until(() => sink.failed.length === 1);
    expect(sink.failed[0]).toEqual({ bytes, flow, reason: `not sent: ${code}` });
  });

  it('names address and cure when the port is taken', async () => {
    const { port } = (await start()).transport.address;
    const second = new UdpTransport({ host: '127.0.0.1', port });
    const error = await second.start(new RecordingSink()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SipTransportError);
    expect(String(error)).toMatch(new RegExp(`UDP on 127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\): .*choose another port`));
  });

  it('announces what it is told to, else what it listens on', async () => {
    const plain = await start();
    const flow = await plain.transport.connect('UDP', { host: '127.0.0.1', port: 9 });
    expect(plain.transport.sentBy(flow)).toEqual(plain.transport.address);
    const named = await start({ announce: { host: 'sip.example.com' } });
    expect(named.transport.sentBy(flow)).toEqual({ host: 'sip.example.com', port: named.transport.address.port });
  });

  it('counts what cannot be sent and goes on', async () => {
    const { transport, sink } = await start();
    const flow = await transport.connect('UDP', { host: '127.0.0.1', port: 9 });
    flow.send(Buffer.alloc(70_000, 'x'));
    await until(() => transport.sendErrors === 1);
    (await transport.connect('UDP', transport.address)).send('to myself');
    await sink.nth(1);
  });

  it('gives no flow before start, after stop, or for other protocols', async () => {
    const transport = new UdpTransport({ host: '127.0.0.1', port: 0 });
    const target = { host: '127.0.0.1', port: 9 };
    await expect(transport.connect('UDP', target)).rejects.toThrow(SipTransportError);
    await transport.start(new RecordingSink());
    await expect(transport.connect('TCP', target)).rejects.toThrow(SipTransportError);
    const flow = await transport.connect('UDP', target);
    await transport.stop();
    expect(() => flow.send('x')).not.toThrow();
    await expect(transport.connect('UDP', target)).rejects.toThrow(SipTransportError);
  });

  it('takes a large datagram whole', async () => {
    const { transport, sink } = await start();
    const peer = createSocket('udp4');
    const big = options('big', 60_000);
    peer.send(big, transport.address.port, '127.0.0.1');
    await sink.nth(1);
    peer.close();
    expect(sink.texts[0]).toBe(big);
  });
});
