import { eventually, type RunningServer, runSipp, SipPhone, startServer, startSipp } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { addCarrier, addNumber, ringUser } from '../support/carriers.js';
import { errorLines, expectNothingLeft, logLines, metric } from '../support/metrics.js';
import { RawUdpPeer } from '../support/raw-peer.js';
import { uacAuthenticated } from '../support/sipp-scenarios.js';

const ourNumber = '+918047110001';
const trustedNumber = '+918047110002';
const secret = { username: 'carrier-7', password: 'an-inbound-secret' };
const patience = 10_000;

/** Each peer has an address of its own on loopback: sources are told apart by address. */
const hosts = { desk: '127.0.0.5', trusted: '127.0.0.9', scanner: '127.0.0.11', other: '127.0.0.12' };

describe('who may call in', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let desk: SipPhone;

  beforeAll(async () => {
    server = await startServer({ env: { INTERMIX_SIMULATED_PSTN: 'off' } });
    admin = new AdminApi(server);
    const trusted = await addCarrier(admin, { name: 'By address', sip_address: hosts.trusted, transport: 'udp' });
    await addNumber(admin, trusted, { number: trustedNumber, target: ringUser(server) });
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    const { sip_username: name, sip_password: password, sip_domain: domain } = user;
    const credentials = { username: name, password };
    desk = await SipPhone.start({ server: server.sip, host: hosts.desk, user: name, domain, credentials });
    expect((await desk.register()).status).toBe(200);
  });
  afterAll(async () => {
    await desk?.stop();
    await server?.stop();
  });

  function carrier(host: string, options: { protocol?: 'UDP' | 'TCP'; password?: string } = {}): Promise<SipPhone> {
    const { protocol = 'UDP', password } = options;
    const credentials = password === undefined ? {} : { credentials: { username: secret.username, password } };
    return SipPhone.start({ server: server.sip, host, protocol, user: '+919876543210', ...credentials });
  }

  /** The carrier's call rings the desk phone, is answered, heard, and ended. */
  async function expectCall(caller: SipPhone, number: string): Promise<void> {
    const outgoing = await caller.call(number);
    const incoming = await desk.waitForCall(patience);
    incoming.answer();
    await outgoing.waitForAnswer(patience);
    outgoing.sendTone(800);
    await incoming.expectTone(800, patience);
    outgoing.hangup();
    await incoming.waitForEnd(patience);
  }

  it('lets a carrier in by its address', async () => {
    const caller = await carrier(hosts.trusted);
    await expectCall(caller, trustedNumber);
    await caller.stop();
  });

  it('answers an unknown source with one 403, then with silence; counted, and told once in the log', async () => {
    const refusedBefore = (await metric(server, 'intermix_sip_sources_refused_total')) ?? 0;
    const scanner = await RawUdpPeer.bind({ host: hosts.scanner }, server.sip);
    const probes = 25;
    for (let i = 0; i < probes; i++) await scanner.send(invite(`scan-${i}`, scanner.port));
    const refused = async () => (await metric(server, 'intermix_sip_sources_refused_total')) === refusedBefore + probes;
    await eventually(refused, { timeoutMs: patience, message: 'every probe to be counted' });
    expect(scanner.received.map((text) => text.split('\r\n', 1)[0])).toEqual(['SIP/2.0 403 Forbidden']);
    const lines = logLines(server, 'requests from unknown sources refused');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 40, source: hosts.scanner });
    scanner.close();
    // Nobody else suffers.
    const caller = await carrier(hosts.trusted);
    await expectCall(caller, trustedNumber);
    await caller.stop();
  });

  it.each(['100rel', '100rel, precondition'])(
    'refuses a carrier that requires %s with 420, and names it',
    async (tags) => {
      const peer = await RawUdpPeer.bind({ host: hosts.trusted }, server.sip);
      const callId = `require-${tags.length}`;
      const required = invite(callId, peer.port, hosts.trusted).replace(
        'Max-Forwards',
        `Require: ${tags}\r\nMax-Forwards`,
      );
      await peer.send(required);
      await eventually(() => peer.statusesOf(callId).some((status) => status >= 200), { timeoutMs: patience });
      expect([...new Set(peer.statusesOf(callId))]).toEqual([420]); // Repeated until its ACK comes.
      expect(/^Unsupported: (.*)$/m.exec(peer.received[0] ?? '')?.[1]?.trim()).toBe(tags);
      await peer.send(ackOf(required, peer.received[0] ?? ''));
      peer.close();
    },
  );

  it('keeps no transaction and no call of a stranger', async () => {
    await expectNothingLeft(server);
    expect((await admin.request('GET', '/api/v1/calls?limit=50')).body.items).toHaveLength(2);
  });

  it('keeps the session timer that a carrier asks for, of 90 s or more', async () => {
    const caller = await carrier(hosts.trusted);
    const asking = (value: string) => ({
      headers: [
        ['Supported', 'timer'],
        ['Session-Expires', value],
      ] as const,
    });
    const short = await caller.call(trustedNumber, asking('60'));
    expect(await short.waitForEnd(patience)).toMatchObject({ status: 422 });
    const outgoing = await caller.call(trustedNumber, asking('90;refresher=uac'));
    const incoming = await desk.waitForCall(patience);
    incoming.answer();
    await outgoing.waitForAnswer(patience);
    expect(outgoing.response?.headers.get('Session-Expires')).toBe('90;refresher=uac');
    expect(outgoing.response?.headers.get('Require')).toBe('timer');
    outgoing.hangup();
    await incoming.waitForEnd(patience);
    await caller.stop();
  });

  describe('with a carrier that is known by credentials', () => {
    beforeAll(async () => {
      const added = await addCarrier(admin, {
        name: 'By credentials',
        sip_address: '127.0.0.13',
        inbound_auth_mode: 'credentials',
        inbound_auth_username: secret.username,
        inbound_auth_password: secret.password,
      });
      await addNumber(admin, added, { number: ourNumber, target: ringUser(server) });
    });

    it.each(['UDP', 'TCP'] as const)('lets the right password in over %s, from any address', async (protocol) => {
      const caller = await carrier(hosts.other, { protocol, password: secret.password });
      await expectCall(caller, ourNumber);
      expect(caller.story).toContain('< SIP/2.0 407 Proxy Authentication Required');
      await caller.stop();
    });

    it.each(['UDP', 'TCP'] as const)('refuses a wrong password over %s, and rings nobody', async (protocol) => {
      const caller = await carrier(hosts.other, { protocol, password: 'a-guess' });
      const rung = desk.calls.length;
      const call = await caller.call(ourNumber);
      expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote', cause: 'failed', status: 407 });
      expect(desk.calls).toHaveLength(rung);
      await caller.stop();
    });

    it('challenges one that offers no password', async () => {
      const caller = await carrier(hosts.other);
      const call = await caller.call(ourNumber);
      expect(await call.waitForEnd(patience)).toMatchObject({ status: 407 });
      await caller.stop();
    });

    it('understands SIPp: right password, and wrong password', async () => {
      const remote = `${server.sip.host}:${server.sip.port}`;
      const args = ['-auth_uri', `${ourNumber}@${remote}`]; // Its own choice leaves the number out.
      const common = { remote, service: ourNumber, timeoutMs: 15_000, args };
      const right = await startSipp({ scenario: uacAuthenticated(secret, 200), ...common });
      const incoming = await desk.waitForCall(patience);
      incoming.answer();
      const { exitCode, log } = await right.done;
      expect(exitCode, log).toBe(0);
      const guess = { ...secret, password: 'a-guess' };
      const wrong = await runSipp({ scenario: uacAuthenticated(guess, 407), ...common });
      expect(wrong.exitCode, wrong.log).toBe(0);
    });

    it('answers one that only guesses each time: 407 with a fresh challenge, and 403 in the end', async () => {
      const guesser = await carrier('127.0.0.14', { password: 'a-guess' });
      const before = (await metric(server, 'intermix_carrier_guesses_total')) ?? 0;
      const statuses: Array<number | undefined> = [];
      for (let i = 0; i < 14; i++) {
        const call = await guesser.call(ourNumber);
        const end = await call.waitForEnd(patience);
        statuses.push('status' in end ? end.status : undefined);
      }
      expect(statuses).toEqual([...Array(10).fill(407), ...Array(4).fill(403)]);
      expect(await metric(server, 'intermix_carrier_guesses_total')).toBe(before + 14);
      await guesser.stop();
      const lines = logLines(server, 'wrong password for calls of a carrier');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThan(8); // One in ten seconds, not one a call.
      const caller = await carrier(hosts.other, { password: secret.password });
      await expectCall(caller, ourNumber);
      await caller.stop();
    });

    it('gives SIPp a new challenge after a wrong password', async () => {
      const remote = `${server.sip.host}:${server.sip.port}`;
      const args = ['-auth_uri', `${ourNumber}@${remote}`];
      const common = { remote, service: ourNumber, timeoutMs: 15_000, args };
      const { exitCode, log } = await runSipp({
        scenario: uacAuthenticated({ ...secret, password: 'wrong-again' }, 407),
        ...common,
      });
      expect(exitCode, log).toBe(0);
      const nonces = [...log.matchAll(/^Proxy-Authenticate: Digest .*algorithm=MD5.*$/gm)]
        .map(([line]) => /nonce="(\w+)"/.exec(line)?.[1])
        .filter((nonce) => nonce !== undefined);
      expect(new Set(nonces).size).toBe(2);
    });
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
    expect(server.logs()).not.toContain(secret.password);
  });
});

/** The ACK of a refusal: the INVITE's own branch, the To of the response. */
function ackOf(request: string, response: string): string {
  const to = /^To: .*$/m.exec(response)?.[0] ?? '';
  return request
    .replace(/^INVITE/, 'ACK')
    .replace(/^CSeq: 1 INVITE/m, 'CSeq: 1 ACK')
    .replace(/^To: .*$/m, to)
    .replace(/^Require: .*\r\n/m, '');
}

function invite(callId: string, port: number, host = hosts.scanner): string {
  return [
    `INVITE sip:900${callId.length}441234567890@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK-${callId};rport`,
    'Max-Forwards: 70',
    `From: <sip:100@${host}>;tag=${callId}`,
    'To: <sip:9441234567890@127.0.0.1>',
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:100@${host}:${port}>`,
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}
