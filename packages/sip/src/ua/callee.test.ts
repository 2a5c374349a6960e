import { describe, expect, it } from 'vitest';
import type { Flow, SipProtocol } from '../transport/flow.js';
import type { Endpoint } from './endpoint.js';
import type { ScriptedPeer } from './testing/scripted-peer.js';
import { answerSdp, leftovers, makeWorld, nextInvite, offerSdp, type World, watchEnd } from './testing/ua-fixture.js';
import type { IncomingInvite, Reason } from './types.js';

interface Setup {
  world: World;
  bob: Endpoint;
  peer: ScriptedPeer;
  flow: Flow;
  invite: IncomingInvite;
}

/** A hand-written INVITE has come to Bob. */
async function invited(
  choices: Parameters<ScriptedPeer['send']>[2] = {},
  protocol: SipProtocol = 'UDP',
): Promise<Setup> {
  const world = makeWorld();
  const bob = await world.endpoint('10.0.0.2');
  const peer = await world.peer('10.0.0.9');
  const flow = await peer.connect('10.0.0.2', protocol);
  const ringing = nextInvite(bob);
  peer.send(flow, 'INVITE', { branch: 'z9hG4bKinv', sdp: offerSdp, ...choices });
  await world.pass();
  return { world, bob, peer, flow, invite: await ringing };
}

function ack({ peer, flow }: Setup, more: Parameters<ScriptedPeer['send']>[2] = {}): void {
  peer.send(flow, 'ACK', { toTag: peer.lastResponse('INVITE').to.tag!, ...more });
}

