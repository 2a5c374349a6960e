import { createSocket, type Socket } from 'node:dgram';
import { FakeClock, type PortBlock, reservePorts } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteTransport } from '../../sdp/descriptions.js';
import { until } from '../testing/rtp-phone.js';
import { PortRange } from './port-range.js';
import { RtpTransport } from './rtp-transport.js';

let ports: PortBlock;
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  ports = await reservePorts();
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => ports.release());

const rtp = (mark: number) => Buffer.concat([Buffer.from('8000000100000002', 'hex'), Buffer.alloc(4, mark)]);

async function socket(): Promise<Socket & { port: number }> {
  const made = createSocket('udp4');
  await new Promise<void>((done) => made.bind(0, '127.0.0.1', done));
  open.push(made);
  return Object.assign(made, { port: made.address().port });
}

const remoteAt = (port: number): Extract<RemoteTransport, { kind: 'rtp' }> => ({
  kind: 'rtp',
  address: '127.0.0.1',
  port,
  rtcpAddress: '127.0.0.1',
  rtcpPort: port + 1,
  isHeld: false,
});

async function makeTransport() {
  const clock = new FakeClock();
  const range = new PortRange({ address: '127.0.0.1', first: ports.port(0), last: ports.port(99), clock });
  const pair = await range.take();
  const heard: number[] = [];
  let connected = 0;
  const transport = new RtpTransport({
    pair,
    range,
    clock,
    handlers: {
      rtp: (packet) => heard.push(packet[8] as number),
      rtcp: () => {},
      connected: () => connected++,
      failed: () => {},
    },
  });
  open.push(transport);
  return { clock, transport, heard, port: pair.port, connectedCount: () => connected };
}

describe('RtpTransport', () => {
  it('drops and counts strangers once it has latched to another address than the signalled', async () => {
    const { transport, heard, port, connectedCount } = await makeTransport();
    const [signalled, first, stranger] = [await socket(), await socket(), await socket()];
    transport.setRemote(remoteAt(signalled.port));
    first.send(rtp(1), port, '127.0.0.1');
    await until('the first', () => heard.length === 1);
    stranger.send(rtp(2), port, '127.0.0.1');
    await until('the drop', () => transport.droppedPackets === 1);
    first.send(rtp(3), port, '127.0.0.1');
    await until('the first again', () => heard.length === 2);
    expect([heard, connectedCount()]).toEqual([[1, 3], 1]);
  });

  it('gives the signalled peer its place while the other is on probation, and not after', async () => {
    const { clock, transport, heard, port } = await makeTransport();
    const [signalled, first] = [await socket(), await socket()];
    transport.setRemote(remoteAt(signalled.port));
    first.send(rtp(1), port, '127.0.0.1');
    await until('the first', () => heard.length === 1);
    clock.advance(2000);
    first.send(rtp(1), port, '127.0.0.1');
    await until('the lock', () => heard.length === 2);
    signalled.send(rtp(2), port, '127.0.0.1'); // The kernel drops it now: the socket is connected to the first.
    first.send(rtp(3), port, '127.0.0.1');
    await until('the first again', () => heard.includes(3));
    expect(heard).toEqual([1, 1, 3]);
  });

  it('latches anew when a new address is signalled', async () => {
    const { transport, heard, port } = await makeTransport();
    const [before, after] = [await socket(), await socket()];
    transport.setRemote(remoteAt(before.port));
    before.send(rtp(1), port, '127.0.0.1');
    await until('the one before', () => heard.length === 1);
    transport.setRemote(remoteAt(after.port));
    const arrived = new Promise<void>((resolve) => after.once('message', () => resolve()));
    transport.sendRtp(rtp(9)); // Without waiting for a packet from there.
    await arrived;
    after.send(rtp(2), port, '127.0.0.1');
    await until('the one after', () => heard.includes(2));
  });

  it('says nothing to a far end that holds by 0.0.0.0 from the start', async () => {
    const { transport } = await makeTransport();
    transport.setRemote({ ...remoteAt(4000), address: '0.0.0.0', isHeld: true });
    expect(transport.isOpen).toBe(false);
    transport.setRemote(remoteAt(4000));
    expect(transport.isOpen).toBe(true);
  });
});

describe('PortRange', () => {
  it('lets a port rest for five seconds after use', async () => {
    const clock = new FakeClock();
    const range = new PortRange({ address: '127.0.0.1', first: ports.port(101), last: ports.port(103), clock });
    const pair = await range.take();
    expect(pair.port).toBe(ports.port(102));
    range.release(pair);
    await expect(range.take()).rejects.toMatchObject({ problem: 'ports-exhausted' });
    clock.advance(5000);
    const again = await range.take();
    expect(again.port).toBe(ports.port(102));
    range.release(again);
  });

  it('passes over a pair of which another program has one half', async () => {
    const clock = new FakeClock();
    const taken = createSocket('udp4');
    open.push(taken);
    await new Promise<void>((done) => taken.bind(ports.port(111), '127.0.0.1', done));
    const range = new PortRange({ address: '127.0.0.1', first: ports.port(110), last: ports.port(113), clock });
    const pair = await range.take();
    expect(pair.port).toBe(ports.port(112));
    range.release(pair);
  });
});
