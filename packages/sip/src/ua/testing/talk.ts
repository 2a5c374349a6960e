// Shared by the tests of sessions.
import { expect } from 'vitest';
import type { Flow, SipProtocol } from '../../transport/flow.js';
import type { Endpoint } from '../endpoint.js';
import type { InviteSession } from '../types.js';
import type { ScriptedPeer } from './scripted-peer.js';
import { answerSdp, callTo, leftovers, makeWorld, nextInvite, offerSdp, type World, watchCall } from './ua-fixture.js';

/** A session between Bob and a peer that answers by hand. */
export interface Talk {
  world: World;
  bob: Endpoint;
  peer: ScriptedPeer;
  flow: Flow;
  session: InviteSession;
  /** Call-ID and tags for the peer's requests. */
  inDialog: { callId: string; toTag: string; fromTag: string };
}

/** Bob has answered the peer's call: Bob is UAS, CSeq of the peer is 1. */
export async function talking(protocol: SipProtocol = 'UDP'): Promise<Talk> {
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
export async function talkingAsCaller(): Promise<Talk> {
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

/** Bob hangs up, and nothing is left of it. */
export async function hangUp({ world, bob, peer, session }: Talk): Promise<void> {
  session.bye();
  await world.pass();
  peer.answer(peer.last('BYE'), 200);
  expect(await leftovers(world, bob)).toEqual([]);
  expect(world.clock.pendingTimers).toBe(0);
}
