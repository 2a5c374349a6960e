import { describe, expect, it } from 'vitest';
import { Bench, domain, nothingLeft } from '../testing/bench.js';

/** Alice and Bob with an account, a carrier, and a number that rings them. */
async function makeBench(userIds: readonly string[] = ['u-alice']) {
  const bench = new Bench();
  bench.directory.addUser('alice', { name: 'Alice A' });
  bench.directory.addUser('bob');
  bench.directory.addCarrier();
  bench.directory.addDid('+918047110001', userIds);
  return bench.start();
}

describe('a call from a carrier to a browser', () => {
  it('[CALL1] rings, is answered, is bridged, ends with BYE, and is on record with figures', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();

    const placed = carrier.call('sip:+918047110001@10.0.0.1', '<sip:09876543210@203.0.113.5>');
    await bench.run();
    const ringing = alice.calls[0]!;
    expect((await bench.record()).call).toMatchObject({
      ...{ accountSid: 'acme', appId: 'app1', direction: 'inbound', status: 'queued' },
      ...{ from: '+919876543210', to: '+918047110001' },
    });
    ringing.ring();
    await bench.run();
    expect(placed.progress.map((p) => p.status)).toEqual([180]);
    expect((await bench.record()).call.status).toBe('ringing');

    ringing.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    const [toCarrier, toAlice] = bench.engine.legs;
    expect(bench.engine.partnerOf(toCarrier!)).toBe(toAlice);
    expect(toCarrier!.codec).toBe(toAlice!.codec);
    expect(bench.board.switch.stats).toMatchObject({ activeCalls: 1, activeLegs: 2, bindings: 1 });

    await bench.run(61_500);
    placed.session!.bye();
    await bench.run();
    expect(ringing.session!.ended).toBe(true);
    const { call, legs, events } = await bench.record();
    expect(call).toMatchObject({
      ...{ status: 'completed', durationSec: 62 },
      termination: { by: 'caller', reason: 'hangup' },
    });
    expect(legs.map((leg) => [leg.role, leg.kind, leg.party, leg.status])).toEqual([
      ['caller', 'carrier', 'car_1', 'completed'],
      ['callee', 'browser', 'u-alice', 'completed'],
    ]);
    expect(legs[1]!.quality).toMatchObject({ codec: 'PCMU', packetsLost: 1, jitterMs: 3, roundTripMs: 20 });
    expect(events).toEqual(['call-created', 'leg-ringing', 'call-answered', 'call-ended']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[CALL2] tells the browser the call, the leg and the number of the caller, at its own contact', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    carrier.call('sip:+918047110001@10.0.0.1', '<sip:+919876543210@203.0.113.5>');
    await bench.run();

    const { request, flow } = alice.calls[0]!.incoming;
    const { call, legs } = await bench.record();
    expect(request.uri.toString()).toBe(`sip:alice-dev@${alice.transport.sentBy(flow).host};transport=ws`);
    expect(request.headers.get('X-Exotel-CallSid')).toBe(call.callSid);
    expect(call.callSid).toMatch(/^[0-9a-f]{32}$/);
    expect(request.headers.get('LegSid')).toBe(legs[1]!.legId);
    expect(request.from.displayName).toBe('+919876543210');
    expect(request.from.uri.toString()).toBe(`sip:+919876543210@${domain}`);
    expect(request.to.uri.toString()).toBe(`sip:alice@${domain}`);
    expect(request.maxForwards).toBe(69);
    await bench.close();
  });
});

