import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { FakeClock } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { SipTransportError } from '../message/errors.js';
import type { StreamTransport, StreamTransportOptions } from './stream-transport.js';
import { TcpTransport } from './tcp-transport.js';
import { options, RecordingSink, until } from './testing/recording-sink.js';
import { TlsTransport, type TlsTransportOptions } from './tls-transport.js';

const file = (name: string) => readFileSync(new URL(`../../testdata/tls/${name}`, import.meta.url), 'utf8');
const cert = file('cert.pem');
const key = file('key.pem');

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function started<T extends StreamTransport>(transport: T) {
  const sink = new RecordingSink();
  await transport.start(sink);
  cleanUp.push(() => transport.stop());
  return { transport, sink };
}
const tcp = (choices: Partial<StreamTransportOptions> = {}) =>
  started(new TcpTransport({ host: '127.0.0.1', port: 0, ...choices }));
const tls = (choices: Partial<TlsTransportOptions> = {}) =>
  started(new TlsTransport({ host: '127.0.0.1', port: 0, cert, key, ca: cert, ...choices }));

/** A bare socket to the transport, and all that it has received. */
async function dial(transport: StreamTransport) {
  const socket = connect(transport.address.port, '127.0.0.1');
  cleanUp.push(() => socket.destroy());
  const received: string[] = [];
  let closed = false;
  socket.on('data', (chunk) => received.push(chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  return { socket, text: () => received.join(''), isClosed: () => closed };
}

for (const [name, make] of [
  ['TCP', tcp],
  ['TLS', tls],
] as const) {
  describe(`${name} transport`, () => {
    it('carries messages both ways and reuses the connection', async () => {
      const alice = await make();
      const bob = await make();
      const [flow, same] = await Promise.all([
        alice.transport.connect(name, bob.transport.address),
        alice.transport.connect(name, bob.transport.address),
      ]);
      expect(same).toBe(flow);
      expect(await alice.transport.connect(name, bob.transport.address)).toBe(flow);
      flow.send(options('one', 10));
      flow.send(options('two'));
      const { flow: back } = await bob.sink.nth(2);
      expect(bob.sink.texts).toEqual([options('one', 10), options('two')]);
      expect([back.protocol, back.reliable, back.secure]).toEqual([name, true, name === 'TLS']);
      expect(await bob.transport.connect(name, back.remote)).toBe(back);
      back.send(options('three'));
      expect((await alice.sink.nth(1)).flow).toBe(flow);
    });

    it('tells both ends, once, that a flow has closed', async () => {
      const alice = await make();
      const bob = await make();
      const flow = await alice.transport.connect(name, bob.transport.address);
      flow.send(options('one'));
      await bob.sink.nth(1);
      flow.close();
      flow.close();
      expect(flow.closed).toBe(true);
      await until(() => alice.sink.closed.length === 1 && bob.sink.closed.length === 1);
      expect(bob.sink.closed[0]?.reason).toBe('closed by the peer');
      expect([alice.transport.connections, bob.transport.connections]).toEqual([0, 0]);
      expect(await alice.transport.connect(name, bob.transport.address)).not.toBe(flow);
    });

    it('sends what is waiting before it closes', async () => {
      const alice = await make();
      const bob = await make();
      const flow = await alice.transport.connect(name, bob.transport.address);
      flow.send(options('last', 40_000));
      flow.close();
      await bob.sink.nth(1);
    });

    it('names address and cure when the port is taken', async () => {
      const { address } = (await make()).transport;
      await expect(make({ port: address.port })).rejects.toThrow(
        new RegExp(`${name} on 127\\.0\\.0\\.1:${address.port} \\(EADDRINUSE\\)`),
      );
    });

    it('rejects when nobody listens', async () => {
      const alice = await make();
      const gone = await make();
      const target = gone.transport.address;
      await gone.transport.stop();
      await expect(alice.transport.connect(name, target)).rejects.toThrow(SipTransportError);
    });

    it('rejects when the peer does not answer in time', async () => {
      const clock = new FakeClock();
      const alice = await make({ clock, connectTimeoutMs: 3000 });
      // TLS to a listener that never speaks; TCP to an address that swallows everything is not to be had on loopback.
      const mute = createServer((socket) => cleanUp.push(() => socket.destroy())).listen(0, '127.0.0.1');
      cleanUp.push(() => mute.close());
      await once(mute, 'listening');
      const { port } = mute.address() as { port: number };
      const connecting = alice.transport.connect(name, { host: '127.0.0.1', port });
      const failed = connecting.then(
        () => undefined,
        (error: unknown) => error,
      );
      clock.advance(3000);
      expect(String(await failed)).toContain(`${name} 127.0.0.1:${port}: no answer in 3000 ms`);
      expect(clock.pendingTimers).toBe(0);
    });

    it('can connect without listening', async () => {
      const alice = await make({ port: undefined });
      const bob = await make();
      const flow = await alice.transport.connect(name, bob.transport.address);
      flow.send(options('one'));
      await bob.sink.nth(1);
      expect(alice.transport.sentBy(flow)).toEqual(flow.local);
    });
  });
}

describe('TCP framing and keep-alive', () => {
  it('puts messages together however they are split', async () => {
    const { transport, sink } = await tcp();
    const { socket } = await dial(transport);
    socket.setNoDelay(true);
    const stream = `\r\n\r\n${options('one', 5)}${options('two')}\r\n\r\n${options('three', 3)}`;
    for (const byte of stream) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sink.nth(3);
    expect(sink.texts).toEqual([options('one', 5), options('two'), options('three', 3)]);
  });

  it('answers CRLFCRLF with CRLF', async () => {
    const { transport } = await tcp();
    const { socket, text } = await dial(transport);
    socket.write('\r\n\r\n');
    await until(() => text() === '\r\n');
    socket.write('\r\n');
    socket.write('\r\n');
    await until(() => text() === '\r\n\r\n');
  });

  it('hands up the head of a message that breaks the framing, then closes', async () => {
    const { transport, sink } = await tcp();
    const { socket, isClosed } = await dial(transport);
    socket.write(options('bad').replace('Content-Length: 0', 'Content-Length: -1'));
    await until(isClosed);
    expect(sink.texts[0]).toContain('Call-ID: bad');
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.reason).toBe('framing lost');
  });

  it('closes a connection whose message is not finished in 30 s, however busily it drips', async () => {
    const clock = new FakeClock();
    const { transport, sink } = await tcp({ clock });
    const { socket, isClosed } = await dial(transport);
    socket.write(options('good'));
    await sink.nth(1);
    socket.write('OPTIONS sip:');
    await until(() => clock.pendingTimers === 1);
    clock.advance(29_999);
    socket.write('x');
    expect(isClosed()).toBe(false);
    clock.advance(1);
    await until(isClosed);
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.reason).toBe('message not finished');
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes a connection that says nothing, or nothing but keep-alives', async () => {
    const clock = new FakeClock();
    const { transport } = await tcp({ clock, limits: { firstMessageMs: 1000 } });
    const silent = await dial(transport);
    const pinging = await dial(transport);
    pinging.socket.write('\r\n\r\n');
    await until(() => pinging.text() === '\r\n' && transport.connections === 2);
    clock.advance(1000);
    await until(() => silent.isClosed() && pinging.isClosed());
  });

  it('closes on a peer that does not read', async () => {
    const { transport, sink } = await tcp({ limits: { maxBufferedBytes: 100_000 } });
    const { socket } = await dial(transport);
    socket.pause();
    socket.write(options('one'));
    const { flow } = await sink.nth(1);
    for (let sent = 0; sent < 200 && !flow.closed; sent++) flow.send(options('flood', 100_000));
    expect(flow.closed).toBe(true);
    await until(() => sink.closed.length === 1);
    expect(sink.closed[0]?.reason).toBe('peer reads too slowly');
  });

  it('lets no source have more than its share of connections', async () => {
    const { transport } = await tcp({ caps: { perSource: 2 } });
    const first = await dial(transport);
    await dial(transport);
    await until(() => transport.connections === 2);
    const third = await dial(transport);
    await until(third.isClosed);
    first.socket.destroy();
    await until(() => transport.connections === 1);
    await dial(transport);
    await until(() => transport.connections === 2);
  });

  it('follows an alias to the connection that the peer opened (RFC 5923)', async () => {
    const { transport, sink } = await tcp();
    const { socket } = await dial(transport);
    socket.write(options('one'));
    const { flow } = await sink.nth(1);
    transport.addAlias(flow, 5099);
    expect(await transport.connect('TCP', { host: '127.0.0.1', port: 5099 })).toBe(flow);
  });

  it('stops with connections open, and tells of each', async () => {
    const { transport, sink } = await tcp();
    const { isClosed } = await dial(transport);
    await until(() => transport.connections === 1);
    await transport.stop();
    expect(sink.closed).toHaveLength(1);
    await until(isClosed);
  });
});

