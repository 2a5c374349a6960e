import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import { dialled } from './testing/dialled.js';
import { answerSdp, callTo, leftovers, makeWorld, watchCall } from './testing/ua-fixture.js';

describe('a caller who gives up', () => {
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
});
