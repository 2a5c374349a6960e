import { readdirSync, readFileSync } from 'node:fs';
import { type Logger, silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import { aliceUri, answerSdp, leftovers, makeWorld, mutate, nextInvite, seededRandom } from './testing/ua-fixture.js';
import type { IncomingInvite } from './types.js';

async function makeInbound() {
  const world = makeWorld();
  const bob = await world.endpoint('10.0.0.2');
  const peer = await world.peer('10.0.0.9');
  const flow = await peer.connect('10.0.0.2');
  return { world, bob, peer, flow };
}

describe('a message that comes in', () => {
  it.each([
    ['an unknown Require', 'INVITE', { headers: [['Require', 'timer, 100rel']] as [string, string][] }, 420],
    ['no hops left', 'INVITE', { maxForwards: 0 }, 483],
    ['a foreign URI scheme', 'INVITE', { uri: 'http://example.com' }, 416],
    ['no Contact in INVITE', 'INVITE', { contact: null }, 400],
    ['a To tag of no dialog', 'INVITE', { toTag: 'gone' }, 481],
    ['BYE of no dialog', 'BYE', { toTag: 'gone' }, 481],
    ['BYE without a To tag', 'BYE', {}, 481],
    ['an INVITE that nobody listens for', 'INVITE', {}, 480],
    ['a REGISTER that nobody serves', 'REGISTER', {}, 405],
    ['a method nobody knows', 'DANCE', {}, 501],
    ['CANCEL of nothing', 'CANCEL', {}, 481],
  ])('[IN1] with %s is refused', async (_what, method, choices, status) => {
    const { world, bob, peer, flow } = await makeInbound();
    peer.send(flow, method, choices);
    await world.pass();
    expect(peer.statuses(method)).toEqual([status]);
    const response = peer.lastResponse(method);
    if (status === 420) expect(response.headers.get('Unsupported')).toBe('100rel');
    if (status === 405 || status === 501) expect(response.headers.get('Allow')).toContain('INVITE');
    expect(response.to.tag).toBeDefined();
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN2] that cannot be parsed is answered once and counted', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    const dropped: string[] = [];
    bob.on('dropped', ({ why, status }) => dropped.push(`${why} ${status ?? '-'}`));
    flow.send(peer.write(flow, 'OPTIONS').replace('CSeq: 1 OPTIONS', 'CSeq: 1 INVITE'));
    flow.send(peer.write(flow, 'OPTIONS').replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
    flow.send('\u0000\u0001 noise');
    flow.send('SIP/2.0 200 OK\r\nVia: broken\r\n\r\n');
    await world.pass();
    const statuses = peer.received.map(({ message }) => (message as { status?: number }).status);
    expect(statuses).toEqual([400, 505]);
    expect(dropped).toHaveLength(4);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN3] may be screened out before it costs anything', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    bob.screen = (request) => (request.method === 'OPTIONS' ? 403 : 'drop');
    peer.send(flow, 'OPTIONS');
    peer.send(flow, 'REGISTER');
    peer.send(flow, 'ACK');
    await world.pass();
    expect(peer.received).toHaveLength(1);
    expect(peer.statuses('OPTIONS')).toEqual([403]);
    expect(bob.counts.serverTransactions).toBe(0);
  });

  it('[IN4] by two ways is one request: the second gets 482', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    const invites: IncomingInvite[] = [];
    bob.on('invite', (invite) => invites.push(invite));
    peer.send(flow, 'INVITE', { branch: 'z9hG4bKone' });
    peer.send(flow, 'INVITE', { branch: 'z9hG4bKtwo' });
    await world.pass();
    expect(invites).toHaveLength(1);
    expect(peer.statuses('INVITE')).toEqual([100, 482]);
    invites[0]!.reject(486);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN5] is answered with received and rport', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    peer.send(flow, 'OPTIONS', { via: 'SIP/2.0/UDP phone.invalid:1234;rport' });
    await world.pass();
    const via = peer.lastResponse('OPTIONS').topVia;
    expect([via.received, via.rport, via.host]).toEqual(['10.0.0.9', 5060, 'phone.invalid']);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN6] OPTIONS gets 200 with what we can, whatever the listeners care about', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    peer.send(flow, 'OPTIONS', { branch: 'z9hG4bK1' });
    await world.pass();
    bob.on('request', () => {});
    peer.send(flow, 'OPTIONS', { branch: 'z9hG4bK2', cseq: 2, to: '<sip:unknown@nowhere.example>' });
    await world.pass();
    expect(peer.statuses('OPTIONS')).toEqual([200, 200]);
    const { headers } = peer.lastResponse('OPTIONS');
    expect([headers.get('Accept'), headers.has('Allow'), headers.has('Contact')]).toEqual([
      'application/sdp',
      true,
      true,
    ]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN7] without an answer from its listener gets 500 after 32 s, and only one answer counts', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    let late: (() => void) | undefined;
    bob.on('request', (request) => {
      late = () => request.respond(200);
    });
    peer.send(flow, 'MESSAGE');
    await world.pass(31_000);
    expect(peer.statuses('MESSAGE')).toEqual([]);
    await world.pass(1_100);
    late!();
    await world.pass();
    expect(peer.statuses('MESSAGE')).toEqual([500]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN8] INVITE is told 100 at once', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    bob.on('invite', () => {});
    peer.send(flow, 'INVITE');
    await world.pass();
    expect(peer.statuses('INVITE')).toEqual([100]);
    expect(peer.lastResponse('INVITE').to.tag).toBeUndefined();
    await bob.stop();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('[IN9] with a body we cannot read gets 415', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    bob.on('invite', (invite) => invite.reject(603));
    const headers: [string, string][] = [['Content-Type', 'application/isup']];
    flow.send(peer.write(flow, 'INVITE', { headers }).replace('Content-Length: 0', 'Content-Length: 4').concat('isup'));
    await world.pass();
    expect(peer.statuses('INVITE')).toEqual([415]);
    expect(peer.lastResponse('INVITE').headers.get('Accept')).toContain('application/sdp');
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN10] from users of the endpoint may not carry headers of the engine, nor line breaks', async () => {
    const { world, bob, peer, flow } = await makeInbound();
    const target = { uri: SipUri.parse('sip:10.0.0.9') };
    const base = { target, from: aliceUri, to: aliceUri, method: 'MESSAGE' };
    for (const name of [
      'Via',
      'v',
      'ROUTE',
      'call-id',
      'i',
      'CSeq',
      'f',
      'To',
      'Contact',
      'm',
      'Max-Forwards',
      'l',
      'c',
      'Authorization',
    ]) {
      await expect(bob.request({ ...base, headers: [[name, 'x']] })).rejects.toMatchObject({ code: 'ERR_SIP_HEADER' });
    }
    for (const value of ['a\r\nVia: evil', 'a\nb', 'a\0b']) {
      await expect(bob.request({ ...base, headers: [['X-Id', value]] })).rejects.toMatchObject({
        code: 'ERR_SIP_HEADER',
      });
    }
    await expect(bob.request({ ...base, method: 'A B' })).rejects.toMatchObject({ code: 'ERR_SIP_HEADER' });
    const ringing = nextInvite(bob);
    peer.send(flow, 'INVITE');
    await world.pass();
    const invite = await ringing;
    expect(() => invite.accept({ sdp: answerSdp, headers: [['Record-Route', '<sip:evil;lr>']] })).toThrow(/engine/);
    expect(() => invite.reject(486, { reason: 'Busy\r\nX: y' })).toThrow(/reason phrase/);
    expect(invite.finished).toBe(false);
    invite.reject(486);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[IN11] however it is broken, throws nowhere and leaves nothing behind', async () => {
    const world = makeWorld();
    const errors: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields, message) => errors.push([message, fields]) };
    const bob = await world.endpoint('10.0.0.2', { logger });
    bob.on('invite', (invite) => invite.reject(486));
    bob.on('request', (request) => request.respond(403));
    const peer = await world.peer('10.0.0.9');
    const flow = await peer.connect('10.0.0.2');
    const random = seededRandom(3);
    const names = readdirSync(torture).filter((name) => name.endsWith('.dat'));
    expect(names.length).toBeGreaterThanOrEqual(49);
    for (const name of names) {
      const bytes = readFileSync(new URL(name, torture));
      flow.send(bytes);
      for (let round = 0; round < 20; round++) flow.send(mutate(bytes, random));
    }
    peer.send(flow, 'OPTIONS', { callId: 'still-there' });
    await world.pass();
    expect(peer.lastResponse('OPTIONS').callId).toBe('still-there');
    expect(errors).toEqual([]);
    expect(await leftovers(world, bob)).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  });
});

const torture = new URL('../../testdata/rfc4475/', import.meta.url);
