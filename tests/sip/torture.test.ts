import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type RunningServer, repositoryRoot, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { addCarrier, addNumber, ringUser } from '../support/carriers.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { mutations } from '../support/mutations.js';
import { overTcp, RawUdpPeer, statusOf } from '../support/raw-peer.js';

interface TortureMessage {
  label: string;
  file: string;
  section: string;
  kind: 'request' | 'response';
  parse: 'accept' | 'reject' | 'either';
  responseCodes: number[];
}

const folder = join(repositoryRoot(), 'packages', 'sip', 'testdata', 'rfc4475');
const messages: TortureMessage[] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).messages;
const octets = (message: TortureMessage) => readFileSync(join(folder, message.file));

/** The carrier's address. The messages carry no rport, so answers to datagrams go to port 5060 there. */
const carrierHost = '127.0.0.9';
const ourNumber = '+918047110001';

/**
 * What these say of a UAS, a registrar or a proxy does not hold for a server that knows its accounts and numbers: it
 * answers otherwise, for a reason that comes first.
 */
const answersOfOurs: Readonly<Record<string, readonly number[]>> = {
  // Domains that are not served here, before anything that a registrar would look at.
  regaut01: [403],
  cparam01: [403],
  cparam02: [403],
  regescrt: [403],
  unksm2: [400, 404],
  // Numbers that nobody has, before the body and the Accept header are looked at.
  invut: [404, 415],
  sdp01: [404, 406],
  // It has a To tag, but no dialog of ours.
  wsinv: [481],
  // An INVITE without a Contact leaves nobody to send the BYE to.
  inv2543: [400],
  dblreq: [400, 403],
};

describe('RFC 4475 on the wire', () => {
  let server: RunningServer;
  let udp: RawUdpPeer;
  let fences = 0;

  beforeAll(async () => {
    server = await startServer({ env: { ...quickSipTimers, INTERMIX_SIMULATED_PSTN: 'off' } });
    const admin = new AdminApi(server);
    const carrier = await addCarrier(admin, { name: 'Torture', sip_address: carrierHost, transport: 'udp' });
    await addNumber(admin, carrier, { number: ourNumber, target: ringUser(server) });
    udp = await RawUdpPeer.bind({ host: carrierHost, port: 5060 }, server.sip);
    await fence();
  });
  afterAll(async () => {
    udp?.close();
    await server?.stop();
  });

  /** Waits for the answer to an OPTIONS: whatever was sent before it has been read. */
  async function fence(): Promise<void> {
    const callId = `fence-${++fences}`;
    await udp.send(optionsRequest(callId));
    await eventually(() => udp.statusesOf(callId)[0] === 200, { timeoutMs: 10_000, message: 'an answer to OPTIONS' });
  }

  async function expectHealthy(): Promise<void> {
    expect((await fetch(`${server.baseUrl}/readyz`)).status).toBe(200);
    expect(errorLines(server)).toEqual([]);
    await expectOrdinaryCall();
  }

  /** The carrier calls our number, a user's telephone answers, and they hear each other. */
  async function expectOrdinaryCall(): Promise<void> {
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    const { sip_username: name, sip_password: password, sip_domain: domain } = user;
    const credentials = { username: name, password };
    const desk = await SipPhone.start({ server: server.sip, host: '127.0.0.5', user: name, domain, credentials });
    const carrier = await SipPhone.start({ server: server.sip, host: carrierHost, user: '+919876543210' });
    expect((await desk.register()).status).toBe(200);
    const outgoing = await carrier.call(ourNumber);
    const incoming = await desk.waitForCall(10_000);
    incoming.answer();
    await outgoing.waitForAnswer(10_000);
    outgoing.sendTone(800);
    incoming.sendTone(500);
    await Promise.all([incoming.expectTone(800, 10_000), outgoing.expectTone(500, 10_000)]);
    outgoing.hangup();
    await incoming.waitForEnd(10_000);
    await desk.unregister();
    await Promise.all([desk.stop(), carrier.stop()]);
  }

  it('has all messages of the RFC', () => {
    expect(messages).toHaveLength(49);
  });

  describe('over UDP', () => {
    it.each(messages.map((message) => [message.label, message] as const))('%s', async (_label, message) => {
      const before = udp.received.length;
      await udp.send(octets(message));
      await fence();
      const answered = () => finalStatuses(udp.received.slice(before), octets(message).toString('latin1'));
      if (mustAnswer(message)) {
        await eventually(() => answered().length > 0, { timeoutMs: 10_000, message: `an answer to ${message.label}` });
      }
      for (const status of answered()) expect(allowed(message), `${status} to ${message.label}`).toContain(status);
      expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
    });
  });

  // The same messages again would be repetitions, answered where the first ones came from.
  it('has forgotten their transactions', () => expectNothingLeft(server));

  describe('over TCP', () => {
    it.each(messages.map((message) => [message.label, message] as const))('%s', async (_label, message) => {
      const request = octets(message).toString('latin1');
      const { text } = await overTcp(octets(message), {
        to: server.sip,
        from: carrierHost,
        until: (seen) => finalStatuses(split(seen), request).length > 0,
        timeoutMs: mustAnswer(message) ? 10_000 : 300,
      });
      const statuses = finalStatuses(split(text), request);
      if (mustAnswer(message)) expect(statuses.length, `an answer to ${message.label}`).toBeGreaterThan(0);
      for (const status of statuses) expect(allowed(message), `${status} to ${message.label}`).toContain(status);
    });
  });

  it('is healthy after all of them: no error in the log, an ordinary call works', expectHealthy);

  it('is healthy after 2,000 mutated datagrams', async () => {
    const invite = Buffer.from(inviteRequest());
    const sound = [invite, ...messages.map(octets)];
    let sent = 0;
    for (const bytes of mutations(sound, { count: 2_000, seed: 4475 })) {
      await udp.send(bytes);
      if (++sent % 50 === 0) await fence();
    }
    expect(sent).toBe(2_000);
    await expectHealthy();
  });

  it('has nothing left of any of them', () => expectNothingLeft(server, 90_000), 120_000);

  /** Valid requests must not be met with silence, but for those that are repetitions by the rules of RFC 3261 §17.2.3. */
  function mustAnswer(message: TortureMessage): boolean {
    const earlier = messages.slice(0, messages.indexOf(message)).map(transactionOf);
    const isRepetition = earlier.includes(transactionOf(message));
    return message.kind === 'request' && message.parse === 'accept' && !isRepetition;
  }
});

