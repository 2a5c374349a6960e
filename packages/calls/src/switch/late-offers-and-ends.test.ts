import { describe, expect, it } from 'vitest';
import { domain, nothingLeft } from '../testing/bench.js';
import { makeTalk } from '../testing/talk.js';
import { dialIn, makeBench } from '../testing/two-users.js';

describe('late offers and crossing ends', () => {
  it('[OFFER1] an INVITE without SDP gets our offer in the 200, and the answer comes in the ACK', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier, { lateOffer: true });
    await bench.run();
    alice.calls[0]!.ring();
    alice.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    const [carrierLeg, aliceLeg] = bench.engine.legs;
    expect(carrierLeg!.codec).toBe('PCMU');
    expect(bench.engine.partnerOf(carrierLeg!)).toBe(aliceLeg);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OFFER2] nothing in common: 488, and nobody rings with nothing to say', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice', { codecs: ['opus'] });
    const bob = await bench.registered('bob', { codecs: ['PCMA'] });
    const media = alice.newMedia();
    const placed = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`, { sdp: media.offer({ codecs: ['opus'] }) });
    await bench.run();
    const { incoming } = bob.calls[0]!;
    expect(incoming.offer).not.toContain('PCMA');
    incoming.reject(488);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 488 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OFFER3] an offer that is no session description is refused with 488 and rings nobody', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier, { sdp: 'v=0\r\nnonsense\r\n' });
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 488 });
    expect(alice.calls).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END1] BYE of both sides at once ends the call once', async () => {
    const { bench, placed, received } = await makeTalk();
    bench.network.conditions.delayMs = 20;
    const ended: string[] = [];
    bench.board.switch.on('ended', (call) => ended.push(call.status));
    placed.session!.bye();
    received.session!.bye();
    await bench.run(200);
    expect(ended).toEqual(['completed']);
    expect((await bench.record()).events.filter((type) => type === 'call-ended')).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END2] hangup by call sid ends both sides; an unknown sid is an error with a code', async () => {
    const { bench, placed, received } = await makeTalk();
    const [active] = bench.board.switch.listActive();
    bench.board.switch.hangup(active!.callSid);
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call.termination).toMatchObject({ by: 'platform', reason: 'hangup' });
    expect(() => bench.board.switch.hangup('nope')).toThrowError(expect.objectContaining({ code: 'ERR_CALL' }));
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END3] stop ends calls with BYE, refuses new ones with 503 and Retry-After, and waits for the records', async () => {
    const { bench, carrier, placed, received } = await makeTalk();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    let stopped = false;
    const stopping = bench.board.stop().then(() => {
      stopped = true;
    });
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect(bench.sent('BYE')[0]!.text).toContain('Server shutting down');
    const refused = dialIn(carrier);
    await bench.run();
    expect(refused.failure).toMatchObject({ status: 503 });
    expect(refused.failure!.response!.headers.get('Retry-After')).toBe('10');
    expect(stopped).toBe(false);
    release();
    await bench.run();
    await stopping;
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { reason: 'shutdown' } });
    bench.store.before = () => {};
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END5] stop catches the INVITE whose sender is still being looked up', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    let release = () => {};
    const find = bench.directory.findDid.bind(bench.directory);
    bench.directory.findDid = async (dialled) => {
      await new Promise<void>((resolve) => (release = resolve));
      return find(dialled);
    };
    const placed = dialIn(carrier);
    await bench.run();
    const stopping = bench.board.stop();
    await bench.run();
    release();
    await bench.run();
    await stopping;
    expect(placed.failure).toMatchObject({ status: 503 });
    expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'shutdown' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END4] the far end never acknowledges our 200: both legs end', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.network.drop = (message) => message.startLine.startsWith('ACK') && message.from.host === '203.0.113.5';
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.answer();
    await bench.run(33_000);
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'no-ack' });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
