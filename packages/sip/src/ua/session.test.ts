import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import type { Flow, SipProtocol } from '../transport/flow.js';
import type { Endpoint } from './endpoint.js';
import type { ScriptedPeer } from './testing/scripted-peer.js';
import {
  answerSdp,
  callTo,
  leftovers,
  makeCall,
  makeWorld,
  nextInvite,
  offerSdp,
  type World,
  watchCall,
  watchEnd,
} from './testing/ua-fixture.js';
import type { IncomingReinvite, InviteSession } from './types.js';

interface Talk {
  world: World;
  bob: Endpoint;
  peer: ScriptedPeer;
  flow: Flow;
  session: InviteSession;
  /** Call-ID and tags for the peer's requests. */
  inDialog: { callId: string; toTag: string; fromTag: string };
}

/** Bob has answered the peer's call: Bob is UAS, CSeq of the peer is 1. */
async function talking(protocol: SipProtocol = 'UDP'): Promise<Talk> {
  const world = makeWorld();
  const bob = await world.endpoint('10.0.0.2');
  const peer = await world.peer('10.0.0.9');
  const flow = await peer.connect('10.0.0.2', protocol);
  const ringing = nextInvite(bob);
  peer.send(flow, 'INVITE', { sdp: offerSdp });
  await world.pass();
  const session = (await ringing).accept({ sdp: answerSdp })!;
  await world.pass();
  const inDialog = { callId: 'call-1', toTag: session.localTag, fromTag: 'peer' };
  peer.send(flow, 'ACK', inDialog);
  await world.pass();
  return { world, bob, peer, flow, session, inDialog };
}

/** The peer has answered Alice's call: Alice is UAC and owns the Call-ID. */
async function talkingAsCaller(): Promise<Talk> {
  const world = makeWorld();
  const bob = await world.endpoint('10.0.0.2');
  const peer = await world.peer('10.0.0.9');
  const call = watchCall(bob.invite(callTo('10.0.0.9')));
  await world.pass();
  const { request, flow } = peer.last('INVITE');
  peer.answer({ request, flow }, 200, { sdp: answerSdp });
  await world.pass();
  const inDialog = { callId: request.callId, toTag: request.from.tag!, fromTag: 'peer' };
  return { world, bob, peer, flow, session: call.session!, inDialog };
}

async function hangUp({ world, bob, peer, session }: Talk): Promise<void> {
  session.bye();
  await world.pass();
  peer.answer(peer.last('BYE'), 200);
  expect(await leftovers(world, bob)).toEqual([]);
  expect(world.clock.pendingTimers).toBe(0);
}