describe('a call from a browser', () => {
  it('[CALL3] to a number goes through the carrier of the account under its own number', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();

    const placed = alice.call(`sip:09876543210@${domain}`, `<sip:alice@${domain}>`, { headers: [['X-Ticket', '42']] });
    await bench.run();
    const { incoming } = carrier.calls[0]!;
    expect(incoming.request.uri.toString()).toBe('sip:+919876543210@203.0.113.5:5060');
    expect(incoming.request.from.uri.toString()).toBe('sip:+918047110001@sip.test');
    expect(incoming.request.headers.get('X-Ticket')).toBeUndefined();
    carrier.calls[0]!.ring();
    await bench.run();
    carrier.calls[0]!.answer();
    await bench.run();
    expect(placed.progress.map((p) => p.status)).toEqual([180]);
    const { callSid } = (await bench.record()).call;
    const toAlice = bench.network.messages.filter((m) => m.protocol === 'WS' && m.text.includes(callSid));
    expect(toAlice.map((m) => m.startLine)).toEqual(['180 Ringing', '200 OK']); // The page learns the id of its call.
    expect(bench.engine.legs.map((leg) => [leg.kind, leg.codec])).toEqual([
      ['webrtc', 'PCMU'],
      ['rtp', 'PCMU'],
    ]);

    carrier.calls[0]!.session!.bye();
    await bench.run();
    expect(placed.session!.ended).toBe(true);
    const { call } = await bench.record();
    expect(call).toMatchObject({
      ...{ direction: 'outbound', from: '+918047110001', to: '+919876543210', status: 'completed' },
      termination: { by: 'callee', reason: 'hangup' },
    });
    const created = [...bench.store.calls.values()][0]!.events[0]!;
    expect(created.data).toMatchObject({ headers: { 'X-Ticket': '42' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[CALL4] to a colleague is internal, and speaks Opus end to end', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');

    const placed = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect(bob.calls[0]!.incoming.request.from.displayName).toBe('Alice A');
    bob.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(bench.engine.legs.map((leg) => leg.codec)).toEqual(['opus', 'opus']);
    expect((await bench.record()).call).toMatchObject({ direction: 'internal', from: 'alice', to: 'bob' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    ['OPUS', 'opus'],
    ['pcma', 'PCMA'],
    ['unknown', 'opus'],
  ])('[CALL7] offers a device first the codec that it asked for, %s, when the caller has it', async (asked, first) => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.browser();
    const contact = `<sip:bob@${bob.transport.sentBy(bob.flow!).host};transport=ws>;x-codec=${asked}`;
    const { contacts } = await bench.register(bob, 'bob', { contact });
    expect(String(contacts !== '*' && contacts[0]?.params.get('x-codec'))).toBe(asked);
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    const { offer = '' } = bob.calls[0]!.incoming;
    const payloadType = /^m=audio \d+ \S+ (\d+)/m.exec(offer)?.[1];
    expect(offer).toMatch(new RegExp(`^a=rtpmap:${payloadType} ${first}/`, 'm'));
    bob.calls[0]!.answer();
    await bench.run();
    const [toAlice, toBob] = bench.engine.legs;
    expect(bench.engine.partnerOf(toAlice!)).toBe(toBob);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[CALL7] a device that prefers Opus gets G.711 from a telephone, which has no other', async () => {
    const bench = await makeBench();
    const alice = await bench.browser();
    const contact = `<sip:alice@${alice.transport.sentBy(alice.flow!).host};transport=ws>;x-codec=opus`;
    await bench.register(alice, 'alice', { contact });
    const carrier = await bench.carrier();
    const placed = carrier.call('sip:+918047110001@10.0.0.1', '<sip:+919876543210@203.0.113.5>');
    await bench.run();
    expect(alice.calls[0]!.incoming.offer).not.toContain('opus');
    alice.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(bench.engine.legs.map((leg) => leg.codec)).toEqual(['PCMU', 'PCMU']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[CALL6] to a user of another app of the account is to an unknown name: nobody rings, nothing of the user is told', async () => {
    const bench = await makeBench();
    bench.directory.addUser('carol', { appId: 'app2' });
    const alice = await bench.registered('alice');
    const carol = await bench.registered('carol');
    const dial = async (name: string) => {
      const placed = alice.call(`sip:${name}@${domain}`, `<sip:alice@${domain}>`);
      await bench.run();
      return placed.failure?.status;
    };
    expect(await dial('carol')).toBe(404);
    expect(await dial('nobody')).toBe(404);
    expect(carol.calls).toEqual([]);
    const stories = [...bench.store.calls.values()].map(({ call, legs, events }) => {
      const { direction, userId, status, termination, to } = call;
      const told = [...legs.values()].map((leg) => [leg.role, leg.userId]);
      return { direction, userId, status, termination, told, events: events.map(({ type }) => type), to };
    });
    expect(stories).toHaveLength(2);
    expect(stories[0]).toEqual({ ...stories[1], to: 'carol' });
    expect(JSON.stringify(stories)).not.toContain('u-carol');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[CALL5] falls back to G.711 when the colleague has no Opus', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob', { codecs: ['PCMA'] });
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    bob.calls[0]!.answer();
    await bench.run();
    expect(bench.engine.legs.map((leg) => leg.codec)).toEqual(['PCMA', 'PCMA']);
    await bench.close();
  });
});
