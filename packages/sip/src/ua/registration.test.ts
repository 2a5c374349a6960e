import { describe, expect, it } from 'vitest';
import { DigestServer } from '../auth/digest-server.js';
import { NameAddr } from '../message/name-addr.js';
import { SipUri } from '../message/uri.js';
import { Registration, type RegistrationOptions } from './registration.js';
import { aliceUri, leftovers, makeWorld, seededRandom, type World } from './testing/ua-fixture.js';
import type { IncomingRequest } from './types.js';

async function makeRegistration(more: Partial<RegistrationOptions> = {}) {
  const world = makeWorld();
  const alice = await world.endpoint('10.0.0.1');
  const registrar = await world.endpoint('10.0.0.5');
  const requests: IncomingRequest[] = [];
  registrar.on('request', (request) => requests.push(request));
  const registration = new Registration({
    endpoint: alice,
    clock: world.clock,
    random: seededRandom(),
    aor: aliceUri,
    registrar: SipUri.parse('sip:10.0.0.5'),
    contact: '<sip:alice@10.0.0.1:5060>',
    expiresSec: 600,
    ...more,
  });
  const events: string[] = [];
  registration.on('registered', ({ expiresSec }) => events.push(`registered ${expiresSec}`));
  registration.on('unregistered', () => events.push('unregistered'));
  registration.on('failed', (why) => events.push(`failed ${why.status} ${why.retryAfterSec ?? '-'}`));
  registration.on('sent', (request) => events.push(`sent ${request.cseq.number}`));
  return { world, alice, registrar, requests, registration, events };
}

/** Answers the newest REGISTER as a registrar that grants `expiresSec`. */
function grant(requests: IncomingRequest[], expiresSec: number): void {
  const contact = requests.at(-1)!.request.headers.get('Contact')!;
  const other = `<sip:alice@10.0.0.77>;expires=9`;
  requests.at(-1)!.respond(200, { contacts: [other, `${contact};expires=${expiresSec}`] });
}

async function finish(
  world: World,
  registration: Registration,
  ...rest: Parameters<typeof leftovers> extends [World, ...infer E] ? E : never
) {
  registration.close();
  expect(await leftovers(world, ...rest)).toEqual([]);
  expect(world.clock.pendingTimers).toBe(0);
}

