import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import { dialled, digestOf } from './testing/dialled.js';
import { aliceUri, answerSdp, bobUri, leftovers, makeWorld, offerSdp } from './testing/ua-fixture.js';

describe('a caller who is challenged', () => {
  it('[UAC13] answers challenges of INVITE, re-INVITE and BYE with the next CSeq, the same Call-ID and tags', async () => {
    const { world, alice, peer, call } = await dialled({ credentials: { username: 'a', password: 'secret' } });
    const digest = digestOf(world);
    const challenge = { headers: digest.challenge(407) };
    const first = peer.last('INVITE');
    peer.answer(first, 407, challenge);
    await world.pass();
    const second = peer.last('INVITE');
    expect(await digest.check(second.request, 407)).toMatchObject({ ok: true });
    expect(second.request.cseq.number).toBe(2);
    expect([second.request.callId, second.request.from.tag]).toEqual([first.request.callId, first.request.from.tag]);
    expect(peer.requests('ACK')[0]!.topVia.branch).toBe(first.request.topVia.branch);
    peer.answer(second, 200, { sdp: answerSdp });
    await world.pass();
    // The ACK carries the credentials of its INVITE, RFC 3261 §13.2.2.4.
    expect(peer.last('ACK').request.headers.get('Proxy-Authorization')).toBe(
      second.request.headers.get('Proxy-Authorization'),
    );
    const answered = call.session!.reinvite({ sdp: offerSdp });
    await world.pass();
    peer.answer(peer.last('INVITE'), 407, challenge);
    await world.pass();
    expect(await digest.check(peer.last('INVITE').request, 407)).toMatchObject({ ok: true });
    expect(peer.last('INVITE').request.cseq.number).toBe(4);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect((await answered).sdp).toBe(answerSdp);
    call.session!.bye();
    await world.pass();
    peer.answer(peer.last('BYE'), 401, { headers: digest.challenge(401) });
    await world.pass();
    expect(await digest.check(peer.last('BYE').request, 401)).toMatchObject({ ok: true });
    expect(peer.last('BYE').request.cseq.number).toBe(6);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC14] fails with the challenge when the credentials are wrong, or there are none', async () => {
    for (const credentials of [undefined, { username: 'a', password: 'guess' }]) {
      const { world, alice, peer, call } = await dialled(credentials && { credentials });
      const digest = digestOf(world);
      for (let time = 0; time < 3; time++) {
        peer.answer(peer.last('INVITE'), 401, { headers: digest.challenge(401) });
        await world.pass();
      }
      expect(call.events).toEqual(['failed response 401']);
      expect(peer.requests('INVITE')).toHaveLength(credentials ? 2 : 1);
      expect(await leftovers(world, alice)).toEqual([]);
    }
  });

  it('[UAC21] other requests answer challenges and move on to the next address as well', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const [first, second] = [await world.peer('10.0.0.8'), await world.peer('10.0.0.9')];
    const digest = digestOf(world);
    const response = alice.request({
      method: 'MESSAGE',
      target: { uri: SipUri.parse('sip:bob@carrier.example') },
      from: aliceUri,
      to: bobUri,
      body: { type: 'text/plain', content: 'hello' },
      credentials: { username: 'a', password: 'secret' },
    });
    await world.pass();
    first.answer(first.last('MESSAGE'), 503);
    await world.pass();
    second.answer(second.last('MESSAGE'), 401, { headers: digest.challenge(401) });
    await world.pass();
    expect(await digest.check(second.last('MESSAGE').request, 401)).toMatchObject({ ok: true });
    second.answer(second.last('MESSAGE'), 202);
    await world.pass();
    expect((await response).status).toBe(202);
    expect(second.requests('MESSAGE').map((request) => request.cseq.number)).toEqual([2, 3]);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC22] other requests reject when nobody answers', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const target = { uri: SipUri.parse('sip:10.0.0.66') };
    const silent = alice.request({ method: 'OPTIONS', target, from: aliceUri, to: bobUri }).catch((error) => error);
    await world.pass(32_100);
    expect(await silent).toMatchObject({ code: 'ERR_SIP_REQUEST', failure: { cause: 'timeout', status: 408 } });
    expect(await leftovers(world, alice)).toEqual([]);
  });
});
