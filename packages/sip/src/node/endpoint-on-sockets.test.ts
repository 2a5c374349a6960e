import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { NameAddr } from '../message/name-addr.js';
import { SipUri } from '../message/uri.js';
import type { Flow, Resolver, SipProtocol, SocketAddress, Transport } from '../transport/flow.js';
import { Endpoint } from '../ua/endpoint.js';
import { TcpTransport } from './tcp-transport.js';
import { TlsTransport } from './tls-transport.js';
import { UdpTransport } from './udp-transport.js';
import { WebSocketTransport } from './websocket-transport.js';

const file = (name: string) => readFileSync(new URL(`../../testdata/tls/${name}`, import.meta.url), 'utf8');
const cert = file('cert.pem');
const here = { host: '127.0.0.1', port: 0 };

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function startEndpoint(transport: Transport, more: { resolver?: Resolver } = {}): Promise<Endpoint> {
  const endpoint = new Endpoint({
    transports: [transport],
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    userAgent: 'test',
    ...more,
  });
  await endpoint.start();
  cleanUp.push(() => endpoint.stop());
  return endpoint;
}

const makers: Record<'UDP' | 'TCP' | 'TLS', () => Transport & { address: SocketAddress }> = {
  UDP: () => new UdpTransport(here),
  TCP: () => new TcpTransport(here),
  TLS: () => new TlsTransport({ ...here, cert, key: file('key.pem'), ca: cert }),
};

describe.each(Object.entries(makers))('two endpoints over real %s', (name, make) => {
  const protocol = name as SipProtocol;

  async function makePair() {
    const [near, far] = [make(), make()];
    const [alice, bob] = [await startEndpoint(near), await startEndpoint(far)];
    const uri = SipUri.create({ user: 'bob', host: far.address.host, port: far.address.port });
    const target = { uri, flow: await near.connect(protocol, far.address) };
    const from = NameAddr.parse('<sip:alice@example.com>');
    return { alice, bob, call: { target, from, to: NameAddr.create({ uri }) } };
  }

  it('a request gets its answer', async () => {
    const { alice, bob, call } = await makePair();
    bob.on('request', (incoming) => incoming.respond(202));
    expect((await alice.request({ ...call, method: 'MESSAGE' })).status).toBe(202);
  });

  it('a call comes up, and ends at both ends', async () => {
    const { alice, bob, call } = await makePair();
    const ends: string[] = [];
    bob.on('invite', (invite) => {
      const session = invite.accept({ sdp: 'v=0\r\n' });
      session?.on('ended', ({ by, cause }) => ends.push(`bob: ${by} ${cause}`));
    });
    alice.invite({ ...call, sdp: 'v=0\r\n' }).on('answered', (session) => {
      session.on('ended', ({ by, cause }) => ends.push(`alice: ${by} ${cause}`));
      session.bye();
    });
    await vi.waitFor(() => expect(ends.sort()).toEqual(['alice: local bye', 'bob: remote bye']), { timeout: 5000 });
  });
});

describe('an endpoint whose datagrams cannot be sent', () => {
  it('[UAC26] goes on to the next address at once, and fails at once when there is none', async () => {
    const far = new UdpTransport(here);
    const bob = await startEndpoint(far);
    bob.on('request', (incoming) => incoming.respond(202));
    bob.on('invite', (invite) => invite.reject(486));
    const nowhere: SocketAddress = { host: '255.255.255.255', port: 5060 };
    const makeAlice = async (addresses: SocketAddress[]) => {
      const resolver = { resolve: async () => addresses.map((address) => ({ protocol: 'UDP' as const, address })) };
      return startEndpoint(new UdpTransport(here), { resolver });
    };
    const call = {
      target: { uri: SipUri.parse('sip:bob@carrier.example') },
      from: NameAddr.parse('<sip:alice@example.com>'),
      to: NameAddr.parse('<sip:bob@carrier.example>'),
    };
    const failureOf = (endpoint: Endpoint) =>
      new Promise<{ status: number; cause: string }>((resolve) =>
        endpoint.invite({ ...call, sdp: 'v=0\r\n' }).on('failed', resolve),
      );
    const alice = await makeAlice([nowhere, far.address]);
    expect((await alice.request({ ...call, method: 'MESSAGE' })).status).toBe(202);
    expect(await failureOf(alice)).toMatchObject({ cause: 'response', status: 486 });
    const lonely = await makeAlice([nowhere, nowhere]);
    expect(await failureOf(lonely)).toMatchObject({ cause: 'transport', status: 503 });
    await expect(lonely.request({ ...call, method: 'MESSAGE' })).rejects.toMatchObject({ failure: { status: 503 } });
  }, 10_000);
});

describe('an endpoint behind an HTTP server', () => {
  it('answers a browser over its WebSocket, and calls it back over the same one', async () => {
    const transport = new WebSocketTransport({ allowOrigin: () => true, announce: { host: 'sip.example.com' } });
    const endpoint = await startEndpoint(transport);
    const server = createServer().listen(0, '127.0.0.1');
    server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head));
    await once(server, 'listening');
    cleanUp.push(() => server.close());

    const flows: Flow[] = [];
    endpoint.on('flowOpened', (flow) => flows.push(flow));
    const page = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/wss`, 'sip');
    cleanUp.push(() => page.terminate());
    const received: string[] = [];
    page.on('message', (data) => received.push(String(data)));
    await once(page, 'open');
    page.send(
      [
        'OPTIONS sip:sip.example.com SIP/2.0',
        'Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKpage1',
        'Max-Forwards: 70',
        'From: <sip:agent@example.com>;tag=1',
        'To: <sip:sip.example.com>',
        'Call-ID: page-1',
        'CSeq: 1 OPTIONS',
        '',
        '',
      ].join('\r\n'),
    );
    await vi.waitFor(() => expect(received[0]).toMatch(/^SIP\/2\.0 200 /), { timeout: 5000 });
    expect(received[0]).toContain('df7jal23ls0d.invalid;branch=z9hG4bKpage1;received=127.0.0.1');

    const uri = SipUri.parse('sip:agent@df7jal23ls0d.invalid;transport=ws');
    const to = NameAddr.create({ uri });
    endpoint.invite({
      target: { uri, flow: flows[0]! },
      from: NameAddr.parse('<sip:+911@example.com>'),
      to,
      sdp: 'v=0\r\n',
    });
    await vi.waitFor(() => expect(received[1]).toMatch(/^INVITE sip:agent@df7jal23ls0d\.invalid;transport=ws /), {
      timeout: 5000,
    });
    expect(received[1]).toMatch(/Via: SIP\/2\.0\/WS sip\.example\.com/);
  });
});
