import { describe, expect, it } from 'vitest';
import { hangUp, talking } from './testing/talk.js';
import { answerSdp, leftovers, makeWorld, nextInvite, offerSdp, watchEnd } from './testing/ua-fixture.js';

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
