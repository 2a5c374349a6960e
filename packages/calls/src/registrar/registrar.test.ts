import { createHmac } from 'node:crypto';
import { NameAddr, SipUri } from '@intermix/sip';
import { describe, expect, it } from 'vitest';
import { Bench, domain, nothingLeft } from '../testing/bench.js';
import { Phone } from '../testing/phone.js';

async function makeBench(config = {}) {
  const bench = new Bench(config);
  bench.directory.addUser('alice');
  bench.directory.addUser('bob');
  await bench.start();
  const phone = await bench.browser();
  const bindings = (name = 'alice') => bench.board.location.bindingsOf({ accountSid: 'acme', sipUsername: name });
  return { bench, phone, bindings };
}

describe('REGISTER', () => {
  it('[REG26] tells a browser its STUN and TURN servers, with credentials that a TURN server can check', async () => {
    const iceServers = {
      stunUrls: ['stun:192.0.2.1:3478'],
      turnUrls: ['turn:turn.test:3478?transport=udp', 'turns:turn.test:5349'],
      turnSecret: 'shared with coturn',
      turnLifetimeSec: 3600,
    };
    const { bench, phone } = await makeBench({ iceServers });
    const value = (await bench.register(phone, 'alice')).headers.get('X-Intermix-Ice-Servers') ?? '';
    const [stun, ...turn] = value.split(', ');
    expect(stun).toBe('<stun:192.0.2.1:3478>');
    expect(turn).toHaveLength(2);
    for (const [index, text] of turn.entries()) {
      const [, url, username = '', credential] = /^<(.*)>;username="(.*)";credential="(.*)"$/.exec(text) ?? [];
      expect(url).toBe(iceServers.turnUrls[index]);
      expect(username).toMatch(/^\d+:alice@acme$/);
      const ahead = Number.parseInt(username, 10) - bench.clock.now() / 1000;
      expect(Math.round(ahead)).toBe(3600);
      expect(credential).toBe(createHmac('sha1', iceServers.turnSecret).update(username).digest('base64'));
    }
    await bench.run(60_000);
    const refreshed = await bench.register(phone, 'alice');
    expect(refreshed.headers.get('X-Intermix-Ice-Servers')).not.toBe(value); // Fresh ones each time.
    await bench.close();
  });

  it('[REG26] tells nothing of ICE to one who is refused, nor where there is nothing to tell', async () => {
    const { bench, phone } = await makeBench({
      iceServers: { stunUrls: ['stun:192.0.2.1:3478'], turnLifetimeSec: 3600 },
    });
    const refused = await bench.register(phone, 'alice', { password: 'guess' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('X-Intermix-Ice-Servers')).toBeUndefined();
    await bench.close();
    const plain = await makeBench();
    const response = await plain.bench.register(plain.phone, 'alice');
    expect(response.headers.get('X-Intermix-Ice-Servers')).toBeUndefined();
    await plain.bench.close();
  });

  it('[REG1] is challenged in the realm of the domain asked, and then bound', async () => {
    const { bench, phone, bindings } = await makeBench();
    const response = await bench.register(phone, 'alice');
    expect(response.status).toBe(200);
    const challenge = bench.sent('401')[0]!.text;
    expect(challenge).toMatch(/WWW-Authenticate: Digest realm="acme\.sip\.test".*algorithm=MD5.*qop="auth"/i);
    expect(bindings()).toMatchObject([{ userId: 'u-alice', appId: 'app1', domain }]);
    expect(bench.board.registrar.presenceOf({ accountSid: 'acme', sipUsername: 'alice' })).toEqual({
      registered: true,
      lastSeen: new Date(bench.clock.now() - 1),
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it("[REG2] takes Exotel's domain, and a user name that carries the domain", async () => {
    const { bench, phone, bindings } = await makeBench();
    const response = await bench.register(phone, 'alice', { domain: 'acme.voip.exotel.com' });
    expect(response.status).toBe(200);
    expect(bindings()[0]!.domain).toBe('acme.voip.exotel.com');
    const again = await bench.register(phone, 'alice', { username: `alice@${domain}`, contact: '<sip:x@y.invalid>' });
    expect(again.status).toBe(200);
    expect((await bench.register(phone, 'alice', { domain: 'elsewhere.test' })).status).toBe(403);
    await bench.close();
  });

  it('[REG3] answers a wrong password and an unknown user in the same way', async () => {
    const { bench, phone } = await makeBench();
    const wrong = await bench.register(phone, 'alice', { password: 'guess' });
    const unknown = await bench.register(phone, 'nobody', { password: 'guess' });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const shape = (text: string) =>
      text.replace(/nonce="[^"]*"|branch=\S+|tag=\S+|(Call-ID|CSeq|To|From|Via): .*/g, '');
    const [first, second] = [wrong, unknown].map((r) => shape([...r.headers].map((h) => h.join(': ')).join('\n')));
    expect(first).toBe(second);
    await bench.close();
  });

  it("[REG4] does not let one user's password register another", async () => {
    const { bench, phone, bindings } = await makeBench();
    const response = await bench.register(phone, 'alice', { username: 'bob', password: 'secret-bob' });
    expect(response.status).toBe(403);
    expect(bindings()).toEqual([]);
    await bench.close();
  });

  it('[REG5] shows the Contact exactly as it was sent, with what is granted', async () => {
    const { bench, phone } = await makeBench();
    const contact =
      '"Al; <ice>" <sip:hx7k2@4d5e6f.invalid;transport=ws;ob>;expires=120;+sip.instance="<urn:uuid:1>";reg-id=1;x=Y';
    const response = await bench.register(phone, 'alice', { contact });
    expect(response.headers.all('Contact')).toEqual([`${contact.replace(';expires=120', '')};expires=120`]);
    const vendor = '<sip:8fj2k1ab@92jd8f7s6d5a.invalid;transport=wss>;expires=300';
    const both = await bench.register(phone, 'alice', { contact: vendor });
    expect(both.headers.all('Contact')[0]).toBe(vendor);
    expect(both.headers.all('Contact')).toHaveLength(2);
    await bench.close();
  });

  it.each([
    [undefined, 300],
    [600, 600],
    [86_400, 3600],
  ])('[REG6] grants %s seconds as %i', async (expires, granted) => {
    const { bench, phone } = await makeBench();
    const response = await bench.register(phone, 'alice', expires === undefined ? {} : { expires });
    expect(response.headers.get('Contact')).toContain(`;expires=${granted}`);
    await bench.close();
  });

  it('[REG7] refuses shorter wishes with 423 and the least that is granted', async () => {
    const { bench, phone, bindings } = await makeBench();
    const response = await bench.register(phone, 'alice', { expires: 10 });
    expect(response.status).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('30');
    expect(bindings()).toEqual([]);
    await bench.close();
  });

  it('[REG8] expires what is not refreshed, and a refresh prolongs it', async () => {
    const { bench, phone, bindings } = await makeBench();
    const events: string[] = [];
    bench.board.registrar.on('bindingAdded', () => events.push('added'));
    bench.board.registrar.on('bindingRefreshed', () => events.push('refreshed'));
    bench.board.registrar.on('bindingRemoved', (_b, why) => events.push(why));
    await bench.register(phone, 'alice', { expires: 60 });
    await bench.run(50_000);
    await bench.register(phone, 'alice', { expires: 60 });
    await bench.run(50_000);
    expect(bindings()).toHaveLength(1);
    await bench.run(11_000);
    expect(bindings()).toEqual([]);
    expect(events).toEqual(['added', 'refreshed', 'expired']);
    await bench.close();
  });

  it('[REG9] removes one binding by Expires 0, and all by *', async () => {
    const { bench, phone, bindings } = await makeBench();
    await bench.register(phone, 'alice', { contact: '<sip:a@a.invalid>' });
    await bench.register(phone, 'alice', { contact: '<sip:b@b.invalid>' });
    const one = await bench.register(phone, 'alice', { contact: '<sip:a@a.invalid>;expires=0' });
    expect(one.headers.all('Contact')).toHaveLength(1);
    expect((await bench.register(phone, 'alice', { contact: '*' })).status).toBe(400);
    expect((await bench.register(phone, 'alice', { contact: '*', expires: 60 })).status).toBe(400);
    expect(bindings()).toHaveLength(1);
    const all = await bench.register(phone, 'alice', { contact: '*', expires: 0 });
    expect(all.status).toBe(200);
    expect(bindings()).toEqual([]);
    await bench.close();
  });

  it('[REG10] asks what is bound when it carries no Contact', async () => {
    const { bench, phone } = await makeBench();
    await bench.register(phone, 'alice', { contact: '<sip:a@a.invalid>' });
    const response = await bench.register(phone, 'alice', { contact: [] });
    expect(response.headers.all('Contact')).toEqual(['<sip:a@a.invalid>;expires=300']);
    await bench.close();
  });

  it('[REG11] knows a device by instance and reg-id, whatever its contact is now', async () => {
    const { bench, phone, bindings } = await makeBench();
    await bench.register(phone, 'alice', { contact: '<sip:a@a.invalid>;+sip.instance="<urn:uuid:1>";reg-id=1' });
    await bench.register(phone, 'alice', { contact: '<sip:b@b.invalid>;+sip.instance="<urn:uuid:1>";reg-id=1' });
    expect(bindings().map((b) => b.contactUri.user)).toEqual(['b']);
    await bench.register(phone, 'alice', { contact: '<sip:c@c.invalid>;+sip.instance="<urn:uuid:1>";reg-id=2' });
    expect(bindings()).toHaveLength(2);
    await bench.close();
  });

  it('[REG12] keeps ten devices of a user; a further one replaces the oldest', async () => {
    const { bench, phone, bindings } = await makeBench();
    for (let i = 0; i < 11; i++) await bench.register(phone, 'alice', { contact: `<sip:d${i}@d.invalid>` });
    expect(bindings()).toHaveLength(10);
    expect(bindings().map((b) => b.contactUri.user)).not.toContain('d0');
    await bench.close();
  });

  it('[REG13] within a Call-ID, only a higher CSeq changes a binding', async () => {
    const { bench, phone, bindings } = await makeBench();
    await bench.register(phone, 'alice', { callId: 'one', cseq: 10 });
    const late = await bench.register(phone, 'alice', { callId: 'one', cseq: 5, expires: 0 });
    expect(late.status).toBe(500);
    expect(bindings()).toHaveLength(1);
    const next = await bench.register(phone, 'alice', { callId: 'one', cseq: 20, expires: 0 });
    expect(next.status).toBe(200);
    expect(bindings()).toEqual([]);
    await bench.close();
  });

  it('[REG14] forgets the devices of a WebSocket that closed', async () => {
    const { bench, phone, bindings } = await makeBench();
    const why: string[] = [];
    bench.board.registrar.on('bindingRemoved', (_binding, reason) => why.push(reason));
    await bench.register(phone, 'alice');
    bench.network.cut(phone.flow!);
    await bench.run();
    expect(bindings()).toEqual([]);
    expect(why).toEqual(['flow-lost']);
    expect(bench.board.registrar.presenceOf({ accountSid: 'acme', sipUsername: 'alice' }).registered).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REG15] stores Path, shows it to those who know it, and follows it', async () => {
    const { bench, phone, bindings } = await makeBench();
    const path = '<sip:edge.test;lr;ob>';
    const headers = [
      ['Path', path],
      ['Supported', 'path, outbound'],
    ] as const;
    const response = await bench.register(phone, 'alice', { headers });
    expect(response.headers.get('Path')).toBe(path);
    expect(bindings()[0]!.path).toEqual([path]);
    const bob = await bench.registered('bob');
    bob.call(`sip:alice@${domain}`, `<sip:bob@${domain}>`);
    await bench.run();
    expect(phone.calls[0]!.incoming.request.headers.get('Route')).toBe(path);
    await bench.close();
  });

  it('[REG16] slows guesses of one source, and leaves those alone who are registered', async () => {
    const guessLimits = { perSource: { burst: 3, refillMs: 60_000 }, perUser: { burst: 3, refillMs: 60_000 } };
    const { bench, phone } = await makeBench({ guessLimits });
    await bench.register(phone, 'alice');
    const guesser = await bench.browser();
    for (let i = 0; i < 3; i++) await bench.register(guesser, 'alice', { password: `p${i}` });
    const slowed = await bench.register(guesser, 'alice', { password: 'secret-alice' });
    expect(slowed.status).toBe(503);
    expect(Number(slowed.headers.get('Retry-After'))).toBeGreaterThan(50);
    // Alice refreshes, and a user at another address is not slowed either.
    expect((await bench.register(phone, 'alice')).status).toBe(200);
    expect((await bench.register(phone, 'bob')).status).toBe(200);
    // From an address where she is bound she may add a device, however often others guess.
    const tab = await bench.browser({ host: phone.transport.address.host, port: 5070 });
    expect((await bench.register(tab, 'alice', { contact: '<sip:tab@tab.invalid>' })).status).toBe(200);
    await bench.run(61_000);
    expect((await bench.register(guesser, 'alice')).status).toBe(200);
    await bench.close();
  });

  it('[REG17] answers 500 when the directory cannot be read', async () => {
    const { bench, phone } = await makeBench();
    bench.directory.findSipAccount = () => Promise.reject(new Error('database away'));
    expect((await bench.register(phone, 'alice')).status).toBe(500);
    await bench.close();
  });

  it('[REG18] works over UDP, where calls go to the source address and not to the contact', async () => {
    const { bench } = await makeBench();
    const { network, clock, random } = bench;
    const desk = new Phone({ network, clock, random, host: '198.51.100.7', kind: 'webrtc' });
    bench.phones.push(desk);
    await desk.endpoint.start();
    await desk.connect('UDP');
    const response = await bench.register(desk, 'bob', { contact: '<sip:bob@192.168.1.20:5060>' });
    expect(response.status).toBe(200);
    const alice = await bench.registered('alice');
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect(desk.calls).toHaveLength(1);
    await bench.close();
  });

  it('[REG19] leaves a binding to nobody when the connection closed while the directory was asked', async () => {
    const { bench, phone, bindings } = await makeBench();
    const find = bench.directory.findSipAccount.bind(bench.directory);
    let release = () => {};
    bench.directory.findSipAccount = async (...args) => {
      await new Promise<void>((resolve) => (release = resolve));
      return find(...args);
    };
    const registering = bench.register(phone, 'alice').catch((error: unknown) => error);
    await bench.run();
    bench.network.cut(phone.flow!);
    await bench.run(); // The registrar has heard that the connection is gone before the directory answers.
    for (let i = 0; i < 2; i++) {
      release();
      await bench.run();
    }
    expect(await registering).toMatchObject({ code: 'ERR_SIP_REQUEST' });
    expect(bindings()).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('a user who is deleted', () => {
  const aor = { accountSid: 'acme', sipUsername: 'alice' };

  function deleteAlice(bench: Bench): void {
    bench.directory.users.splice(0, 1);
    bench.board.registrar.forgetUser(aor);
  }

  it('[REG21] is registered no longer, is told 403, and is called no more', async () => {
    const { bench, phone, bindings } = await makeBench();
    const why: string[] = [];
    bench.board.registrar.on('bindingRemoved', (_binding, reason) => why.push(reason));
    await bench.register(phone, 'alice', { contact: '<sip:a@a.invalid>' });
    await bench.register(phone, 'alice', { contact: '<sip:b@b.invalid>' });
    expect(bench.board.registrar.registrations(aor)).toBe(2);
    deleteAlice(bench);
    expect(bench.board.registrar.registrations(aor)).toBe(0);
    expect([bindings(), why]).toEqual([[], ['forgotten', 'forgotten']]);
    expect(phone.flow!.closed).toBe(false);
    expect((await bench.register(phone, 'alice')).status).toBe(403);
    expect((await bench.register(await bench.browser(), 'alice')).status).toBe(401); // As for any unknown name.
    expect((await bench.register(phone, 'bob')).status).toBe(200); // Another user may share the connection.
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('is registered no longer when the app is deleted, and users of other apps are', async () => {
    const { bench, phone, bindings } = await makeBench();
    await bench.register(phone, 'alice');
    const appId = bindings()[0]?.appId ?? '';
    const { registrar } = bench.board;
    expect(registrar.forgetApp({ accountSid: 'acme', appId: 'another' })).toBe(0);
    expect(registrar.forgetApp({ accountSid: 'another', appId })).toBe(0);
    expect(registrar.registrations(aor)).toBe(1);
    expect(registrar.forgetApp({ accountSid: 'acme', appId })).toBe(1);
    expect(registrar.registrations(aor)).toBe(0);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REG22] registers at once over the same connection when it is made again', async () => {
    const { bench, phone } = await makeBench();
    await bench.register(phone, 'alice');
    deleteAlice(bench);
    bench.directory.addUser('alice');
    expect((await bench.register(phone, 'alice')).status).toBe(200);
    await bench.close();
  });

  it('[REG23] goes on talking', async () => {
    const { bench, phone } = await makeBench();
    await bench.register(phone, 'alice');
    const bob = await bench.registered('bob');
    const call = bob.call(`sip:alice@${domain}`, `<sip:bob@${domain}>`);
    await bench.run();
    const session = phone.calls[0]!.answer()!;
    await bench.run();
    deleteAlice(bench);
    await bench.run(30_000);
    expect([session.ended, call.session!.ended]).toEqual([false, false]);
    await bench.close();
  });

  it('[REG24] does not slip in by a REGISTER that was being looked up', async () => {
    const { bench, phone, bindings } = await makeBench();
    const find = bench.directory.findSipAccount.bind(bench.directory);
    let lookups = 0;
    let release = () => {};
    bench.directory.findSipAccount = async (...args) => {
      const found = await find(...args);
      // The first is for the password; the second says whose it is, and is on its way when the user is deleted.
      if (++lookups === 2) await new Promise<void>((resolve) => (release = resolve));
      return found;
    };
    const registering = bench.register(phone, 'alice');
    while (lookups < 2) await new Promise((resolve) => setImmediate(resolve));
    deleteAlice(bench);
    release();
    expect((await registering).status).toBe(403);
    expect(bindings()).toEqual([]);
    await bench.close();
  });
});

it('[REG25] tells when a user was last seen: registered, refreshed, gone', async () => {
  const { bench, phone } = await makeBench();
  const seen: unknown[] = [];
  bench.board.registrar.on('seen', (sighting) => seen.push(sighting));
  const at = () => new Date(bench.clock.now() - 1);
  const alice = { accountSid: 'acme', sipUsername: 'alice', appId: 'app1', userId: 'u-alice' };
  await bench.register(phone, 'alice');
  expect(seen).toEqual([{ ...alice, at: at() }]);
  await bench.run(10_000);
  await bench.register(phone, 'alice');
  expect(seen[1]).toEqual({ ...alice, at: at() });
  await bench.run(10_000);
  bench.network.cut(phone.flow!);
  await bench.run();
  expect(seen[2]).toEqual({ ...alice, at: at() });
  await bench.close();
  expect(seen).toHaveLength(3);
});

it('[REG20] answers OPTIONS with 200, to anybody', async () => {
  const { bench, phone } = await makeBench();
  const response = phone.endpoint.request({
    method: 'OPTIONS',
    target: { uri: SipUri.parse('sip:ping@10.0.0.1'), flow: phone.flow! },
    from: NameAddr.parse('<sip:monitor@203.0.113.9>'),
    to: NameAddr.parse('<sip:ping@10.0.0.1>'),
  });
  await bench.run();
  expect((await response).status).toBe(200);

  await bench.close();
});
