import { describe, expect, it } from 'vitest';
import { runSipp, type SippScenario, sippScenarioFile, sippScenarios, startSipp } from './sipp.js';

/** Runs a client scenario against a server scenario; both are SIPp, so a failure is the scenario's own. */
async function pair(uac: SippScenario, uas: SippScenario, options: { echo?: boolean } = {}) {
  const server = await startSipp({ scenario: uas, timeoutMs: 15_000, ...options });
  const remote = `127.0.0.1:${server.port}`;
  const client = await runSipp({ scenario: uac, remote, service: '+911130000001', timeoutMs: 15_000 });
  return { client, server: await server.done };
}

describe('SIPp scenarios', () => {
  it.each([
    ['uac-bye', 'uas-answer'],
    ['uac-bye', 'uas-early-media'],
    ['uac-call', 'uas-bye'],
    ['uac-cancel', 'uas-no-answer'],
    ['uac-late-offer', 'uas-answer'],
  ] as const)('%s and %s understand each other', async (uac, uas) => {
    const { client, server } = await pair(uac, uas);
    const good = { exitCode: 0, stats: { successful: 1, failed: 0 } };
    expect(client, client.log).toMatchObject(good);
    expect(server, server.log).toMatchObject(good);
  });

  it('reports a call that went otherwise than the scenario says', async () => {
    const { client } = await pair('uac-bye', 'uas-busy');
    expect(client.exitCode).toBe(1);
    expect(client.stats).toMatchObject({ successful: 0, failed: 1 });
    expect(client.log).toContain('486 Busy Here');
  });

  it.each([
    ['401 Unauthorized', 0],
    ['403 Forbidden', 0],
    ['200 OK', 1],
  ])('uac-auth-wrong: an answer of %s to the wrong password gives exit code %i', async (answer, exitCode) => {
    const server = await startSipp({ scenario: registrarThatAnswers(answer), timeoutMs: 10_000 });
    const client = await runSipp({
      scenario: 'uac-auth-wrong',
      remote: `127.0.0.1:${server.port}`,
      keys: { user: 'alice', domain: 'intermix.local' },
      timeoutMs: 10_000,
    });
    await server.stop();
    expect(client.exitCode, client.log).toBe(exitCode);
    expect(client.log).toMatch(
      /Authorization: Digest .*username="alice".*realm="intermix.local".*uri="sip:intermix.local"/,
    );
  });

  it('uac-bye follows the Record-Route of the 2xx, last one first, to the contact', async () => {
    const server = await startSipp({ scenario: recordRoutingCallee, timeoutMs: 10_000 });
    const remote = `127.0.0.1:${server.port}`;
    const client = await runSipp({ scenario: 'uac-bye', remote, service: '100', timeoutMs: 10_000 });
    const { exitCode, log } = await server.done;
    expect(exitCode, log).toBe(0);
    for (const method of ['ACK', 'BYE']) {
      const request = sentRequest(client.log, method);
      expect(request, method).toContain(`${method} sip:callee@127.0.0.1`);
      expect(routesOf(request), method).toEqual(['sip:b.example;lr', 'sip:a.example;lr']);
    }
  });

  it('uas-bye follows the Record-Route of the INVITE, first one first', async () => {
    const server = await startSipp({ scenario: 'uas-bye', timeoutMs: 10_000 });
    const remote = `127.0.0.1:${server.port}`;
    const client = await runSipp({ scenario: recordRoutedCaller, remote, timeoutMs: 10_000 });
    expect(client.exitCode, client.log).toBe(0);
    const bye = sentRequest((await server.done).log, 'BYE');
    expect(bye).toContain('BYE sip:caller@127.0.0.1');
    expect(routesOf(bye)).toEqual(['sip:a.example;lr', 'sip:b.example;lr']);
  });

  it('comes with every scenario that the types name', () => {
    expect(sippScenarios()).toHaveLength(10);
    expect(sippScenarios()).toContain('uas-early-media');
  });

  it('names a scenario that does not exist', async () => {
    await expect(runSipp({ scenario: 'uac-typo' })).rejects.toThrow(sippScenarioFile('uac-typo'));
  });
});

/** Challenges the first REGISTER and answers the second as told. */
const registrarThatAnswers = (answer: string) => `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="registrar">
  <recv request="REGISTER"/>
  <send><![CDATA[
SIP/2.0 401 Unauthorized
[last_Via:]
[last_From:]
[last_To:];tag=r1
[last_Call-ID:]
[last_CSeq:]
WWW-Authenticate: Digest realm="intermix.local", nonce="n1", algorithm=MD5, qop="auth"
Content-Length: 0

]]></send>
  <recv request="REGISTER"/>
  <send><![CDATA[
SIP/2.0 ${answer}
[last_Via:]
[last_From:]
[last_To:];tag=r2
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>`;

/** The request in SIPp's message log. */
function sentRequest(log: string, method: string): string {
  const messages = log.split(/^-{20,}.*$/m);
  return messages.find((text) => text.includes('message sent') && text.includes(`\n${method} `)) ?? '';
}

function routesOf(request: string): string[] {
  const values = [...request.matchAll(/^Route: (.*)$/gm)].map(([, value]) => value ?? '');
  return [...values.join(',').matchAll(/<([^>]+)>/g)].map(([, uri]) => uri ?? '');
}

/** Two proxies on the way, the nearer to the callee listed first. */
const recordRoutes = 'Record-Route: <sip:a.example;lr>\nRecord-Route: <sip:b.example;lr>\n';
const sdp = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
`;
const plainOk = `<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>`;

const recordRoutingCallee = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="record-routing-callee">
  <recv request="INVITE"/>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
${recordRoutes}[last_From:]
[last_To:];tag=callee
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:callee@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

${sdp}
]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  ${plainOk}
</scenario>`;

const recordRoutedCaller = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="record-routed-caller">
  <send retrans="500"><![CDATA[
INVITE sip:callee@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
${recordRoutes}From: <sip:caller@example.com>;tag=caller
To: <sip:callee@example.com>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

${sdp}
]]></send>
  <recv response="180" optional="true"/>
  <recv response="200"/>
  <send><![CDATA[
ACK sip:callee@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:caller@example.com>;tag=caller
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv request="BYE"/>
  ${plainOk}
</scenario>`;
