import { type Logger, silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { NameAddr } from '../message/name-addr.js';
import { createResponse } from '../message/responses.js';
import { SipUri } from '../message/uri.js';
import { writeMessage } from '../message/write.js';
import { dialled } from './testing/dialled.js';
import {
  aliceUri,
  answerSdp,
  bobUri,
  callTo,
  leftovers,
  makeWorld,
  mutate,
  offerSdp,
  seededRandom,
  watchCall,
  watchEnd,
} from './testing/ua-fixture.js';

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
