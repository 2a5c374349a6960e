import { LegDescription, summarizeOffer } from '@intermix/media';
import { type Flow, SipUri } from '@intermix/sip';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bench, domain, nothingLeft, seededRandom } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { dialIn, makeBench, number } from '../testing/two-users.js';
import { mediaKindOfCaller, mediaKindOfDevice } from './media-kind.js';

const credentials = { username: 'alice', password: 'secret-alice' };
const alice = `<sip:alice@${domain}>`;

/** Alice's desk phone: a SIP telephone with plain RTP, at an address of its own. */
async function deskPhone(bench: Bench): Promise<Phone> {
  const phone = await bench.carrier({ host: '198.51.100.7' });
  const contact = '<sip:alice@198.51.100.7:5060>';
  expect((await bench.register(phone, 'alice', { contact })).status).toBe(200);
  return phone;
}

async function legKinds(bench: Bench): Promise<string[]> {
  return (await bench.record()).legs.map(({ role, kind, party }) => `${role} ${kind} ${party}`);
}

describe('a SIP telephone of a user', () => {
  let bench: Bench;
  afterEach(async () => {
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[TEL1] calls a number: both legs are plain RTP', async () => {
    bench = await makeBench();
    const desk = await deskPhone(bench);
    const carrier = await bench.carrier();
    const placed = desk.call(`sip:09876543210@${domain}`, alice, { credentials });
    await bench.run(5);
    carrier.calls[0]!.answer();
    await bench.run(5);
    expect(placed.session).toBeDefined();
    expect(bench.engine.legs.map((leg) => [leg.kind, leg.codec])).toEqual([
      ['rtp', 'PCMU'],
      ['rtp', 'PCMU'],
    ]);
    placed.session!.bye();
    await bench.run();
    expect((await bench.record()).call).toMatchObject({ direction: 'outbound', status: 'completed' });
    expect(await legKinds(bench)).toEqual(['caller telephone u-alice', 'callee carrier car_1']);
  });

  it('[TEL6] is taken for a user, and asked for proof, also at the address of a carrier', async () => {
    bench = await makeBench();
    const carrier = await bench.carrier(); // The carrier's own address: a laboratory, or a shared border controller.
    const unproved = carrier.call(`sip:09876543210@${domain}`, alice, {});
    await bench.run(5);
    expect(unproved.failure).toMatchObject({ status: 407 });
    const placed = carrier.call(`sip:09876543210@${domain}`, alice, { credentials });
    await bench.run(5);
    carrier.calls.at(-1)!.answer();
    await bench.run(5);
    expect(placed.session).toBeDefined();
    expect((await bench.record()).call).toMatchObject({ direction: 'outbound' });
    placed.session!.bye();
    await bench.run();
  });

  it('[TEL2] rings for a number together with the browsers, each with the media it knows', async () => {
    bench = await makeBench();
    const desk = await deskPhone(bench);
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run(5);
    expect(summarizeOffer(desk.calls[0]!.incoming.offer!).kind).toBe('rtp');
    expect(summarizeOffer(bob.calls[0]!.incoming.offer!).kind).toBe('webrtc');
    desk.calls[0]!.answer();
    await bench.run(5);
    expect(placed.session).toBeDefined();
    expect(bob.calls[0]!.cancelled).toBe(true);
    placed.session!.bye();
    await bench.run();
    expect((await bench.record()).call).toMatchObject({ direction: 'inbound', to: number, status: 'completed' });
    expect(await legKinds(bench)).toEqual(['caller carrier car_1', 'callee telephone u-alice', 'callee browser u-bob']);
  });

  it('[TEL3] calls a browser, and a browser calls it: G.711 on both legs', async () => {
    bench = await makeBench();
    const desk = await deskPhone(bench);
    const bob = await bench.registered('bob');
    const placed = desk.call(`sip:bob@${domain}`, alice, { credentials });
    await bench.run(5);
    bob.calls[0]!.answer();
    await bench.run(5);
    expect(placed.session).toBeDefined();
    placed.session!.bye();
    await bench.run();

    const back = bob.call(`sip:alice@${domain}`, `<sip:bob@${domain}>`);
    await bench.run(5);
    desk.calls[0]!.answer();
    await bench.run(5);
    expect(back.session).toBeDefined();
    expect(bench.engine.legs.map((leg) => [leg.kind, leg.codec])).toEqual([
      ['rtp', 'PCMU'],
      ['webrtc', 'PCMU'],
      ['webrtc', 'PCMU'],
      ['rtp', 'PCMU'],
    ]);
    back.session!.bye();
    await bench.run();
  });
});

describe('what a device speaks', () => {
  const flowOf = (protocol: Flow['protocol']) => ({ protocol }) as Flow;

  it('[TEL4] follows its connection, or the transport of its contact when a proxy stands between', () => {
    expect(mediaKindOfDevice(flowOf('WSS'))).toBe('webrtc');
    expect(mediaKindOfDevice(flowOf('UDP'))).toBe('rtp');
    expect(mediaKindOfDevice(flowOf('UDP'), SipUri.parse('sip:a@x.invalid;transport=ws'))).toBe('webrtc');
    expect(mediaKindOfDevice(flowOf('UDP'), SipUri.parse('sip:a@192.0.2.1;transport=tcp'))).toBe('rtp');
  });

  it('[TEL5] is what a caller offers, wherever it comes from; a carrier has plain RTP', () => {
    const random = seededRandom();
    const rtp = new LegDescription({ transport: { kind: 'rtp', address: '192.0.2.1', port: 4000 }, random }).offer();
    expect(mediaKindOfCaller('browser', rtp, flowOf('WSS'))).toBe('rtp');
    expect(mediaKindOfCaller('browser', undefined, flowOf('WSS'))).toBe('webrtc');
    expect(mediaKindOfCaller('carrier', undefined, flowOf('WSS'))).toBe('rtp');
  });
});
