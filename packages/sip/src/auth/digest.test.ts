import { type Clock, type Random, systemRandom } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../message/message.js';
import { NameAddr } from '../message/name-addr.js';
import { createRequest } from '../message/requests.js';
import { createResponse } from '../message/responses.js';
import { SipUri } from '../message/uri.js';
import { Via } from '../message/via.js';
import { parseAuthValues } from './auth-values.js';
import { DigestClient, DigestState } from './digest-client.js';
import { digestHa1 } from './digest-response.js';
import { type DigestAccount, DigestServer, type DigestServerOptions, type DigestVerdict } from './digest-server.js';

const alice = { username: 'alice', password: 'sésame' };

function makeWorld(options: Partial<DigestServerOptions> = {}) {
  let now = 1_700_000_000_000;
  const clock: Clock = { now: () => now, schedule: () => ({ cancel() {} }) };
  const random: Random = systemRandom;
  const server = new DigestServer({
    realm: 'intermix.local',
    secret: 'a secret of this test',
    algorithms: ['MD5', 'SHA-256'],
    clock,
    random,
    lookup: (name) => (name === 'alice' ? { password: alice.password } : undefined),
    ...options,
  });
  const client = new DigestClient({ random });
  const state = new DigestState();
  return { server, client, state, clock, pass: (ms: number) => (now += ms) };
}

function request(
  method = 'REGISTER',
  uri = 'sip:intermix.local',
  auth: Iterable<readonly [string, string]> = [],
): SipRequest {
  const aor = NameAddr.parse('<sip:alice@intermix.local>');
  return createRequest({
    method,
    uri: SipUri.parse(uri),
    from: aor.withTag('1'),
    to: aor,
    callId: 'c1',
    cseq: 1,
    via: Via.parse('SIP/2.0/UDP host;branch=z9hG4bK1'),
    headers: auth,
  });
}

/** A request that answers a fresh challenge. */
function answered(world: ReturnType<typeof makeWorld>, credentials = alice, kind: 401 | 407 = 401): SipRequest {
  const first = request();
  const challenge = createResponse(first, kind, { headers: world.server.challenge(kind) });
  return request('REGISTER', 'sip:intermix.local', world.client.answer(challenge, first, credentials, world.state)!);
}

const why = (verdict: DigestVerdict) => (verdict.ok ? 'ok' : verdict.why);
const check = async (world: ReturnType<typeof makeWorld>, r: SipRequest, kind: 401 | 407 = 401) =>
  why(await world.server.check(r, kind));

/** Swaps one parameter of the Authorization of a request for another. */
function tampered(r: SipRequest, from: string | RegExp, to: string): SipRequest {
  const value = r.headers.get('Authorization')!;
  expect(value).toMatch(from);
  return request('REGISTER', 'sip:intermix.local', [['Authorization', value.replace(from, to)]]);
}

