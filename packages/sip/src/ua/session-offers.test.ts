import { describe, expect, it } from 'vitest';
import { hangUp, talking, talkingAsCaller } from './testing/talk.js';
import { answerSdp, leftovers, makeCall, makeWorld, offerSdp, watchEnd } from './testing/ua-fixture.js';
import type { IncomingReinvite } from './types.js';

describe('offers in a session', () => {
  it('[OFR1] are sent one at a time, in order', async () => {
    const talk = await talking();
    const { world, peer, session } = talk;
    const [first, second] = [session.reinvite({ sdp: 'v=1' }), session.reinvite({ sdp: 'v=2' })];
    await world.pass();
    expect(peer.requests('INVITE').map((invite) => invite.sdp)).toEqual(['v=1']);
    peer.answer(peer.last('INVITE'), 180);
    await world.pass(10);
    peer.answer(peer.last('INVITE'), 488);
    await world.pass();
    await expect(first).rejects.toMatchObject({ code: 'ERR_SIP_REJECTED', status: 488 });
    expect(session.ended).toBe(false);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp, contact: '<sip:newer@10.0.0.9>' });
    await world.pass();
    expect((await second).sdp).toBe(answerSdp);
    expect(peer.requests('INVITE').map((invite) => [invite.sdp, invite.cseq.number])).toEqual([
      ['v=1', 1],
      ['v=2', 2],
    ]);
    expect(peer.last('ACK').request.uri.toString()).toBe('sip:newer@10.0.0.9');
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect(peer.requests('ACK').filter((ack) => ack.cseq.number === 2)).toHaveLength(2);
    await hangUp(talk);
  });

  it('[OFR2] get 491 while one of ours is pending, and 500 while theirs lacks its answer or its ACK', async () => {
    const talk = await talking();
    const { world, peer, flow, session, inDialog } = talk;
    const incoming: IncomingReinvite[] = [];
    session.on('reinvite', (reinvite) => incoming.push(reinvite));
    const ours = session.reinvite({ sdp: 'v=1' });
    await world.pass();
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 3, sdp: offerSdp });
    await world.pass();
    expect([peer.lastResponse('INVITE').status, peer.lastResponse('UPDATE').status]).toEqual([491, 491]);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    await ours;
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 4, sdp: offerSdp });
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 5, sdp: offerSdp });
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 6, sdp: offerSdp });
    await world.pass();
    const answers = () => peer.responses('INVITE').map((response) => [response.cseq.number, response.status]);
    expect(answers()).toContainEqual([5, 500]);
    expect(peer.lastResponse('UPDATE').status).toBe(500);
    expect(incoming).toHaveLength(1);
    incoming[0]!.accept({ sdp: answerSdp });
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 7, sdp: offerSdp });
    await world.pass();
    expect(answers()).toContainEqual([4, 200]);
    expect(answers()).toContainEqual([7, 500]);
    peer.send(flow, 'ACK', { ...inDialog, cseq: 4 });
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 8, sdp: offerSdp });
    await world.pass();
    expect(incoming).toHaveLength(2);
    incoming[1]!.reject(488);
    await world.pass();
    for (const cseq of [2, 5, 7, 8]) peer.send(flow, 'ACK', { ...inDialog, cseq });
    await hangUp(talk);
  });

  it.each([
    ['the owner of the Call-ID', talkingAsCaller, 2_100, 4_000],
    ['the other side', talking, 0, 2_000],
  ])('[OFR3] are repeated after 491: %s waits as RFC 3261 §14.1 says', async (_who, begin, from, to) => {
    const talk = await begin();
    const { world, peer, session } = talk;
    const before = peer.requests('INVITE').length;
    const ours = session.reinvite({ sdp: 'v=1' });
    await world.pass();
    peer.answer(peer.last('INVITE'), 491);
    // Transactions, not datagrams: nobody answers the second one in time, so that it is repeated.
    const attempts = () => [
      ...new Map(
        peer
          .requests('INVITE')
          .slice(before)
          .map((one) => [one.cseq.number, one]),
      ).values(),
    ];
    if (from > 0) await world.pass(from - 10);
    expect(attempts()).toHaveLength(1);
    await world.pass(to - from + 20);
    const tries = attempts();
    expect(tries.map((one) => one.sdp)).toEqual(['v=1', 'v=1']);
    expect(tries[1]!.cseq.number).toBe(tries[0]!.cseq.number + 1);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect((await ours).sdp).toBe(answerSdp);
    await hangUp(talk);
  });

  it('[OFR4] without SDP get ours in the 200, and the answer in the ACK', async () => {
    const talk = await talking();
    const { world, peer, flow, session, inDialog } = talk;
    session.on('reinvite', (reinvite) => {
      expect(reinvite.offer).toBeUndefined();
      reinvite.accept({ sdp: offerSdp });
    });
    const answers: (string | undefined)[] = [];
    session.on('acknowledged', (sdp) => answers.push(sdp));
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(peer.lastResponse('INVITE').sdp).toBe(offerSdp);
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 3, sdp: offerSdp });
    await world.pass();
    expect(peer.lastResponse('UPDATE').status).toBe(491);
    peer.send(flow, 'ACK', { ...inDialog, cseq: 2, sdp: answerSdp });
    await world.pass();
    expect(answers).toEqual([answerSdp]);
    await hangUp(talk);
  });

  it('[OFR5] of a re-INVITE without SDP come in the 200, and our next waits until we acknowledged', async () => {
    const talk = await talking();
    const { world, peer, session } = talk;
    const late = session.reinvite({});
    const next = session.reinvite({ sdp: 'v=2' });
    await world.pass();
    peer.answer(peer.last('INVITE'), 200, { sdp: offerSdp });
    await world.pass();
    expect((await late).sdp).toBe(offerSdp);
    expect(peer.requests('ACK')).toEqual([]);
    expect(peer.requests('INVITE')).toHaveLength(1);
    session.acknowledge(answerSdp);
    await world.pass();
    expect(peer.last('ACK').request.sdp).toBe(answerSdp);
    expect(peer.last('INVITE').request.sdp).toBe('v=2');
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect((await next).sdp).toBe(answerSdp);
    await hangUp(talk);
  });

  it('[OFR6] of the peer may be cancelled, and are never left without an answer', async () => {
    const talk = await talking();
    const { world, peer, flow, session, inDialog } = talk;
    session.on('reinvite', () => {});
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp, branch: 'z9hG4bKre' });
    peer.send(flow, 'CANCEL', { ...inDialog, cseq: 2, branch: 'z9hG4bKre', contact: null });
    await world.pass();
    expect(peer.statuses('CANCEL')).toEqual([200]);
    expect(peer.lastResponse('INVITE').status).toBe(487);
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 3, sdp: offerSdp });
    await world.pass(33_000);
    expect(peer.statuses('UPDATE')).toEqual([500]);
    expect(session.ended).toBe(false);
    await hangUp(talk);
  });

  it('[OFR7] by UPDATE are answered in its 200', async () => {
    const talk = await talking();
    const { world, peer, flow, session, inDialog } = talk;
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass();
    expect([peer.lastResponse('UPDATE').status, peer.lastResponse('UPDATE').sdp]).toEqual([200, answerSdp]);
    await hangUp(talk);
  });

  it('[OFR8] end the session when the dialog is gone', async () => {
    const { world, bob, peer, session } = await talking();
    const ends = watchEnd(session);
    const ours = session.reinvite({ sdp: 'v=1' }).catch((error) => error);
    await world.pass();
    peer.answer(peer.last('INVITE'), 481);
    await world.pass();
    expect(await ours).toMatchObject({ status: 481 });
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[OFR9] from both sides at once both get through', async () => {
    const world = makeWorld();
    const { alice, bob, caller, callee } = await makeCall(world);
    for (const session of [caller, callee]) session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    const both = Promise.all([caller.reinvite({ sdp: 'v=a' }), callee.reinvite({ sdp: 'v=b' })]);
    await world.pass(10_000);
    expect((await both).map((result) => result.sdp)).toEqual([answerSdp, answerSdp]);
    expect(world.network.ladder().filter((line) => line.startsWith('491'))).not.toEqual([]);
    caller.bye();
    expect(await leftovers(world, alice, bob)).toEqual([]);
  });

  it('[OFR10] whose 200 is never acknowledged end the session', async () => {
    const { world, bob, peer, flow, session, inDialog } = await talking();
    const ends = watchEnd(session);
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass(32_100);
    expect(ends).toEqual([{ by: 'local', cause: 'no-ack' }]);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });
});