describe('requests in a session', () => {
  it('[DLG1] find it by Call-ID and tags, whatever address they come from, and move its flow', async () => {
    const talk = await talking();
    const { world, peer, session, inDialog, flow } = talk;
    const elsewhere = await world.peer('10.0.0.10');
    const other = await elsewhere.connect('10.0.0.2', 'TCP');
    elsewhere.send(other, 'OPTIONS', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(elsewhere.statuses('OPTIONS')).toEqual([200]);
    expect(session.flow.protocol).toBe('TCP');
    elsewhere.send(other, 'OPTIONS', { ...inDialog, fromTag: 'stranger', cseq: 3 });
    peer.send(flow, 'OPTIONS', { ...inDialog, toTag: 'stranger', cseq: 3 });
    await world.pass();
    expect(elsewhere.statuses('OPTIONS')).toEqual([200, 481]);
    expect(peer.statuses('OPTIONS')).toEqual([481]);
    session.bye();
    await world.pass();
    elsewhere.answer(elsewhere.last('BYE'), 200);
    expect(await leftovers(world, talk.bob)).toEqual([]);
  });

  it('[DLG8] over a flow that may not speak for the peer get 403 and change nothing; its own flow is not asked about', async () => {
    const talk = await talking();
    const { world, peer, session, inDialog, flow } = talk;
    const before = session.flow;
    const heard: string[] = [];
    session.on('info', (info) => info.respond(200));
    session.on('reinvite', (reinvite) => {
      heard.push(reinvite.request.method);
      reinvite.accept({ sdp: answerSdp });
    });
    session.on('acknowledged', () => heard.push('ACK'));
    const asked: string[] = [];
    session.admit = (request) => {
      asked.push(request.method);
      return false;
    };
    const stranger = await world.peer('10.0.0.10');
    const strange = await stranger.connect('10.0.0.2', 'TCP');
    const methods = ['INVITE', 'UPDATE', 'INFO', 'OPTIONS', 'MESSAGE', 'BYE'];
    for (const [i, method] of methods.entries()) {
      stranger.send(strange, method, { ...inDialog, cseq: 50 + i, ...(i < 2 ? { sdp: offerSdp } : {}) });
      await world.pass();
    }
    expect(methods.map((method) => stranger.statuses(method).at(-1))).toEqual(methods.map(() => 403));
    expect([heard, session.flow, session.ended]).toEqual([[], before, false]);

    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp }); // Lower than the stranger's numbers, and taken.
    await world.pass();
    stranger.send(strange, 'ACK', { ...inDialog, cseq: 2 });
    await world.pass();
    expect([heard, session.flow]).toEqual([['INVITE'], before]);
    peer.send(flow, 'ACK', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(heard).toEqual(['INVITE', 'ACK']);
    expect(new Set(asked)).toEqual(new Set([...methods, 'ACK']));

    session.admit = () => true;
    stranger.send(strange, 'INFO', { ...inDialog, cseq: 60 });
    await world.pass();
    expect([stranger.statuses('INFO').at(-1), session.flow.protocol]).toEqual([200, 'TCP']);
    session.bye();
    await world.pass();
    stranger.answer(stranger.last('BYE'), 200);
    expect(await leftovers(world, talk.bob)).toEqual([]);
  });

  it('[DLG2] with an old CSeq get 500 and do not move its flow', async () => {
    const talk = await talking();
    const { world, peer, session, inDialog, flow } = talk;
    const before = session.flow;
    peer.send(flow, 'OPTIONS', { ...inDialog, cseq: 20 });
    await world.pass();
    const elsewhere = await world.peer('10.0.0.10');
    elsewhere.send(await elsewhere.connect('10.0.0.2'), 'OPTIONS', { ...inDialog, cseq: 19 });
    peer.send(flow, 'BYE', { ...inDialog, cseq: 20 });
    await world.pass();
    expect(elsewhere.statuses('OPTIONS')).toEqual([500]);
    expect(Number(elsewhere.lastResponse('OPTIONS').headers.get('Retry-After'))).toBeGreaterThanOrEqual(0);
    expect(peer.statuses('BYE')).toEqual([500]);
    expect([session.flow, session.ended]).toEqual([before, false]);
    await hangUp(talk);
  });

  it('[DLG3] refresh the remote target by re-INVITE and UPDATE, not by others', async () => {
    const talk = await talking();
    const { world, peer, session, inDialog, flow } = talk;
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    session.on('info', (info) => info.respond(200));
    const targetOf = async () => {
      const sent = session.request('INFO');
      await world.pass();
      const info = peer.last('INFO');
      peer.answer(info, 200);
      await world.pass();
      expect((await sent).status).toBe(200);
      return info.request.uri.toString();
    };
    expect(await targetOf()).toBe('sip:peer@10.0.0.9:5060');
    peer.send(flow, 'INFO', { ...inDialog, cseq: 2, contact: '<sip:info@10.0.0.9>' });
    await world.pass();
    expect(await targetOf()).toBe('sip:peer@10.0.0.9:5060');
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 3, contact: '<sip:update@10.0.0.9>' });
    await world.pass();
    expect(peer.lastResponse('UPDATE').headers.get('Contact')).toBe('<sip:10.0.0.2:5060>');
    expect(await targetOf()).toBe('sip:update@10.0.0.9');
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 4, sdp: offerSdp, contact: '<sip:reinvite@10.0.0.9>' });
    await world.pass();
    expect(peer.lastResponse('INVITE').sdp).toBe(answerSdp);
    peer.send(flow, 'ACK', { ...inDialog, cseq: 4 });
    await world.pass();
    expect(await targetOf()).toBe('sip:reinvite@10.0.0.9');
    await hangUp(talk);
  });

  it('[DLG4] that nobody listens for are refused; INFO with 415, REFER with 501, re-INVITE with 488', async () => {
    const talk = await talking();
    const { world, peer, inDialog, flow } = talk;
    const headers: [string, string][] = [['Content-Type', 'application/dtmf-relay']];
    const info = peer.write(flow, 'INFO', { ...inDialog, cseq: 2, headers });
    flow.send(info.replace('Content-Length: 0', 'Content-Length: 8').concat('Signal=1'));
    peer.send(flow, 'REFER', { ...inDialog, cseq: 3 });
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 4, sdp: offerSdp });
    peer.send(flow, 'PRACK', { ...inDialog, cseq: 5 });
    await world.pass();
    const final = ['INFO', 'REFER', 'PRACK'].map((method) => peer.statuses(method));
    expect(final).toEqual([[415], [501], [481]]);
    expect(peer.statuses('INVITE').at(-1)).toBe(488);
    await hangUp(talk);
  });

  it('[DLG5] end it when 481, 408 or silence answers ours, and not otherwise', async () => {
    for (const status of [481, 408, 0]) {
      const { world, bob, peer, session } = await talking();
      const ends = watchEnd(session);
      const sent = session.request('INFO').catch((error: { code: string }) => error.code);
      await world.pass();
      peer.answer(peer.last('INFO'), 503);
      await world.pass();
      expect(await sent).toMatchObject({ status: 503 });
      expect(ends).toEqual([]);
      const second = session.request('INFO').catch((error: { code: string }) => error.code);
      await world.pass();
      if (status) peer.answer(peer.last('INFO'), status);
      await world.pass(status ? 1 : 32_100);
      expect(await second).toEqual(status ? expect.objectContaining({ status }) : 'ERR_SIP_REQUEST');
      expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
      expect(peer.requests('BYE').length > 0).toBe(status !== 481);
      expect(await leftovers(world, bob)).toEqual([]);
      await expect(session.request('INFO')).rejects.toMatchObject({ code: 'ERR_SIP_SESSION_ENDED' });
      await expect(session.reinvite({ sdp: offerSdp })).rejects.toMatchObject({ code: 'ERR_SIP_SESSION_ENDED' });
    }
  });

  it('[DLG6] of the callee wait for the ACK of the call', async () => {
    const world = makeWorld();
    const bob = await world.endpoint('10.0.0.2');
    const peer = await world.peer('10.0.0.9');
    const flow = await peer.connect('10.0.0.2');
    const ringing = nextInvite(bob);
    peer.send(flow, 'INVITE', { sdp: offerSdp });
    await world.pass();
    const session = (await ringing).accept({ sdp: answerSdp })!;
    const info = session.request('INFO');
    const lost = session.reinvite({ sdp: 'v=1' }).catch((error: { code: string }) => error.code);
    await world.pass(2_000);
    expect(peer.requests('INFO')).toEqual([]);
    peer.send(flow, 'ACK', { toTag: session.localTag });
    await world.pass();
    peer.answer(peer.last('INFO'), 200);
    await world.pass();
    expect((await info).status).toBe(200);
    expect(peer.requests('INVITE')).toHaveLength(1);
    peer.answer(peer.last('INVITE'), 488);
    await world.pass();
    expect(await lost).toBe('ERR_SIP_REJECTED');
    session.flowLost();
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[DLG7] of other methods go to the listener', async () => {
    const talk = await talking();
    const { world, peer, flow, session, inDialog } = talk;
    session.on('request', (request) => {
      expect(request.request.method).toBe('REFER');
      request.respond(202);
      request.respond(603);
    });
    peer.send(flow, 'REFER', { ...inDialog, cseq: 2, headers: [['Refer-To', '<sip:carol@example.com>']] });
    await world.pass();
    const response = peer.lastResponse('REFER');
    expect([response.status, response.to.tag]).toEqual([202, session.localTag]);
    expect(response.headers.get('Contact')).toMatch(/^<sip:/);
    await expect(session.request('BYE')).rejects.toMatchObject({ code: 'ERR_SIP_HEADER' });
    await expect(session.request('INFO', { headers: [['Via', 'x']] })).rejects.toMatchObject({
      code: 'ERR_SIP_HEADER',
    });
    expect(() => session.bye({ headers: [['X', 'a\r\nb']] })).toThrow(/CR, LF/);
    expect(session.ended).toBe(false);
    await hangUp(talk);
  });
});