describe('DigestServer', () => {
  it('challenges with MD5 alone, as other algorithms shut clients out', () => {
    const { clock } = makeWorld();
    const server = new DigestServer({ realm: 'r', secret: 's', clock, random: systemRandom, lookup: () => undefined });
    const fields = server.challenge(407);
    expect(fields.map(([name]) => name)).toEqual(['Proxy-Authenticate']);
    expect(fields[0]![1]).toMatch(/^Digest realm="r", nonce="[0-9a-f]{52}", algorithm=MD5, qop="auth"$/);
  });

  it('puts each algorithm into a field of its own, and MD5 at both ends', () => {
    const order = (algorithms: DigestServerOptions['algorithms']) =>
      makeWorld({ algorithms })
        .server.challenge(401)
        .map(([, value]) => parseAuthValues(value)[0]!.params.get('algorithm'));
    expect(order(['MD5', 'SHA-256'])).toEqual(['MD5', 'SHA-256', 'MD5']);
    expect(order(['SHA-256', 'MD5'])).toEqual(['SHA-256', 'MD5']);
  });

  it('lets the right password in, by 401 and by 407', async () => {
    const world = makeWorld();
    expect(await check(world, answered(world))).toBe('ok');
    expect(await check(world, answered(world, alice, 407), 407)).toBe('ok');
  });

  it.each(['MD5', 'SHA-256', 'SHA-512-256'] as const)(
    'works with %s and a look-up that takes its time',
    async (algorithm) => {
      const world = makeWorld({ algorithms: [algorithm], lookup: async () => ({ password: alice.password }) });
      expect(await check(world, answered(world))).toBe('ok');
    },
  );

  it('takes stored H(A1) in the stead of the password, for the algorithms that are stored', async () => {
    const account: DigestAccount = { ha1: digestHa1('MD5', 'alice', 'intermix.local', alice.password) };
    const world = makeWorld({ algorithms: ['MD5'], lookup: () => account });
    expect(await check(world, answered(world))).toBe('ok');
    expect(await check(world, answered(world, { ...alice, password: 'x' }))).toBe('wrong');
    const sha = makeWorld({ lookup: () => account });
    expect(await check(sha, answered(sha))).toBe('wrong');
  });

  it('answers an unknown user as it answers a wrong password', async () => {
    const world = makeWorld();
    expect(await check(world, answered(world, { ...alice, password: 'guess' }))).toBe('wrong');
    expect(await check(world, answered(makeSame(world), { username: 'nobody', password: 'x' }))).toBe('unknown-user');
    const shape = (refusal: 'wrong' | 'unknown-user') =>
      world.server.challengeAfter(refusal, 401).map(([n, v]) => [n, v.replace(/nonce="\w+"/, '')]);
    expect(shape('unknown-user')).toEqual(shape('wrong'));
  });

  it('calls a nonce stale when its time is over, but only for the right password', async () => {
    const world = makeWorld();
    const right = answered(world);
    const wrong = answered(makeSame(world), { ...alice, password: 'x' });
    world.pass(300_001);
    expect(await check(world, right)).toBe('stale');
    expect(await check(world, wrong)).toBe('wrong');
    expect(world.server.challengeAfter('stale', 401)[0]![1]).toContain('stale=true');
  });

  it('keeps a nonce valid for its whole time', async () => {
    const world = makeWorld({ nonceValidSec: 10 });
    const right = answered(world);
    world.pass(10_000);
    expect(await check(world, right)).toBe('ok');
  });

  it('calls nonces of another secret, realm or maker stale', async () => {
    const world = makeWorld();
    const elsewhere = makeWorld({ secret: 'another' });
    expect(await check(world, answered(elsewhere))).toBe('stale');
  });

  it('refuses the same nc twice and one that falls, and takes one that rises', async () => {
    const world = makeWorld();
    const first = answered(world);
    const use = () => request('REGISTER', 'sip:intermix.local', world.client.authorize(request(), alice, world.state));
    const second = use();
    const third = use();
    expect(await check(world, first)).toBe('ok');
    expect(await check(world, first)).toBe('replayed');
    expect(await check(world, third)).toBe('ok');
    expect(await check(world, second)).toBe('replayed');
  });

  it('takes the old form without qop, each response once', async () => {
    const world = makeWorld();
    const bare = world.server.challenge(401).map(([n, v]) => [n, v.replace(', qop="auth"', '')] as const);
    const first = request();
    const auth = world.client.answer(createResponse(first, 401, { headers: bare }), first, alice, world.state)!;
    expect(auth[0]![1]).not.toMatch(/qop|nc=|cnonce/);
    expect(await check(world, request('REGISTER', 'sip:intermix.local', auth))).toBe('ok');
    expect(await check(world, request('REGISTER', 'sip:intermix.local', auth))).toBe('replayed');
  });

  it('never takes a replay, even when it had to forget nonces', async () => {
    const world = makeWorld({ maxNonces: 2 });
    const requests = Array.from({ length: 5 }, () => answered(makeSame(world)));
    for (const one of requests) {
      await check(world, one);
      world.pass(1);
    }
    for (const one of requests) expect(await check(world, one)).toBe('replayed');
    world.pass(1);
    expect(await check(world, answered(makeSame(world)))).toBe('ok');
  });

  it('has no eyes for other schemes and other realms', async () => {
    const world = makeWorld();
    expect(await check(world, request())).toBe('missing');
    const others: [string, string][] = [
      ['Authorization', 'NoOneKnowsThisScheme opaque-data=here'],
      ['Authorization', 'Digest username="alice", realm="other", nonce="n", uri="sip:x", response="0"'],
    ];
    expect(await check(world, request('REGISTER', 'sip:intermix.local', others))).toBe('missing');
    const mine = answered(world).headers.get('Authorization')!;
    expect(await check(world, request('REGISTER', 'sip:intermix.local', [...others, ['Authorization', mine]]))).toBe(
      'ok',
    );
  });

  it.each([
    ['no response', /response="[0-9a-f]+", /, ''],
    ['no username', /username="alice", /, ''],
    ['nc that is no number', /nc=00000001/, 'nc=0000000g'],
    ['an algorithm that was not offered', /algorithm=SHA-256/, 'algorithm=SHA-512-256'],
    ['an unknown qop', /qop=auth/, 'qop=token'],
    ['the URI of somebody else', /uri="sip:intermix.local"/, 'uri="sip:evil.example"'],
    ['a URI that is none', /uri="sip:intermix.local"/, 'uri="nonsense"'],
    ['a parameter given twice', /nc=00000001/, 'nc=00000001, nc=00000002'],
    ['an open quote', /realm="/, 'realm=""'],
  ])('calls credentials with %s malformed', async (_, from, to) => {
    const world = makeWorld();
    expect(await check(world, tampered(answered(world), from, to))).toBe('malformed');
  });

  it('compares the uri by its meaning and computes with its letters', async () => {
    const world = makeWorld({ algorithms: ['MD5'] });
    const first = request('INVITE', 'sip:Bob@INTERMIX.local;transport=ws');
    const challenge = createResponse(first, 401, { headers: world.server.challenge(401) });
    const auth = world.client.answer(challenge, first, alice, world.state)!;
    expect(await check(world, request('INVITE', 'sip:Bob@intermix.local:5060', auth))).toBe('ok');
  });

  it('notices a change of method', async () => {
    const world = makeWorld();
    const auth = answered(world).headers.get('Authorization')!;
    expect(await check(world, request('INVITE', 'sip:intermix.local', [['Authorization', auth]]))).toBe('wrong');
  });
});

/** The same server, met by a client that remembers nothing. */
function makeSame(world: ReturnType<typeof makeWorld>): ReturnType<typeof makeWorld> {
  return { ...world, state: new DigestState() };
}

describe('DigestClient', () => {
  const make = () => ({ client: new DigestClient({ random: systemRandom }), state: new DigestState() });
  const challenge = (...fields: [name: string, value: string][]) => createResponse(request(), 401, { headers: fields });
  const md5 = 'Digest realm="r", nonce="n1", algorithm=MD5, qop="auth"';
  const params = (field: readonly [string, string]) => parseAuthValues(field[1])[0]!.params;

  it('takes the strongest algorithm it may use, in whatever order they come', () => {
    const both = challenge(['WWW-Authenticate', md5], ['WWW-Authenticate', md5.replace('MD5', 'SHA-256')]);
    const { client, state } = make();
    expect(params(client.answer(both, request(), alice, state)![0]!).get('algorithm')).toBe('SHA-256');
    const old = new DigestClient({ random: systemRandom, algorithms: ['MD5'] });
    expect(params(old.answer(both, request(), alice, new DigestState())![0]!).get('algorithm')).toBe('MD5');
  });

  it('passes over what it does not understand, and gives up when that is all', () => {
    const { client, state } = make();
    const strange: [string, string][] = [
      ['WWW-Authenticate', 'Bearer realm="r"'],
      ['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=AKAv1-MD5'],
      ['WWW-Authenticate', 'Digest realm="r", nonce="n", qop="token"'],
      ['WWW-Authenticate', 'Digest realm="broken'],
    ];
    expect(client.answer(challenge(...strange), request(), alice, state)).toBeUndefined();
    const answer = client.answer(challenge(...strange, ['WWW-Authenticate', md5]), request(), alice, state);
    expect(answer!.map(([name]) => name)).toEqual(['Authorization']);
  });

  it('reads several challenges in one field', () => {
    const { client, state } = make();
    const answer = client.answer(
      challenge(['WWW-Authenticate', `${md5}, Digest realm="r2", nonce="n2", Bearer realm="x"`]),
      request(),
      alice,
      state,
    );
    expect(answer!.map((field) => params(field).get('realm'))).toEqual(['r', 'r2']);
  });

  it('answers a registrar and a proxy together, and keeps the first answer when the second asks later', () => {
    const { client, state } = make();
    const www: [string, string] = ['WWW-Authenticate', md5];
    const proxy: [string, string] = ['Proxy-Authenticate', 'Digest realm="p", nonce="pn"'];
    const together = client.answer(challenge(www, proxy), request(), alice, state)!;
    expect(together.map(([name]) => name)).toEqual(['Authorization', 'Proxy-Authorization']);

    const later = make();
    const first = later.client.answer(challenge(proxy), request(), alice, later.state)!;
    const second = later.client.answer(
      challenge(www),
      request('REGISTER', 'sip:intermix.local', first),
      alice,
      later.state,
    )!;
    expect(second.map(([name]) => name).sort()).toEqual(['Authorization', 'Proxy-Authorization']);
  });

  it('uses auth-int when only that is offered, and nothing when nothing is', () => {
    const { client } = make();
    const answer = (field: string) =>
      params(client.answer(challenge(['WWW-Authenticate', field]), request(), alice, new DigestState())![0]!);
    expect(answer(md5.replace('"auth"', '"auth-int"')).get('qop')).toBe('auth-int');
    expect(answer(md5.replace('"auth"', '"auth-int, auth"')).get('qop')).toBe('auth');
    expect(answer('Digest realm="r", nonce="n"').has('qop')).toBe(false);
    expect(answer('Digest realm="r", nonce="n"').has('algorithm')).toBe(false);
    expect(answer('Digest realm="r", nonce="n", opaque="o\\"p"').get('opaque')).toBe('o"p');
  });

  it('writes the Request-URI octet for octet', () => {
    const { client, state } = make();
    const uri = 'sip:+91-98;phone-context=x@Host.example:5060;transport=tcp';
    const answer = client.answer(challenge(['WWW-Authenticate', md5]), request('INVITE', uri), alice, state)!;
    expect(answer[0]![1]).toContain(`uri="${uri}"`);
  });

  it('uses a nonce again with a count that rises', () => {
    const { client, state } = make();
    client.answer(challenge(['WWW-Authenticate', md5]), request(), alice, state);
    const counts = [1, 2].map(() => params(client.authorize(request(), alice, state)[0]!).get('nc'));
    expect(counts).toEqual(['00000002', '00000003']);
  });

  it('stops when the same nonce, or a new one without stale, follows a fresh answer', () => {
    for (const next of [md5, md5.replace('n1', 'n2')]) {
      const { client, state } = make();
      const first = client.answer(challenge(['WWW-Authenticate', md5]), request(), alice, state)!;
      const again = request('REGISTER', 'sip:intermix.local', first);
      expect(client.answer(challenge(['WWW-Authenticate', next]), again, alice, state)).toBeUndefined();
    }
  });

  it('tries again when a reused nonce has run out, stale or not', () => {
    for (const suffix of ['', ', stale=true']) {
      const { client, state } = make();
      client.answer(challenge(['WWW-Authenticate', md5]), request(), alice, state);
      const reused = request('REGISTER', 'sip:intermix.local', client.authorize(request(), alice, state));
      const next = client.answer(
        challenge(['WWW-Authenticate', md5.replace('n1', 'n2') + suffix]),
        reused,
        alice,
        state,
      );
      expect(params(next![0]!).get('nonce')).toBe('n2');
      expect(params(next![0]!).get('nc')).toBe('00000001');
    }
  });

  it('does not follow a server that calls every fresh nonce stale', () => {
    const { client, state } = make();
    let auth = client.answer(challenge(['WWW-Authenticate', md5]), request(), alice, state);
    let tries = 0;
    while (auth && tries < 20) {
      tries++;
      const stale = challenge(['WWW-Authenticate', `${md5.replace('n1', `m${tries}`)}, stale=TRUE`]);
      auth = client.answer(stale, request('REGISTER', 'sip:intermix.local', auth), alice, state);
    }
    expect(tries).toBe(3);
  });
});