describe('the callee', () => {
  it.each(['UDP', 'TCP'] as const)('[UAS1] repeats the 200 until the ACK, over %s too', async (protocol) => {
    const setup = await invited({}, protocol);
    const { world, bob, peer, invite } = setup;
    const session = invite.accept({ sdp: answerSdp })!;
    const times: number[] = [];
    const start = world.clock.now();
    await world.pass(8_000);
    for (const message of world.network.messages) if (message.startLine === '200 OK') times.push(message.atMs - start);
    expect(times).toEqual([0, 500, 1500, 3500, 7500]);
    ack(setup);
    await world.pass(10_000);
    expect(peer.statuses('INVITE').filter((status) => status === 200)).toHaveLength(5);
    session.flowLost();
    expect(await leftovers(world, bob)).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('[UAS2] gives up on the ACK after 64·T1 with BYE', async () => {
    const { world, bob, peer, invite } = await invited();
    const ends = watchEnd(invite.accept({ sdp: answerSdp })!);
    await world.pass(31_900);
    expect(ends).toEqual([]);
    await world.pass(200);
    expect(ends).toEqual([{ by: 'local', cause: 'no-ack' }]);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS3] copies Record-Route and sends BYE along it, to the Contact, with the tags turned round', async () => {
    const headers: [string, string][] = [
      ['Record-Route', '<sip:10.0.0.9;lr;x=1>'],
      ['Record-Route', '<sip:10.0.0.77;lr>, <sip:10.0.0.78;lr>'],
    ];
    const setup = await invited({ headers, contact: '<sip:peer@192.0.2.44:7777;ob>' });
    const { world, bob, peer, invite } = setup;
    const session = invite.accept({ sdp: answerSdp })!;
    await world.pass();
    const routes = ['<sip:10.0.0.9;lr;x=1>', '<sip:10.0.0.77;lr>', '<sip:10.0.0.78;lr>'];
    const ok = peer.lastResponse('INVITE');
    expect(ok.recordRoutes.map(String)).toEqual(routes);
    expect(ok.headers.get('Contact')).toBe('<sip:bob@10.0.0.2:5060>');
    ack(setup);
    await world.pass();
    session.bye();
    await world.pass();
    const { request } = peer.last('BYE');
    expect(request.uri.toString()).toBe('sip:peer@192.0.2.44:7777;ob');
    expect(request.routes.map(String)).toEqual(routes);
    expect([request.from.tag, request.to.tag]).toEqual([ok.to.tag, 'peer']);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS4] repeats 18x each minute', async () => {
    const { world, bob, peer, invite } = await invited();
    invite.progress(180);
    await world.pass(125_000);
    expect(peer.statuses('INVITE')).toEqual([100, 180, 180, 180]);
    invite.reject(480);
    await world.pass(61_000);
    expect(peer.statuses('INVITE').filter((status) => status === 180)).toHaveLength(3);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS5] is told of a CANCEL with its Reason, even when it listens too late', async () => {
    const setup = await invited();
    const { world, bob, peer, flow, invite } = setup;
    const headers: [string, string][] = [['Reason', 'SIP ;cause=200 ;text="Call completed elsewhere"']];
    peer.send(flow, 'CANCEL', { branch: 'z9hG4bKinv', headers, contact: null });
    peer.send(flow, 'CANCEL', { branch: 'z9hG4bKinv', headers, contact: null });
    await world.pass();
    expect(invite.finished).toBe(true);
    const heard: (Reason | undefined)[] = [];
    invite.on('cancelled', (reason) => heard.push(reason));
    await world.pass();
    expect(heard).toEqual([{ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }]);
    expect(invite.accept({ sdp: answerSdp })).toBeUndefined();
    expect(peer.statuses('CANCEL')).toEqual([200, 200]);
    expect(peer.statuses('INVITE')).toEqual([100, 487]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS6] keeps the call when the CANCEL crosses its 200', async () => {
    const setup = await invited();
    const { world, bob, peer, flow, invite } = setup;
    const session = invite.accept({ sdp: answerSdp })!;
    peer.send(flow, 'CANCEL', { branch: 'z9hG4bKinv', contact: null });
    await world.pass();
    expect(peer.statuses('CANCEL')).toEqual([200]);
    expect(session.ended).toBe(false);
    ack(setup);
    await world.pass();
    const ends = watchEnd(session);
    peer.send(flow, 'BYE', { toTag: session.localTag, cseq: 2 });
    await world.pass();
    expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS7] that hangs up before the ACK sends BYE when the ACK has come', async () => {
    const setup = await invited();
    const { world, bob, peer, invite } = setup;
    const session = invite.accept({ sdp: answerSdp })!;
    const ends = watchEnd(session);
    session.bye();
    session.bye();
    await world.pass(3_000);
    expect(ends).toEqual([{ by: 'local', cause: 'bye' }]);
    expect(peer.requests('BYE')).toHaveLength(0);
    ack(setup);
    await world.pass();
    expect(peer.requests('BYE')).toHaveLength(1);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS8] that hangs up and never sees the ACK sends BYE after 64·T1', async () => {
    const { world, bob, peer, invite } = await invited();
    invite.accept({ sdp: answerSdp })!.bye();
    await world.pass(31_900);
    expect(peer.requests('BYE')).toHaveLength(0);
    await world.pass(200);
    expect(peer.requests('BYE')).toHaveLength(1);
    peer.answer(peer.last('BYE'), 481);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS9] makes a late offer in its 200 and gets the answer with the ACK', async () => {
    const setup = await invited({ sdp: '' });
    const { world, bob, peer, flow, invite } = setup;
    expect(invite.offer).toBeUndefined();
    const session = invite.accept({ sdp: offerSdp })!;
    const answers: (string | undefined)[] = [];
    session.on('acknowledged', (sdp) => answers.push(sdp));
    await world.pass();
    ack(setup, { sdp: answerSdp, cseq: 7 });
    await world.pass();
    expect(answers).toEqual([]); // Not the ACK of this INVITE.
    ack(setup, { sdp: answerSdp });
    ack(setup, { sdp: answerSdp });
    await world.pass();
    expect(answers).toEqual([answerSdp]);
    peer.send(flow, 'BYE', { toTag: session.localTag, cseq: 2 });
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS10] takes a BYE in the early dialog for a CANCEL', async () => {
    const { world, bob, peer, flow, invite } = await invited();
    const heard: (Reason | undefined)[] = [];
    invite.on('cancelled', (reason) => heard.push(reason));
    invite.progress(183, { sdp: answerSdp });
    await world.pass();
    expect(bob.counts.dialogs).toBe(1);
    peer.send(flow, 'BYE', { toTag: peer.lastResponse('INVITE').to.tag!, cseq: 2 });
    await world.pass();
    expect(heard).toEqual([undefined]);
    expect(peer.statuses('BYE')).toEqual([200]);
    expect(peer.statuses('INVITE')).toEqual([100, 183, 487]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[UAS11] hears of the loss of a ringing WebSocket', async () => {
    const { world, bob, flow, invite } = await invited({ via: 'SIP/2.0/WS abc.invalid' }, 'WS');
    const heard: (Reason | undefined)[] = [];
    const closed: string[] = [];
    bob.on('flowClosed', (_flow, reason) => closed.push(reason));
    invite.on('cancelled', (reason) => heard.push(reason));
    invite.progress(180);
    world.network.cut(flow, 'tab closed');
    await world.pass();
    expect([heard, closed]).toEqual([[undefined], ['tab closed']]);
    expect(invite.accept({ sdp: answerSdp })).toBeUndefined();
    expect(await leftovers(world, bob)).toEqual([]);
    expect(bob.counts.flows).toBe(0);
  });

  it('[UAS12] answers requests in the early dialog', async () => {
    const { world, bob, peer, flow, invite } = await invited();
    invite.progress(183, { sdp: answerSdp });
    await world.pass();
    const inDialog = { toTag: peer.lastResponse('INVITE').to.tag! };
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 2, contact: '<sip:moved@10.0.0.9>' });
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 3, sdp: offerSdp });
    peer.send(flow, 'INFO', { ...inDialog, cseq: 4 });
    peer.send(flow, 'PRACK', { ...inDialog, cseq: 5 });
    peer.send(flow, 'OPTIONS', { ...inDialog, cseq: 5 });
    await world.pass();
    const statuses = ['UPDATE', 'INFO', 'PRACK', 'OPTIONS'].map((method) => peer.statuses(method));
    expect(statuses).toEqual([[200, 500], [500], [481], [500]]);
    expect(peer.lastResponse('INFO').headers.has('Retry-After')).toBe(true);
    const session = invite.accept({ sdp: answerSdp })!;
    await world.pass();
    peer.send(flow, 'ACK', inDialog);
    await world.pass();
    session.bye();
    await world.pass();
    expect(peer.last('BYE').request.uri.toString()).toBe('sip:moved@10.0.0.9');
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });
});
