import { type Logger, silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { DigestServer } from '../auth/digest-server.js';
import { NameAddr } from '../message/name-addr.js';
import { createResponse } from '../message/responses.js';
import { SipUri } from '../message/uri.js';
import { writeMessage } from '../message/write.js';
import {
  aliceUri,
  answerSdp,
  bobUri,
  callTo,
  leftovers,
  loopResolver,
  makeWorld,
  mutate,
  offerSdp,
  seededRandom,
  type World,
  watchCall,
  watchEnd,
} from './testing/ua-fixture.js';
import type { OutgoingInviteOptions } from './types.js';

async function dialled(more: Partial<OutgoingInviteOptions> = {}) {
  const world = makeWorld();
  const alice = await world.endpoint('10.0.0.1');
  const peer = await world.peer('10.0.0.9');
  const invite = alice.invite(callTo('10.0.0.9', more));
  const call = watchCall(invite);
  await world.pass();
  return { world, alice, peer, invite, call };
}

function digestOf(world: World, options: { realm?: string } = {}): DigestServer {
  return new DigestServer({
    realm: options.realm ?? 'carrier',
    algorithms: ['SHA-256', 'MD5'],
    secret: 'a secret of the test, long enough',
    clock: world.clock,
    random: seededRandom(),
    lookup: () => ({ password: 'secret' }),
  });
}

describe('the caller', () => {
  it('[UAC1] ACKs with a new branch, to the remote target, along the Record-Route of that 2xx', async () => {
    const route = [NameAddr.parse('<sip:10.0.0.9;lr>')];
    const target = { uri: SipUri.parse('sip:bob@far.example'), route };
    const { world, alice, peer, call } = await dialled({ target });
    const invite = peer.last('INVITE');
    expect(invite.request.routes.map(String)).toEqual(['<sip:10.0.0.9;lr>']);
    expect(invite.request.uri.toString()).toBe('sip:bob@far.example');
    const headers: [string, string][] = [['Record-Route', '<sip:10.0.0.77;lr>, <sip:10.0.0.9;lr;id=2>']];
    peer.answer(invite, 200, { headers, contact: '<sip:bob@192.0.2.7:7777>', sdp: answerSdp });
    await world.pass();
    const { request: ack } = peer.last('ACK');
    expect(ack.topVia.branch).not.toBe(invite.request.topVia.branch);
    expect(ack.uri.toString()).toBe('sip:bob@192.0.2.7:7777');
    expect(ack.routes.map(String)).toEqual(['<sip:10.0.0.9;lr;id=2>', '<sip:10.0.0.77;lr>']);
    expect([ack.cseq.number, ack.to.tag, ack.body.length]).toEqual([1, 'peer', 0]);
    call.session!.bye();
    await world.pass();
    expect(peer.last('BYE').request.routes.map(String)).toEqual(ack.routes.map(String));
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC2] takes the detour of a strict router', async () => {
    const { world, alice, peer, call } = await dialled();
    const headers: [string, string][] = [['Record-Route', '<sip:10.0.0.9>']];
    peer.answer(peer.last('INVITE'), 200, { headers, contact: '<sip:bob@192.0.2.7>', sdp: answerSdp });
    await world.pass();
    const { request: ack } = peer.last('ACK');
    expect(ack.uri.toString()).toBe('sip:10.0.0.9');
    expect(ack.routes.map(String)).toEqual(['<sip:bob@192.0.2.7>']);
    call.session!.flowLost();
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC3] ACKs each repeated 2xx again, with the same ACK, and tells nobody', async () => {
    const { world, alice, peer, call } = await dialled();
    for (let time = 0; time < 3; time++) {
      peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
      await world.pass(500);
    }
    const acks = peer.requests('ACK');
    expect(acks).toHaveLength(3);
    expect(new Set(acks.map((ack) => ack.topVia.branch)).size).toBe(1);
    expect(call.events).toEqual(['answered']);
    await world.pass(40_000); // The transaction is gone; the session still knows its ACK.
    expect(alice.counts.clientTransactions).toBe(0);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect(peer.requests('ACK')).toHaveLength(4);
    call.session!.flowLost();
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC27] ACKs a repeated 2xx and ends a late fork after the call itself is gone', async () => {
    const { world, alice, peer, call } = await dialled();
    const invite = peer.last('INVITE');
    peer.answer(invite, 200, { toTag: 'one', sdp: answerSdp });
    await world.pass();
    call.session!.bye();
    await world.pass();
    peer.answer(peer.last('BYE'), 200);
    await world.pass();
    expect(alice.counts.dialogs).toBe(0);
    peer.answer(invite, 200, { toTag: 'one', sdp: answerSdp });
    await world.pass();
    expect(peer.requests('ACK').map((ack) => ack.to.tag)).toEqual(['one', 'one']);
    expect(peer.requests('BYE')).toHaveLength(1);
    peer.answer(invite, 200, { toTag: 'late', sdp: answerSdp });
    await world.pass();
    expect(peer.last('ACK').request.to.tag).toBe('late');
    expect(peer.last('BYE').request.to.tag).toBe('late');
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC4] tells forks apart, keeps the first answer, ACKs and BYEs every other', async () => {
    const { world, alice, peer, call } = await dialled();
    const invite = peer.last('INVITE');
    peer.answer(invite, 180, { toTag: 'one' });
    peer.answer(invite, 183, { toTag: 'two', sdp: answerSdp });
    await world.pass();
    expect(alice.counts.dialogs).toBe(2);
    peer.answer(invite, 200, { toTag: 'three', sdp: answerSdp });
    peer.answer(invite, 200, { toTag: 'two', sdp: answerSdp });
    peer.answer(invite, 200, { toTag: 'two', sdp: answerSdp });
    await world.pass();
    expect(call.events).toEqual(['progress 180 one', 'progress 183 two', 'answered']);
    expect(call.session!.remoteTag).toBe('three');
    expect(peer.requests('ACK').map((ack) => ack.to.tag)).toEqual(['three', 'two', 'two']);
    expect(peer.requests('BYE').map((bye) => bye.to.tag)).toEqual(['two']);
    peer.answer(peer.last('BYE'), 200);
    call.session!.bye();
    await world.pass();
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC5] bears a 2xx without a To tag', async () => {
    const { world, alice, peer, call } = await dialled();
    peer.answer(peer.last('INVITE'), 200, { toTag: null, sdp: answerSdp });
    await world.pass();
    expect(call.events).toEqual(['answered']);
    expect(peer.last('ACK').request.to.tag).toBeUndefined();
    const { request, flow } = peer.last('INVITE');
    const ends = watchEnd(call.session!);
    peer.send(flow, 'BYE', { callId: request.callId, toTag: request.from.tag!, fromTag: 'later', cseq: 1 });
    await world.pass();
    expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC6] answers a late offer in its ACK', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const peer = await world.peer('10.0.0.9');
    const { sdp: _none, ...options } = callTo('10.0.0.9');
    const call = watchCall(alice.invite(options));
    await world.pass();
    expect(peer.last('INVITE').request.body.length).toBe(0);
    peer.answer(peer.last('INVITE'), 200, { sdp: offerSdp });
    await world.pass(600);
    peer.answer(peer.last('INVITE'), 200, { sdp: offerSdp });
    await world.pass();
    expect(peer.requests('ACK')).toEqual([]);
    call.session!.acknowledge(answerSdp);
    call.session!.acknowledge(answerSdp);
    await world.pass();
    expect(peer.requests('ACK').map((ack) => ack.sdp)).toEqual([answerSdp]);
    peer.answer(peer.last('INVITE'), 200, { sdp: offerSdp });
    await world.pass();
    expect(peer.requests('ACK').map((ack) => ack.sdp)).toEqual([answerSdp, answerSdp]);
    call.session!.flowLost();
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC7] waits for a provisional before CANCEL, once, with the Reason', async () => {
    const { world, alice, peer, invite, call } = await dialled();
    invite.cancel({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' });
    invite.cancel();
    await world.pass(100);
    expect(peer.requests('CANCEL')).toEqual([]);
    peer.answer(peer.last('INVITE'), 100);
    await world.pass();
    const { request: cancel } = peer.last('CANCEL');
    expect(cancel.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(cancel.topVia.branch).toBe(peer.last('INVITE').request.topVia.branch);
    peer.answer(peer.last('CANCEL'), 200);
    expect(call.events).toEqual([]);
    peer.answer(peer.last('INVITE'), 487);
    await world.pass();
    expect(call.events).toEqual(['failed cancelled 487']);
    expect(peer.requests('CANCEL')).toHaveLength(1);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC8] ACKs and BYEs the 200 that crosses its CANCEL', async () => {
    const { world, alice, peer, invite, call } = await dialled();
    peer.answer(peer.last('INVITE'), 180);
    await world.pass();
    invite.cancel();
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect(call.events).toEqual(['progress 180 peer', 'failed cancelled 487']);
    expect(call.failure?.response).toBeUndefined();
    expect([peer.requests('ACK').length, peer.requests('BYE').length]).toEqual([1, 1]);
    peer.answer(peer.last('BYE'), 200);
    peer.answer(peer.last('CANCEL'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC9] does not wait for ever for the 487', async () => {
    const { world, alice, peer, invite, call } = await dialled();
    peer.answer(peer.last('INVITE'), 180);
    await world.pass();
    invite.cancel();
    await world.pass();
    peer.answer(peer.last('CANCEL'), 200);
    await world.pass(32_100);
    expect(call.events).toEqual(['progress 180 peer', 'failed cancelled 487']);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC10] that is cancelled while the address is looked up sends nothing', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const invite = alice.invite(callTo('10.0.0.9'));
    const call = watchCall(invite);
    invite.cancel();
    await world.pass();
    expect(call.events).toEqual(['failed cancelled 487']);
    expect(world.network.messages).toEqual([]);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC11] gives up after ringTimeoutMs with CANCEL and 408', async () => {
    const { world, alice, peer, call } = await dialled({ ringTimeoutMs: 20_000 });
    peer.answer(peer.last('INVITE'), 180);
    await world.pass(20_100);
    expect(peer.requests('CANCEL')).toHaveLength(1);
    expect(call.events.at(-1)).toBe('failed timeout 408');
    peer.answer(peer.last('CANCEL'), 200);
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect([peer.requests('ACK').length, peer.requests('BYE').length]).toEqual([1, 1]);
    peer.answer(peer.last('BYE'), 200);
    await world.pass();
    expect(call.events).toHaveLength(2);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC12] gives up at timer C, which each 18x restarts', async () => {
    const { world, alice, peer, call } = await dialled();
    for (let minute = 0; minute < 4; minute++) {
      peer.answer(peer.last('INVITE'), 180);
      await world.pass(60_000);
    }
    expect(peer.requests('CANCEL')).toEqual([]);
    await world.pass(121_000);
    expect(peer.requests('CANCEL').length).toBeGreaterThan(0);
    peer.answer(peer.last('CANCEL'), 200);
    peer.answer(peer.last('INVITE'), 487);
    await world.pass();
    expect(call.events.at(-1)).toBe('failed timeout 408');
    expect(await leftovers(world, alice)).toEqual([]);
  });

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

  it('[UAC15] tries the next address after 503, silence or a refused connection, and after nothing else', async () => {
    for (const [what, isNextTried] of [
      ['503', true],
      ['silence', true],
      ['refused', true],
      ['500', false],
      ['302', false],
      ['408', false],
    ] as const) {
      const world = makeWorld();
      const alice = await world.endpoint('10.0.0.1');
      const first = what === 'refused' ? undefined : await world.peer('10.0.0.8');
      const second = await world.peer('10.0.0.9');
      const transport = what === 'refused' ? ';transport=tcp' : '';
      const uri = SipUri.parse(`sip:bob@carrier.example${transport}`);
      const call = watchCall(alice.invite(callTo('carrier.example', { target: { uri } })));
      await world.pass();
      if (/\d/.test(what)) first!.answer(first!.last('INVITE'), Number(what));
      await world.pass(what === 'silence' ? 32_100 : 100);
      expect([what, second.requests('INVITE').length > 0]).toEqual([what, isNextTried]);
      if (isNextTried) {
        const { request } = second.last('INVITE');
        expect(request.callId).toBe(first?.last('INVITE').request.callId ?? request.callId);
        second.answer(second.last('INVITE'), 486);
        await world.pass();
      }
      expect(call.events).toEqual([`failed response ${isNextTried ? 486 : what}`]);
      expect(await leftovers(world, alice)).toEqual([]);
    }
  });

  it.each([
    ['by TCP where we choose', 'sip:bob@10.0.0.9', undefined, 2_000, ['TCP']],
    ['by UDP when it is short', 'sip:bob@10.0.0.9', undefined, 0, ['UDP']],
    ['by UDP when its address takes no TCP', 'sip:bob@10.0.0.9', ['UDP'], 2_000, ['UDP']],
    ['by UDP when its URI says so', 'sip:bob@10.0.0.9;transport=udp', undefined, 2_000, ['UDP']],
  ] as const)(
    '[UAC25] a request that no datagram should hold goes %s',
    async (_how, text, protocols, padding, gone) => {
      const world = makeWorld();
      const alice = await world.endpoint('10.0.0.1');
      const peer = await world.peer('10.0.0.9', protocols ? { protocols } : {});
      const target = { uri: SipUri.parse(text) };
      const sdp = `${offerSdp}a=x:${'y'.repeat(padding)}\r\n`;
      const call = watchCall(alice.invite(callTo('10.0.0.9', { target, sdp })));
      const said = alice.request({
        ...{ method: 'MESSAGE', target, from: aliceUri, to: bobUri },
        body: { type: 'text/plain', content: sdp },
      });
      await world.pass();
      expect(world.network.messages.filter(({ to }) => to.host === '10.0.0.9').map(({ protocol }) => protocol)).toEqual(
        [...gone, ...gone],
      );
      peer.answer(peer.last('MESSAGE'), 200);
      peer.answer(peer.last('INVITE'), 486);
      await world.pass();
      expect((await said).status).toBe(200);
      expect(call.failure).toMatchObject({ status: 486 });
      expect(peer.last('INVITE').request.topVia.protocol).toBe(gone[0]);
      expect(await leftovers(world, alice)).toEqual([]);
    },
  );

  it('[UAC16] with a flow never looks anything up, and .invalid is never looked up at all', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const browser = await world.peer('10.0.0.20', { listens: false });
    loopResolver.asked.length = 0;
    const near = await browser.connect('10.0.0.1', 'WS');
    const flows: (typeof near)[] = [];
    alice.on('flowOpened', (flow) => flows.push(flow));
    browser.send(near, 'OPTIONS', { via: 'SIP/2.0/WS abc.invalid' });
    await world.pass();
    const uri = SipUri.parse('sip:k3@abc.invalid;transport=ws');
    const call = watchCall(alice.invite(callTo('abc.invalid', { target: { uri, flow: flows[0]! } })));
    await world.pass();
    expect(browser.last('INVITE').request.uri.toString()).toBe('sip:k3@abc.invalid;transport=ws');
    browser.answer(browser.last('INVITE'), 200, { contact: '<sip:k3@abc.invalid;transport=ws;ob>', sdp: answerSdp });
    await world.pass();
    expect(browser.last('ACK').request.uri.toString()).toBe('sip:k3@abc.invalid;transport=ws;ob');
    call.session!.bye();
    await world.pass();
    browser.answer(browser.last('BYE'), 200);
    const lost = watchCall(alice.invite(callTo('abc.invalid', { target: { uri } })));
    await world.pass();
    expect(lost.events).toEqual(['failed transport 503']);
    expect(loopResolver.asked).toEqual([]);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC17] fails with transport when the flow breaks while it rings', async () => {
    const { world, alice, peer, call } = await dialled({ target: { uri: SipUri.parse('sip:10.0.0.9;transport=tcp') } });
    peer.answer(peer.last('INVITE'), 180);
    await world.pass();
    world.network.cut(peer.last('INVITE').flow);
    await world.pass();
    expect(call.events).toEqual(['progress 180 peer', 'failed transport 503']);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC18] with one silent address fails with timeout after 64·T1', async () => {
    const { world, alice, call } = await dialled();
    await world.pass(32_100);
    expect(call.events).toEqual(['failed timeout 408']);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC19] goes to the far end that the answer names, where it had looked up the address itself', async () => {
    const { world, alice, peer, call } = await dialled();
    const media = await world.peer('10.0.0.30');
    peer.answer(peer.last('INVITE'), 200, { contact: '<sip:bob@10.0.0.30>', sdp: answerSdp });
    await world.pass();
    call.session!.bye();
    await world.pass();
    expect(media.received.map(({ message }) => message.cseq.method)).toEqual(['ACK', 'BYE']);
    expect(peer.requests('ACK')).toEqual([]);
    media.answer(media.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC19] but keeps a connection, as some carriers refuse a second one', async () => {
    const target = { uri: SipUri.parse('sip:10.0.0.9;transport=tcp') };
    const { world, alice, peer, call } = await dialled({ target });
    peer.answer(peer.last('INVITE'), 200, { contact: '<sip:bob@10.0.0.30;transport=tcp>', sdp: answerSdp });
    await world.pass();
    call.session!.bye();
    await world.pass();
    expect(peer.last('BYE').flow).toBe(peer.last('INVITE').flow);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC20] keeps the early dialog for requests of the callee', async () => {
    const { world, alice, peer, invite } = await dialled();
    peer.answer(peer.last('INVITE'), 183);
    await world.pass();
    const { request, flow } = peer.last('INVITE');
    const inDialog = { callId: request.callId, toTag: request.from.tag! };
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 1 });
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 2, sdp: offerSdp });
    peer.send(flow, 'INFO', { ...inDialog, cseq: 3 });
    await world.pass();
    expect(peer.statuses('UPDATE')).toEqual([200, 491]);
    expect(peer.statuses('INFO')).toEqual([500]);
    invite.cancel();
    await world.pass();
    peer.answer(peer.last('INVITE'), 487);
    expect(await leftovers(world, alice)).toEqual([]);
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

  it('[UAC23] stops with every promise settled and every call told', async () => {
    const { world, alice, peer, call } = await dialled();
    peer.answer(peer.last('INVITE'), 180);
    const target = { uri: SipUri.parse('sip:10.0.0.9') };
    const open = alice.request({ method: 'OPTIONS', target, from: aliceUri, to: bobUri }).catch((error) => error);
    await world.pass();
    await alice.stop();
    expect(await open).toMatchObject({ failure: { cause: 'transport' } });
    expect(call.events.at(-1)).toBe('failed transport 503');
    expect(alice.counts).toEqual({ clientTransactions: 0, serverTransactions: 0, dialogs: 0, flows: 0 });
    await world.clock.runUntilIdleAsync();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('[UAC24] bears broken responses: nothing is thrown, the call ends once, nothing is left', async () => {
    const random = seededRandom(11);
    const outcomes = new Set<string>();
    for (let round = 0; round < 150; round++) {
      const world = makeWorld();
      const errors: unknown[] = [];
      const logger: Logger = { ...silentLogger, error: (fields, message) => errors.push([message, fields]) };
      const alice = await world.endpoint('10.0.0.1', { logger });
      const peer = await world.peer('10.0.0.9');
      const call = watchCall(alice.invite(callTo('10.0.0.9', { ringTimeoutMs: 20_000 })));
      await world.pass();
      const { request, flow } = peer.last('INVITE');
      for (const status of [180, 200]) {
        const headers: [string, string][] = [
          ['Record-Route', '<sip:10.0.0.9;lr>'],
          ['Contact', '<sip:bob@10.0.0.9>'],
        ];
        flow.send(mutate(writeMessage(createResponse(request, status, { toTag: 'peer', headers })), random));
        await world.pass();
      }
      call.session?.bye();
      expect(await leftovers(world, alice)).toEqual([]);
      expect(errors).toEqual([]);
      expect(call.events.filter((event) => !event.startsWith('progress'))).toHaveLength(1);
      outcomes.add(call.events.at(-1)!);
    }
    expect(outcomes.size).toBeGreaterThan(1);
  });
});