describe('the end of a session', () => {
  it('[END1] BYEs that cross are both answered 200, and it ends once', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const ends = watchEnd(session);
    session.bye();
    peer.send(flow, 'BYE', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(peer.statuses('BYE')).toEqual([200]);
    peer.send(flow, 'INFO', { ...inDialog, cseq: 3 });
    await world.pass();
    expect(peer.statuses('INFO')).toEqual([481]);
    peer.answer(peer.last('BYE'), 200);
    await world.pass();
    expect(ends).toEqual([{ by: 'local', cause: 'bye' }]);
    peer.send(flow, 'BYE', { ...inDialog, cseq: 4 });
    await world.pass();
    expect(peer.lastResponse('BYE').status).toBe(481);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END6] the 200 to a BYE waits for what the user asks for, at most 2 s; everything else happens at once', async () => {
    const cases: [ready: () => Promise<unknown> | undefined, answeredAfterMs: number][] = [
      [() => undefined, 0],
      [() => Promise.reject(new Error('not written')), 0],
      [() => new Promise(() => {}), 2_000],
    ];
    for (const [ready, limitMs] of cases) {
      const { world, bob, peer, flow, session, inDialog } = await talking();
      const ends = watchEnd(session);
      session.answerByeAfter(ready);
      const bye = peer.write(flow, 'BYE', { ...inDialog, cseq: 2 });
      flow.send(bye);
      await world.pass();
      expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
      if (limitMs > 0) {
        flow.send(bye); // Repeated after T1: swallowed, not refused.
        await world.pass(limitMs - 10);
        expect(peer.statuses('BYE')).toEqual([]);
        await world.pass(20);
      }
      expect(peer.statuses('BYE')).toEqual([200]);
      flow.send(bye);
      await world.pass();
      expect(peer.statuses('BYE')).toEqual([200, 200]);
      expect(await leftovers(world, bob)).toEqual([]);
      expect(world.clock.pendingTimers).toBe(0);
    }
  });

  it('[END2] answers what is pending with 487, and settles what we asked for', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const pending: IncomingReinvite[] = [];
    session.on('reinvite', (reinvite) => pending.push(reinvite));
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass();
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    const info = session.request('INFO').catch((error: { code: string }) => error.code);
    peer.send(flow, 'BYE', { ...inDialog, cseq: 3 });
    await world.pass();
    expect(peer.statuses('BYE')).toEqual([200]);
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(await Promise.all([ours, info])).toEqual(['ERR_SIP_SESSION_ENDED', 'ERR_SIP_SESSION_ENDED']);
    pending[0]!.accept({ sdp: answerSdp });
    await world.pass();
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END2] sends none of ours that waited behind what it answers with 487', async () => {
    const { world, bob, peer, flow, session, inDialog } = await talking();
    session.on('reinvite', () => {});
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass();
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    session.bye();
    await world.pass();
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(peer.requests('INVITE')).toEqual([]);
    expect(await ours).toBe('ERR_SIP_SESSION_ENDED');
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END3] still ACKs the 2xx to a re-INVITE that was under way, and sends nothing else', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    await world.pass();
    peer.send(flow, 'BYE', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(await ours).toBe('ERR_SIP_SESSION_ENDED');
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect(peer.requests('ACK')).toHaveLength(1);
    expect(peer.requests('BYE')).toEqual([]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END4] does not come by itself when the flow closes: the user rebinds, or calls it lost', async () => {
    const { world, bob, peer, flow, session } = await talking('WS');
    const ends = watchEnd(session);
    world.network.cut(flow);
    await world.pass(60_000);
    expect(ends).toEqual([]);
    const refused = session.request('INFO').catch((error) => error);
    await world.pass();
    expect(await refused).toMatchObject({ failure: { cause: 'transport' } });
    expect(ends).toEqual([]);
    const flows: Flow[] = [];
    bob.on('flowOpened', (opened) => flows.push(opened));
    peer.send(await peer.connect('10.0.0.2', 'WS'), 'REGISTER');
    await world.pass();
    session.rebind(flows[0]!, SipUri.parse('sip:new@xyz.invalid;transport=ws'));
    const moved = session.request('INFO');
    await world.pass();
    expect(peer.last('INFO').request.uri.toString()).toBe('sip:new@xyz.invalid;transport=ws');
    peer.answer(peer.last('INFO'), 200);
    await world.pass();
    expect((await moved).status).toBe(200);
    const sent = world.network.messages.length;
    session.flowLost();
    session.flowLost();
    session.bye();
    await world.pass(60_000);
    expect(ends).toEqual([{ by: 'local', cause: 'flow-lost' }]);
    expect(world.network.messages).toHaveLength(sent);
    expect(await leftovers(world, bob)).toEqual([]);
    const late: unknown[] = [];
    session.on('ended', (end) => late.push(end));
    await world.pass();
    expect(late).toEqual(ends);
  });

  it('[END5] of a TCP call whose connection is gone sends BYE over a new one', async () => {
    const { world, bob, peer, flow, session } = await talking('TCP');
    world.network.cut(flow);
    await world.pass();
    session.bye();
    await world.pass();
    const bye = peer.last('BYE');
    expect(bye.flow.closed).toBe(false);
    peer.answer(bye, 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });
});

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