describe('a registration', () => {
  it('[REG1] is refreshed at 80 to 90 % of what was granted, with one Call-ID and rising CSeq', async () => {
    const { world, alice, registrar, requests, registration, events } = await makeRegistration();
    registration.register();
    await world.pass();
    grant(requests, 100);
    await world.pass(79_000);
    expect(events).toEqual(['sent 1', 'registered 100']);
    await world.pass(11_100);
    expect(events).toEqual(['sent 1', 'registered 100', 'sent 2']);
    const [first, second] = requests.map(({ request }) => request);
    expect(second!.callId).toBe(first!.callId);
    expect(second!.from.tag).toBe(first!.from.tag);
    expect(first!.uri.toString()).toBe('sip:10.0.0.5');
    expect(first!.to.tag).toBeUndefined();
    grant(requests, 100);
    await world.pass();
    await finish(world, registration, alice, registrar);
  });

  it('[REG2] asks for Min-Expires after 423', async () => {
    const { world, alice, registrar, requests, registration, events } = await makeRegistration({ expiresSec: 60 });
    registration.register();
    await world.pass();
    requests[0]!.respond(423, { headers: [['Min-Expires', '1800']] });
    await world.pass();
    expect(requests[1]!.request.headers.get('Expires')).toBe('1800');
    grant(requests, 1800);
    await world.pass();
    expect(events).toEqual(['sent 1', 'sent 2', 'registered 1800']);
    await finish(world, registration, alice, registrar);
  });

  it('[REG3] answers a challenge with a new CSeq, the same Call-ID and the same From tag', async () => {
    const setup = await makeRegistration({ credentials: { username: 'alice', password: 'secret' } });
    const { world, alice, registrar, requests, registration, events } = setup;
    const digest = makeDigest(world);
    registration.register();
    await world.pass();
    requests[0]!.respond(401, { headers: digest.challenge(401) });
    await world.pass();
    expect(await digest.check(requests[1]!.request, 401)).toMatchObject({ ok: true, username: 'alice' });
    expect(requests[1]!.request.callId).toBe(requests[0]!.request.callId);
    expect(requests[1]!.request.from.tag).toBe(requests[0]!.request.from.tag);
    grant(requests, 600);
    await world.pass();
    expect(events).toEqual(['sent 1', 'sent 2', 'registered 600']);
    await finish(world, registration, alice, registrar);
  });

  it('[REG4] reports wrong credentials and does not try again', async () => {
    const setup = await makeRegistration({ credentials: { username: 'alice', password: 'guess' } });
    const { world, alice, registrar, requests, registration, events } = setup;
    const digest = makeDigest(world);
    registrar.on('request', (request) => request.respond(401, { headers: digest.challenge(401) }));
    registration.register();
    await world.pass(200_000);
    expect(requests).toHaveLength(2);
    expect(events).toEqual(['sent 1', 'sent 2', 'failed 401 -']);
    await finish(world, registration, alice, registrar);
  });

  it('[REG5] tells what Retry-After says, and what silence is worth', async () => {
    const { world, alice, registrar, requests, registration, events } = await makeRegistration();
    registration.register();
    await world.pass();
    requests[0]!.respond(503, { headers: [['Retry-After', '30 (maintenance)']] });
    await world.pass();
    world.network.conditions.loss = 1;
    registration.register();
    await world.pass(33_000);
    expect(events).toEqual(['sent 1', 'failed 503 30', 'sent 2', 'failed 408 -']);
    await finish(world, registration, alice, registrar);
  });

  it('[REG6] removes its own contact only, and refreshes no more', async () => {
    const { world, alice, registrar, requests, registration, events } = await makeRegistration({
      instanceId: 'f81d4fae',
    });
    registration.register();
    await world.pass();
    grant(requests, 600);
    await world.pass();
    void registration.unregister();
    await world.pass();
    const removal = requests[1]!.request;
    expect(removal.headers.get('Expires')).toBe('0');
    expect(removal.headers.get('Contact')).toContain('+sip.instance="<urn:uuid:f81d4fae>";reg-id=1');
    requests[1]!.respond(200);
    await world.pass(700_000);
    expect(events).toEqual(['sent 1', 'registered 600', 'sent 2', 'unregistered']);
    await finish(world, registration, alice, registrar);
  });

  it('[REG7] goes over its flow without a look-up, though everything in it is .invalid', async () => {
    const world = makeWorld();
    const browser = await world.endpoint('10.0.0.1', {}, { listens: false, announce: { host: 'abc.invalid' } });
    const registrar = await world.endpoint('10.0.0.5');
    const registrations: string[] = [];
    registrar.on('request', ({ request }) => {
      registrations.push(request.headers.get('Via') ?? '', request.headers.get('Contact') ?? '');
    });
    registrar.on('request', (request) => request.respond(200));
    let flow: Parameters<Registration['moveTo']>[0] | undefined;
    browser.on('flowOpened', (opened) => {
      flow = opened;
    });
    const probe = browser.request({
      method: 'OPTIONS',
      target: { uri: SipUri.parse('sip:10.0.0.5;transport=ws') },
      from: aliceUri,
      to: aliceUri,
    });
    await world.pass();
    expect((await probe).status).toBe(200);
    const registration = new Registration({
      endpoint: browser,
      clock: world.clock,
      random: seededRandom(),
      aor: NameAddr.parse('<sip:alice@accounts.invalid>'),
      flow: flow!,
      contact: '<sip:alice@abc.invalid;transport=ws>',
      expiresSec: 60,
    });
    registration.register();
    await world.pass();
    expect(registration.registered).toBe(true);
    expect(registrations.at(-2)).toMatch(/^SIP\/2.0\/WS abc.invalid;branch=/);
    expect(registrations.at(-1)).toBe('<sip:alice@abc.invalid;transport=ws>');
    await finish(world, registration, browser, registrar);
  });
});

function makeDigest(world: World): DigestServer {
  return new DigestServer({
    realm: 'example.com',
    algorithms: ['MD5'],
    secret: 'a secret of the test, long enough',
    clock: world.clock,
    random: seededRandom(),
    lookup: (username: string) => (username === 'alice' ? { password: 'secret' } : undefined),
  });
}
