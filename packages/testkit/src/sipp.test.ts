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
