import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { SipTransportError } from '../message/errors.js';
import type { Flow } from './flow.js';
import { LoopNetwork, type LoopTransport } from './loop-network.js';

async function makeNetwork() {
  const clock = new FakeClock();
  const network = new LoopNetwork({ clock, random: { bytes: (n) => new Uint8Array(n), fraction: () => 0.5 } });
  const start = async (transport: LoopTransport) => {
    const got: { text: string; flow: Flow }[] = [];
    const closed: string[] = [];
    await transport.start({
      message: (bytes, flow) => got.push({ text: new TextDecoder().decode(bytes), flow }),
      flowClosed: (flow, reason) => closed.push(`${flow.id} ${reason}`),
    });
    return { transport, got, closed };
  };
  const alice = await start(network.transport({ host: '192.0.2.1', upgrade: { origin: 'https://a', path: '/ws' } }));
  const bob = await start(network.transport({ host: '192.0.2.2' }));
  return { clock, network, alice, bob };
}

describe('LoopNetwork', () => {
  it('delivers datagrams, never synchronously, and answers come by the same flow', async () => {
    const { clock, alice, bob } = await makeNetwork();
    const flow = await alice.transport.connect('UDP', bob.transport.address);
    flow.send('hello');
    expect(bob.got).toEqual([]);
    clock.advance(0);
    expect(bob.got[0]?.text).toBe('hello');
    expect(bob.got[0]?.flow.remote).toEqual(alice.transport.address);
    bob.got[0]?.flow.send('back');
    clock.advance(0);
    expect(alice.got[0]?.flow.id).toBe(flow.id);
  });

  it('joins connections and reuses them', async () => {
    const { clock, alice, bob } = await makeNetwork();
    const flow = await alice.transport.connect('WSS', bob.transport.address);
    expect(await alice.transport.connect('WSS', bob.transport.address)).toBe(flow);
    flow.send('hello');
    clock.advance(0);
    const far = bob.got[0]!.flow;
    expect([far.secure, far.reliable, far.upgrade]).toEqual([true, true, { origin: 'https://a', path: '/ws' }]);
  });

  it('tells both sides of a cut, once each, and loses what was on its way', async () => {
    const { clock, network, alice, bob } = await makeNetwork();
    const flow = await alice.transport.connect('TCP', bob.transport.address);
    flow.send('lost');
    network.cut(flow, 'cable');
    network.cut(flow, 'cable');
    clock.advance(0);
    expect(bob.got).toEqual([]);
    expect(alice.closed).toEqual([`${flow.id} cable`]);
    expect(bob.closed).toHaveLength(1);
    expect(network.openFlows).toEqual([]);
    expect(network.messages[0]?.delivered).toBe(false);
  });

  it('refuses connections where nobody listens, and to a stopped end', async () => {
    const { alice, bob } = await makeNetwork();
    await expect(alice.transport.connect('TCP', { host: '192.0.2.3', port: 5060 })).rejects.toThrow(SipTransportError);
    await bob.transport.stop();
    await expect(alice.transport.connect('TCP', bob.transport.address)).rejects.toThrow(SipTransportError);
  });

  it('never lets a message on a connection overtake another', async () => {
    const { clock, network, alice, bob } = await makeNetwork();
    const flow = await alice.transport.connect('TCP', bob.transport.address);
    network.conditions.delayMs = 100;
    flow.send('first');
    network.conditions.delayMs = 0;
    flow.send('second');
    clock.runUntilIdle();
    expect(bob.got.map(({ text }) => text)).toEqual(['first', 'second']);
  });
});
