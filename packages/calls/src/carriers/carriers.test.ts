import { describe, expect, it } from 'vitest';
import type { Carrier } from '../ports/directory.js';
import { Bench, domain, nothingLeft } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { dialIn, fromCustomer, makeBench, number } from '../testing/two-users.js';

const aliceDials = (alice: Phone, to: string) => alice.call(`sip:${to}@${domain}`, `<sip:alice@${domain}>`);

/** A bench whose one carrier is as given. */
async function makeCarrierBench(carrier: Partial<Carrier>, config = {}) {
  const bench = new Bench(config);
  bench.directory.addUser('alice');
  bench.directory.addCarrier(carrier);
  bench.directory.addDid(number, ['u-alice']);
  return bench.start();
}

describe('calls through a carrier', () => {
  it('[OUT1] early media passes with its SDP, and the answer keeps it', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    const { incoming, media } = carrier.calls[0]!;
    const { sdp } = media.answer(media.read(incoming.offer!));
    incoming.progress(183, { sdp });
    await bench.run();
    expect(placed.progress.map((p) => [p.status, p.sdp !== undefined])).toEqual([[183, true]]);
    const [aliceLeg, carrierLeg] = bench.engine.legs;
    expect(bench.engine.partnerOf(aliceLeg!)).toBe(carrierLeg);
    incoming.progress(180);
    await bench.run();
    const session = incoming.accept({ sdp });
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(session!.ended).toBe(false);
    const answer = bench.sent('200').find((m) => m.protocol === 'WS' && m.text.includes('application/sdp'));
    expect(answer!.text).toContain(placed.progress[0]!.sdp!);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT2] 183 without SDP, and 181, pass as they are', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    carrier.calls[0]!.incoming.progress(183);
    carrier.calls[0]!.incoming.progress(181);
    await bench.run();
    expect(placed.progress.map((p) => p.status)).toEqual([183, 181]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    [404, 404, 'failed', 'unknown-number'],
    [486, 486, 'busy', 'busy'],
    [603, 603, 'busy', 'rejected'],
    [480, 480, 'no-answer', 'no-answer'],
    [403, 403, 'failed', 'not-allowed'],
    [503, 502, 'failed', 'carrier-failed'],
    [500, 502, 'failed', 'carrier-failed'],
    [401, 502, 'failed', 'carrier-failed'],
    [302, 502, 'failed', 'carrier-failed'],
  ])('[OUT3] a carrier that says %i ends the call with %i', async (status, upstream, word, reason) => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    carrier.calls[0]!.incoming.reject(status);
    await bench.run(2_000);
    expect(placed.failure).toMatchObject({ status: upstream });
    expect((await bench.record()).call).toMatchObject({ status: word, termination: { reason, sipStatus: status } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT4] a carrier that does not answer at all: 504', async () => {
    const bench = await makeBench({ ringTimeoutSec: 60 });
    const alice = await bench.registered('alice');
    const placed = aliceDials(alice, '+919876543210');
    await bench.run(40_000);
    expect(placed.failure).toMatchObject({ status: 504 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT5] a ringing call is cancelled when the browser gives up', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    carrier.calls[0]!.ring();
    await bench.run();
    placed.outgoing.cancel();
    await bench.run();
    expect(carrier.calls[0]!.cancelled).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT6] channels in use and calls a second: 503 that says which', async () => {
    const bench = await makeCarrierBench({ outboundChannels: 2, outboundCps: 1, outboundBurst: 3 });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const [first] = ['+919876543210', '+919876543211'].map((to) => aliceDials(alice, to));
    await bench.run();
    const third = aliceDials(alice, '+919876543212');
    await bench.run();
    expect(third.failure).toMatchObject({ status: 503, reason: 'Carrier Channels In Use' });
    first!.outgoing.cancel(); // Gives its channel back.
    await bench.run();
    expect(aliceDials(alice, '+919876543213').failure).toBeUndefined();
    await bench.run();
    expect(carrier.calls).toHaveLength(3);
    for (const call of carrier.calls) if (!call.cancelled) call.incoming.reject(486);
    await bench.run();
    const tooFast = aliceDials(alice, '+919876543214');
    await bench.run();
    expect(tooFast.failure).toMatchObject({ status: 503, reason: 'Carrier Call Rate Exceeded' });
    await bench.run(1_000);
    aliceDials(alice, '+919876543215');
    await bench.run();
    expect(carrier.calls).toHaveLength(4);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT7] answers the challenge of a carrier with its credentials', async () => {
    const bench = await makeCarrierBench({ outboundAuthUsername: 'trunk', outboundAuthPassword: 'pw' });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    const challenge = 'Digest realm="carrier.test", nonce="abc", algorithm=MD5, qop="auth"';
    carrier.calls[0]!.incoming.reject(407, { headers: [['Proxy-Authenticate', challenge]] });
    await bench.run();
    const again = carrier.calls[1]!.incoming.request;
    expect(again.headers.get('Proxy-Authorization')).toContain('username="trunk"');
    carrier.calls[1]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT8] uses the transport that the carrier is set to', async () => {
    const bench = await makeCarrierBench({ transport: 'tcp' });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    aliceDials(alice, '+919876543210');
    await bench.run();
    expect(carrier.calls[0]!.incoming.flow.protocol).toBe('TCP');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OUT9] a second fork in another codec: the callee is asked to follow the early answer', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice', { codecs: ['PCMU', 'PCMA'] });
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, '+919876543210');
    await bench.run();
    const { incoming, media } = carrier.calls[0]!;
    incoming.progress(183, { sdp: media.answer(media.read(incoming.offer!), { codecs: ['PCMU'] }).sdp });
    await bench.run();
    const fork = carrier.newMedia();
    const session = incoming.accept({ sdp: fork.answer(fork.read(incoming.offer!), { codecs: ['PCMA'] }).sdp });
    session!.on('reinvite', (r) => r.accept({ sdp: fork.answer(fork.read(r.offer!)).sdp }));
    await bench.run();
    expect(placed.session).toBeDefined();
    const [aliceLeg, carrierLeg] = bench.engine.legs;
    expect([aliceLeg!.codec, carrierLeg!.codec]).toEqual(['PCMU', 'PCMU']);
    expect(bench.engine.partnerOf(aliceLeg!)).toBe(carrierLeg);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('the dialling rule', () => {
  it.each([
    ['+14155550100', 403, 'Country Not Allowed'],
    ['+881612345678', 403, 'Premium And Satellite Numbers Are Closed'],
    ['100', 404, 'Not Found'],
    ['carol', 404, 'Not Found'],
  ])('[RULE1] refuses %s with %i', async (to, status, reason) => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, to);
    await bench.run();
    expect(placed.failure).toMatchObject({ status, reason });
    expect(carrier.calls).toEqual([]);
    expect((await bench.record()).call).toMatchObject({ status: 'failed' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RULE2] a number of the account in a country opens that country', async () => {
    const bench = await makeBench();
    bench.directory.addDid('+14155550199', [], { target: undefined });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    aliceDials(alice, '+14155550100');
    await bench.run();
    expect(carrier.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    ['+14155550100', ['+1'], undefined],
    ['+14155550100', ['+1212'], 'Country Not Allowed'],
    ['+881612345678', ['+8816'], undefined],
    ['+449012345678', ['+44'], 'Premium And Satellite Numbers Are Closed'],
    ['+919001234567', [], undefined],
  ])('[RULE6] %s, where the operator has opened %j: %s', async (to, outboundAllowedPrefixes, reason) => {
    const bench = await makeCarrierBench({ outboundAllowedPrefixes });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = aliceDials(alice, to);
    await bench.run();
    expect(placed.failure?.reason).toBe(reason);
    expect(carrier.calls).toHaveLength(reason === undefined ? 1 : 0);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  const simulatedAt = { host: '127.0.0.2', port: 5060 };
  const simulatedBench = () => {
    const bench = new Bench({ simulatedPrefixes: ['+91113000'] }, { simulatedAddress: simulatedAt });
    bench.directory.addUser('alice');
    bench.directory.addCarrier({ simulated: true, sipAddress: 'simulated.invalid' });
    bench.directory.addDid(number, ['u-alice']);
    return bench;
  };

  it('[RULE3] the simulated PSTN takes its own numbers and those of open countries, at its own address', async () => {
    const bench = simulatedBench();
    await bench.start();
    const alice = await bench.registered('alice');
    const pstn = await bench.carrier({ host: simulatedAt.host });
    const echo = aliceDials(alice, '+911130000001');
    const other = aliceDials(alice, '+919876543210');
    const abroad = aliceDials(alice, '+14155550100');
    await bench.run();
    expect(pstn.calls.map(({ incoming }) => incoming.request.uri.toString()).sort()).toEqual([
      'sip:+911130000001@127.0.0.2:5060',
      'sip:+919876543210@127.0.0.2:5060',
    ]);
    expect([echo.failure, other.failure]).toEqual([undefined, undefined]);
    expect(abroad.failure).toMatchObject({ status: 403, reason: 'Country Not Allowed' });
    dialIn(pstn);
    await bench.run();
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RULE3b] beside a real carrier the simulated PSTN is left its own numbers alone', async () => {
    const bench = simulatedBench();
    bench.directory.addCarrier({ id: 'car_real', name: 'Real', sipAddress: '127.0.0.3:5060' });
    bench.directory.addDid('+918012345678', [], { carrierId: 'car_real' });
    await bench.start();
    const alice = await bench.registered('alice');
    const pstn = await bench.carrier({ host: simulatedAt.host });
    const real = await bench.carrier({ host: '127.0.0.3' });
    aliceDials(alice, '+911130000001');
    aliceDials(alice, '+919876543210');
    await bench.run();
    expect(pstn.calls.map(({ incoming }) => incoming.request.uri.toString())).toEqual([
      'sip:+911130000001@127.0.0.2:5060',
    ]);
    expect(real.calls.map(({ incoming }) => incoming.request.uri.toString())).toEqual([
      'sip:+919876543210@127.0.0.3:5060',
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RULE5] a simulated PSTN that is off takes no calls, and the reason says so', async () => {
    const bench = await makeCarrierBench({ simulated: true }, { simulatedPrefixes: ['+91113000'] });
    const alice = await bench.registered('alice');
    const placed = aliceDials(alice, '+911130000001');
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 403, reason: 'The Simulated PSTN Is Off' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RULE4] an account without a number dials nobody, and no other account', async () => {
    const bench = await makeBench();
    bench.directory.addUser('eve', { accountSid: 'evil' });
    const eve = await bench.browser();
    await bench.register(eve, 'eve', { domain: 'evil.sip.test' });
    await bench.registered('alice');
    const outside = eve.call('sip:+919876543210@evil.sip.test', '<sip:eve@evil.sip.test>');
    const across = eve.call(`sip:alice@${domain}`, '<sip:eve@evil.sip.test>');
    await bench.run();
    expect(outside.failure).toMatchObject({ status: 403 });
    expect(across.failure).toMatchObject({ status: 404 });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('who may call in', () => {
  it('[IN1] a carrier by one of its ranges, another by its credentials', async () => {
    const bench = await makeCarrierBench({ inboundAllowedAddresses: ['198.51.100.0/24'] });
    const alice = await bench.registered('alice');
    const sbc = await bench.carrier({ host: '198.51.100.77' });
    dialIn(sbc);
    await bench.run();
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN2] by digest: challenged with 407, let in with the right password', async () => {
    const bench = await makeCarrierBench({
      ...{ inboundAuthMode: 'credentials', inboundAuthUsername: 'peer', inboundAuthPassword: 'pw' },
    });
    const alice = await bench.registered('alice');
    const peer = await bench.carrier({ host: '198.51.100.9' });
    dialIn(peer, { credentials: { username: 'peer', password: 'pw' } });
    await bench.run();
    expect(bench.sent('407')).toHaveLength(1);
    expect(alice.calls).toHaveLength(1);
    const wrong = dialIn(peer, { credentials: { username: 'peer', password: 'no' } });
    await bench.run();
    expect(wrong.failure).toMatchObject({ status: 407 });
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN10] each wrong password of a carrier gets a fresh 407, one source too many of them 403; the carrier itself goes on', async () => {
    const bench = await makeCarrierBench(
      { inboundAuthMode: 'credentials', inboundAuthUsername: 'peer', inboundAuthPassword: 'pw' },
      { carrierGuessLimit: { burst: 3, refillMs: 60_000 } },
    );
    const alice = await bench.registered('alice');
    const peer = await bench.carrier({ host: '198.51.100.9' });
    const guess = async (from: Phone, password: string) => {
      const placed = dialIn(from, { credentials: { username: 'peer', password } });
      await bench.run();
      return placed.failure?.status;
    };
    const guesser = await bench.carrier({ host: '198.51.100.10' });
    const statuses: Array<number | undefined> = [];
    for (let i = 0; i < 12; i++) statuses.push(await guess(guesser, `guess-${i}`));
    expect(statuses).toEqual([407, 407, 407, ...Array(9).fill(403)]);
    expect(await guess(guesser, 'pw')).toBe(403); // Right or wrong: it is not looked at.
    const challenges = bench.sent('407').map(({ text }) => /nonce="([^"]+)"/.exec(text)?.[1]);
    expect(new Set(challenges).size).toBe(6); // Two in each of three calls, none twice.
    expect(bench.board.switch.stats.carrierGuesses).toBe(13);

    expect(await guess(peer, 'pw')).toBeUndefined(); // Its own source has guessed nothing.
    for (let i = 0; i < 6; i++) expect(await guess(peer, 'forged')).toBe(407); // Whoever has proved itself is not shut out.
    expect(await guess(peer, 'pw')).toBeUndefined();
    expect(alice.calls).toHaveLength(2);
    await bench.run(61_000);
    expect(await guess(guesser, 'pw')).toBeUndefined(); // Slowed, not banned.
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN3] a stranger gets one 403, and then silence', async () => {
    const bench = await makeBench();
    const stranger = await bench.carrier({ host: '198.18.0.66' });
    const first = dialIn(stranger);
    await bench.run();
    expect(first.failure).toMatchObject({ status: 403 });
    dialIn(stranger);
    await bench.run(5_000);
    expect(bench.network.messages.filter((m) => m.to.host === '198.18.0.66')).toHaveLength(1);
    expect(bench.board.switch.stats.sourcesRefused).toBeGreaterThan(1);
    await bench.run(120_000);
    const later = dialIn(stranger);
    await bench.run();
    expect(later.failure).toMatchObject({ status: 403 });
    expect(bench.store.calls.size).toBe(0);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN4] a number that nobody has, or that another carrier brings: 404, without a record', async () => {
    const bench = await makeBench();
    bench.directory.addDid('+918047119999', ['u-alice'], { carrierId: 'car_2' });
    const carrier = await bench.carrier();
    const unknown = carrier.call('sip:+918047110009@10.0.0.1', fromCustomer);
    const foreign = carrier.call('sip:+918047119999@10.0.0.1', fromCustomer);
    await bench.run();
    expect([unknown.failure?.status, foreign.failure?.status]).toEqual([404, 404]);
    expect(bench.store.calls.size).toBe(0);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN5] two carriers behind one address are told apart by the number', async () => {
    const bench = await makeBench();
    bench.directory.addCarrier({ id: 'car_2', accountSid: 'other', name: 'Second' });
    bench.directory.addDid('+918047120002', ['u-bob'], { carrierId: 'car_2' });
    await bench.board.refreshCarriers();
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    carrier.call('sip:08047120002@10.0.0.1', fromCustomer);
    await bench.run();
    expect(bob.calls).toHaveLength(1);
    expect((await bench.record()).legs[0]!.party).toBe('car_2');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN6] the number may stand in To or P-Called-Party-ID when the Request-URI names our contact', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = carrier.call('sip:trunk-17@10.0.0.1', fromCustomer, {
      headers: [['P-Called-Party-ID', `<sip:${number}@carrier.test>`]],
    });
    await bench.run();
    expect(placed.failure).toBeUndefined();
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN7] a hidden caller stays hidden', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    carrier.call(`sip:${number}@10.0.0.1`, '"Anonymous" <sip:anonymous@anonymous.invalid>', {
      headers: [['P-Asserted-Identity', '<sip:+919876543210@carrier.test>']],
    });
    await bench.run();
    const { request } = alice.calls[0]!.incoming;
    expect(request.from.displayName).toBe('anonymous');
    expect(request.headers.has('P-Asserted-Identity')).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN8] an INVITE with no hops left is refused with 483', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier, { maxForwards: 0 });
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 483 });
    expect(alice.calls).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[IN9] a carrier that is added is known after refresh, and by itself soon after', async () => {
    const bench = await makeBench({ carrierRefreshMs: 5_000, unknownSources: { silenceMs: 1 } });
    const alice = await bench.registered('alice');
    const second = await bench.carrier({ host: '198.51.100.50' });
    const early = dialIn(second);
    await bench.run();
    expect(early.failure).toMatchObject({ status: 403 });
    Object.assign(bench.directory.carriers[0]!, { inboundAllowedAddresses: ['198.51.100.50'] });
    await bench.run(5_001);
    dialIn(second);
    await bench.run();
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('who a browser is', () => {
  it('[USER1] proves itself by digest when it calls without having registered', async () => {
    const bench = await makeBench();
    const bob = await bench.registered('bob');
    const alice = await bench.browser();
    const anonymous = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect(anonymous.failure).toMatchObject({ status: 407 });
    const credentials = { username: 'alice', password: 'secret-alice' };
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`, { credentials });
    await bench.run();
    expect(bob.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[USER2] cannot call as a colleague over its own connection', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    const placed = alice.call(`sip:bob@${domain}`, `<sip:bob@${domain}>`);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 407 });
    expect(bob.calls).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[USER4] may place so many calls at once, and gives no channel away by a further one', async () => {
    const bench = await makeBench({ maxCallsPerUser: 2 });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const calls = ['1', '2', '3'].map((digit) => aliceDials(alice, `+91987654321${digit}`));
    await bench.run();
    expect(calls.map((call) => call.failure?.reason)).toEqual([undefined, undefined, 'Too Many Calls At Once']);
    expect(carrier.calls).toHaveLength(2);
    calls[0]!.outgoing.cancel();
    await bench.run();
    aliceDials(alice, '+919876543214');
    await bench.run();
    expect(carrier.calls).toHaveLength(3);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[USER3] a colleague who is not registered: 480, on record', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const placed = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 480 });
    expect((await bench.record()).call).toMatchObject({ direction: 'internal', status: 'no-answer' });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