/** The final statuses that are right for the message. */
function allowed({ label, kind, parse, responseCodes }: TortureMessage): readonly number[] {
  if (kind === 'response') return [];
  const ours = answersOfOurs[label];
  if (ours) return ours;
  // A valid request is served: OPTIONS is answered, numbers and domains are unknown, methods are or are not.
  const served = [200, 401, 403, 404, 405, 407, 416, 420, 480, 483, 488, 501];
  if (parse === 'accept') return responseCodes.length > 0 ? responseCodes : served;
  return parse === 'reject' ? responseCodes : [...responseCodes, ...served];
}

/** Final statuses of the responses to this request; others are repeated until an ACK comes that never will. */
function finalStatuses(texts: readonly string[], request: string): number[] {
  const isAnswer = (text: string) => {
    const callId = /^Call-ID: (.*)$/m.exec(text)?.[1]?.trim();
    return callId === undefined || request.includes(callId);
  };
  return texts
    .filter(isAnswer)
    .map(statusOf)
    .filter((status) => status >= 200);
}

/** Top Via and method: some messages of the RFC share both. */
function transactionOf(message: TortureMessage): string {
  const text = octets(message).toString('latin1');
  return `${/^(?:Via|v)[ \t]*:(.*)/im.exec(text)?.[1]?.trim()} ${text.split(' ', 1)[0]}`;
}

function split(stream: string): string[] {
  return stream.split(/(?=SIP\/2\.0 \d{3} )/);
}

function optionsRequest(callId: string): string {
  return [
    'OPTIONS sip:intermix.local SIP/2.0',
    `Via: SIP/2.0/UDP ${carrierHost}:5060;branch=z9hG4bK-${callId};rport`,
    'Max-Forwards: 70',
    `From: <sip:carrier@${carrierHost}>;tag=${callId}`,
    'To: <sip:intermix.local>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** An ordinary call to our number, to be spoilt. */
function inviteRequest(): string {
  const sdp = [
    ...['v=0', `o=- 1 1 IN IP4 ${carrierHost}`, 's=-', `c=IN IP4 ${carrierHost}`, 't=0 0'],
    ...['m=audio 49170 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv', ''],
  ].join('\r\n');
  return [
    `INVITE sip:${ourNumber}@intermix.local SIP/2.0`,
    `Via: SIP/2.0/UDP ${carrierHost}:5060;branch=z9hG4bK-ordinary;rport`,
    'Max-Forwards: 70',
    `From: "Caller" <sip:+919876543210@${carrierHost}>;tag=ordinary`,
    `To: <sip:${ourNumber}@intermix.local>`,
    'Call-ID: ordinary-invite',
    'CSeq: 1 INVITE',
    `Contact: <sip:carrier@${carrierHost}:5060>`,
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n');
}