describe('TLS', () => {
  it('takes a peer that proves the name of the URI, and no other', async () => {
    const server = await tls();
    const client = await tls({ port: undefined });
    const { address } = server.transport;
    const flow = await client.transport.connect('TLS', address, { serverName: 'sip.example.com' });
    flow.send(options('one'));
    await server.sink.nth(1);
    await expect(client.transport.connect('TLS', address, { serverName: 'evil.example.org' })).rejects.toThrow(
      /evil\.example\.org/,
    );
    const stranger = await tls({ port: undefined, ca: undefined });
    await expect(stranger.transport.connect('TLS', address)).rejects.toThrow(SipTransportError);
    const lax = await tls({ port: undefined, ca: undefined, verifyPeers: false });
    expect((await lax.transport.connect('TLS', address)).secure).toBe(true);
  });

  it('survives peers that speak no TLS, or an old one', async () => {
    const { transport, sink } = await tls();
    const plain = await dial(transport);
    plain.socket.write(options('plain'));
    await until(plain.isClosed);
    const old = tlsConnect({
      port: transport.address.port,
      host: '127.0.0.1',
      ca: cert,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await new Promise((resolve) => old.once('error', resolve));
    const good: Socket = tlsConnect({ port: transport.address.port, host: '127.0.0.1', ca: cert });
    cleanUp.push(() => good.destroy());
    good.write(options('good'));
    await sink.nth(1);
    expect(sink.texts).toEqual([options('good')]);
  });

  it('counts connections before their handshake', async () => {
    const { transport } = await tls({ caps: { perSource: 1 } });
    const holder = await dial(transport);
    const second = await dial(transport);
    await until(second.isClosed);
    expect(holder.isClosed()).toBe(false);
  });
});
