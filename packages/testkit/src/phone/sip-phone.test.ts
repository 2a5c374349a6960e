import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startSipp } from '../sipp.js';
import { SipPhone, type SipPhoneOptions } from './sip-phone.js';

const started: SipPhone[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((phone) => phone.stop()));
});

async function start(options: Partial<SipPhoneOptions> = {}): Promise<SipPhone> {
  const phone = await SipPhone.start({ server: { host: '127.0.0.1', port: 9 }, ...options });
  started.push(phone);
  return phone;
}

/** Alice's outbound proxy is Bob himself. */
async function makeCall(options: { protocol?: 'UDP' | 'TCP' } = {}) {
  const bob = await start({ user: 'bob', ...options });
  const alice = await start({ user: 'alice', displayName: 'Älice "A"', server: bob.address, ...options });
  const outgoing = await alice.call('bob');
  const incoming = await bob.waitForCall();
  return { alice, bob, outgoing, incoming };
}

describe('SIP phone', () => {
  it.each(['UDP', 'TCP'] as const)('calls, is answered, talks both ways and hangs up over %s', async (protocol) => {
    const { alice, bob, outgoing, incoming } = await makeCall({ protocol });
    await outgoing.waitForRinging();
    expect(incoming.request.from.displayName).toBe('Älice "A"');
    incoming.answer([['X-Test', 'yes']]);
    await outgoing.waitForAnswer();
    expect(outgoing.response?.headers.get('X-Test')).toBe('yes');
    outgoing.sendTone(500);
    incoming.sendTone(900);
    await Promise.all([outgoing.expectTone(900), incoming.expectTone(500)]);
    incoming.hangup({ protocol: 'Q.850', cause: 16 });
    expect(await outgoing.waitForEnd()).toEqual({
      by: 'remote',
      cause: 'bye',
      reason: { protocol: 'Q.850', cause: 16 },
    });
    expect(incoming.end).toEqual({ by: 'local', cause: 'bye' });
    await eventually(() => alice.counts.dialogs === 0 && bob.counts.dialogs === 0);
  });

  it('keeps every message that crosses the wire', async () => {
    const { alice, bob, outgoing, incoming } = await makeCall();
    incoming.answer();
    await outgoing.waitForAnswer();
    outgoing.hangup();
    await incoming.waitForEnd();
    await eventually(() => alice.story.at(-1) === '< SIP/2.0 200 OK');
    const words = (story: string[]) => story.map((line) => line.replace(/sip:.*|SIP\/2.0 /, '').trim());
    const seen = ['> INVITE', '< 100 Trying', '< 180 Ringing', '< 200 OK', '> ACK', '> BYE', '< 200 OK'];
    expect(words(alice.story)).toEqual(seen);
    const turned = seen.map((line) => (line.startsWith('>') ? `<${line.slice(1)}` : `>${line.slice(1)}`));
    expect(words(bob.story)).toEqual(turned);
    expect(bob.messages[0]?.text).toContain('m=audio ');
  });

  it('holds and resumes; a refused re-INVITE leaves the call as it was', async () => {
    const { outgoing, incoming } = await makeCall();
    incoming.answer();
    await outgoing.waitForAnswer();
    incoming.sendTone(900);
    await outgoing.expectTone(900);
    await outgoing.hold();
    expect([incoming.reinvites, incoming.onHold]).toEqual([['recvonly'], true]);
    await outgoing.expectNoTone();
    await outgoing.resume();
    await outgoing.expectTone(900);
    incoming.refuseNextReinvite = 488;
    await expect(outgoing.hold()).rejects.toMatchObject({ status: 488 });
    expect(incoming.end ?? outgoing.end).toBeUndefined();
    await outgoing.expectTone(900);
  });

  it('sends digits as events and by INFO', async () => {
    const { outgoing, incoming } = await makeCall();
    incoming.answer();
    await outgoing.waitForAnswer();
    await outgoing.sendDtmf('7*');
    await incoming.expectDigits('7*');
    expect((await outgoing.sendDtmfInfo('5')).status).toBe(200);
    expect(incoming.infos).toEqual(['Signal=5\r\nDuration=240\r\n']);
  });

  it('refers, and is told how the transfer goes', async () => {
    const { outgoing, incoming } = await makeCall();
    incoming.answer();
    await outgoing.waitForAnswer();
    expect((await outgoing.refer('sip:carol@example.com')).status).toBe(202);
    expect(incoming.referrals).toEqual(['<sip:carol@example.com>']);
    const body = { type: 'message/sipfrag', content: 'SIP/2.0 200 OK' };
    const headers = [
      ['Event', 'refer'],
      ['Subscription-State', 'terminated;reason=noresource'],
    ] as const;
    expect((await incoming.session?.request('NOTIFY', { headers, body }))?.status).toBe(200);
    expect(outgoing.notifications).toEqual(['SIP/2.0 200 OK']);
  });

  it('does not ring before it is told to', async () => {
    const bob = await start({ user: 'bob', rings: false });
    const alice = await start({ server: bob.address });
    const outgoing = await alice.call('bob');
    const incoming = await bob.waitForCall();
    incoming.answer();
    await outgoing.waitForAnswer();
    expect(outgoing.statuses).toEqual([200]);
  });

  it('tells in the error of a wait what became of the call', async () => {
    const { outgoing, incoming } = await makeCall();
    incoming.reject(486);
    await expect(outgoing.waitForAnswer()).rejects.toThrow(/ended while waiting.*statuses 180 486/);
    await expect(outgoing.expectTone(500, 50)).rejects.toThrow(/50 ms for 500 Hz.*hearing nothing/);
  });

  it('registers with digest, a fresh CSeq each time, and gives the refusal when it is refused', async () => {
    const registrar = await startSipp({ scenario: challengingRegistrar, timeoutMs: 10_000 });
    const phone = await start({
      user: 'alice',
      domain: 'intermix.local',
      server: { host: '127.0.0.1', port: registrar.port },
      credentials: { username: 'alice', password: 'secret' },
    });
    expect((await phone.register()).status).toBe(200);
    expect((await phone.unregister()).status).toBe(403);
    const { exitCode, log } = await registrar.done;
    expect(exitCode, log).toBe(0);
    const requests = phone.messages.filter((message) => message.direction === 'sent');
    expect(requests[1]?.text).toMatch(/Authorization: Digest .*username="alice"/);
    expect(requests[2]?.text).toMatch(/Contact: .*;expires=0/);
    const numbers = requests.map((message) => Number(/CSeq: (\d+)/.exec(message.text)?.[1]));
    expect(numbers[1]).toBeGreaterThan(numbers[0] as number);
    expect(numbers[2]).toBeGreaterThan(numbers[1] as number);
  });
});

const reply = (status: string, extra = '') => `<send><![CDATA[
SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=r[call_number]
[last_Call-ID:]
[last_CSeq:]
${extra}Content-Length: 0

]]></send>`;

/** Challenges the first REGISTER, takes the second, refuses the third. */
const challengingRegistrar = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="challenging-registrar">
  <recv request="REGISTER"/>
  ${reply('401 Unauthorized', 'WWW-Authenticate: Digest realm="intermix.local", nonce="n1", algorithm=MD5, qop="auth"\n')}
  <recv request="REGISTER"/>
  ${reply('200 OK', '[last_Contact:]\n')}
  <recv request="REGISTER"/>
  ${reply('403 Forbidden')}
</scenario>`;
