import { describe, expect, it } from 'vitest';
import { nothingLeft } from '../testing/bench.js';
import { directionIn, makeTalk, reinvite } from '../testing/talk.js';

describe('hold', () => {
  it('[HOLD1] of a browser: sendonly is answered recvonly, nothing crosses, and resume joins the two again', async () => {
    const { bench, received, carrierLeg, aliceLeg } = await makeTalk();
    const held: string[] = [];
    bench.board.switch.on('held', (_call, leg) => held.push(`held ${leg.party}`));
    bench.board.switch.on('resumed', (_call, leg) => held.push(`resumed ${leg.party}`));

    const answer = await reinvite(bench, received.session!, received.media.offer({ direction: 'sendonly' }));
    expect(directionIn(answer as string)).toBe('recvonly');
    expect(bench.engine.partnerOf(aliceLeg)).toBeUndefined();
    const back = await reinvite(bench, received.session!, received.media.offer({ direction: 'sendrecv' }));
    expect(directionIn(back as string)).toBe('sendrecv');
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(held).toEqual(['held u-alice', 'resumed u-alice']);
    expect((await bench.record()).events).toEqual(expect.arrayContaining(['leg-held', 'leg-resumed']));
    // The other side hears silence and is not asked anything.
    expect(bench.sent('INVITE').filter((m) => m.to.host === '203.0.113.5')).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD2] of both sides at once: joined only when both have resumed', async () => {
    const { bench, placed, received, carrierLeg, aliceLeg } = await makeTalk();
    await reinvite(bench, received.session!, received.media.offer({ direction: 'sendonly' }));
    const inactive = await reinvite(bench, placed.session!, placed.media.offer({ direction: 'inactive' }));
    expect(directionIn(inactive as string)).toBe('inactive');
    await reinvite(bench, received.session!, received.media.offer({ direction: 'sendrecv' }));
    expect(bench.engine.partnerOf(aliceLeg)).toBeUndefined();
    await reinvite(bench, placed.session!, placed.media.offer({ direction: 'sendrecv' }));
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD3] a re-INVITE without SDP is offered what we want now, with the codec in force', async () => {
    const { bench, placed, carrierLeg } = await makeTalk();
    placed.session!.on('ended', () => {});
    let offer: string | undefined;
    void placed.session!.reinvite({}).then(({ sdp }) => {
      offer = sdp;
      placed.session!.acknowledge(placed.media.answer(placed.media.read(sdp!), { direction: 'sendonly' }).sdp);
    });
    await bench.run(10);
    expect(directionIn(offer)).toBe('sendrecv');
    expect(offer).toContain('PCMU');
    expect(offer).not.toContain('PCMA');
    await bench.run(10);
    expect(carrierLeg.direction).toBe('recvonly'); // The answer in the ACK put us on hold.
    expect(bench.engine.partnerOf(carrierLeg)).toBeUndefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD4] an offer that cannot be used is refused with 488, and the call goes on', async () => {
    const { bench, received, carrierLeg, aliceLeg } = await makeTalk();
    const sdp = received.media.offer({ codecs: ['opus'] }); // The carrier cannot follow.
    expect(await reinvite(bench, received.session!, sdp)).toMatchObject({ status: 488 });
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(received.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('digits', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=240\r\n', '5', 240],
    ['application/dtmf-relay', 'Signal=11\r\nDuration=160', '#', 160],
    ['application/dtmf', '*', '*', 240],
  ])('[DTMF1] told by INFO %s %j go to the other side', async (type, content, digit, durationMs) => {
    const { bench, received, carrierLeg } = await makeTalk();
    const response = received.session!.request('INFO', { body: { type, content } });
    await bench.run();
    expect((await response).status).toBe(200);
    expect(carrierLeg.digits).toEqual([{ digits: digit, durationMs }]);
    await bench.close();
  });

  it.each([
    ['text/plain', 'hello', 415],
    ['application/dtmf-relay', 'Signal=x', 400],
  ])('[DTMF2] an INFO of %s %j is refused with %i', async (type, content, status) => {
    const { bench, received, carrierLeg } = await makeTalk();
    const response = received.session!.request('INFO', { body: { type, content } });
    await bench.run();
    expect((await response).status).toBe(status);
    expect(carrierLeg.digits).toEqual([]);
    await bench.close();
  });
});
