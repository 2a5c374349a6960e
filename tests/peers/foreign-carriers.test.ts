import { createHash } from 'node:crypto';
import type { CarrierRead } from '@intermix/contracts';
import {
  type RunningServer,
  runSipp,
  type SippOptions,
  type SippResult,
  startServer,
  startSipp,
} from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { addCarrier, addNumber, changeCarrier, ringUser } from '../support/carriers.js';
import { errorLines, expectNothingLeft } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-page.js';
import { uacRefused, uasChallenging } from '../support/sipp-scenarios.js';

const micHz = 620;
const ourNumber = '+918047110001';
const theirNumber = '+919876543210';
const trunk = { username: 'trunk-7', password: 'an-outbound-secret' };

describe('SIPp as a foreign carrier', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let carrier: CarrierRead;
  let asha: SdkPage;
  /** Where the carrier takes our calls. */
  let port: number;

  beforeAll(async () => {
    // T1 as it is: a SIPp script fails at an INVITE that comes twice, as it does with short timers on a busy machine.
    const env = { INTERMIX_SIMULATED_PSTN: 'off' };
    [server, browser] = await Promise.all([startServer({ env }), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    port = server.sparePort();
    carrier = await addCarrier(admin, {
      name: 'SIPp',
      sip_address: `127.0.0.1:${port}`,
      transport: 'udp',
      outbound_auth_username: trunk.username,
      outbound_auth_password: trunk.password,
      outbound_cps: 100,
      outbound_burst: 100,
    });
    await addNumber(admin, carrier, { number: ourNumber, target: ringUser(server) });
    const user = server.bootstrap.users[0];
    if (user === undefined) throw new Error('no demo user');
    asha = await SdkPage.open(browser, server, user);
    await asha.register();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  describe.each(['UDP', 'TCP'] as const)('over %s', (protocol) => {
    const args = protocol === 'TCP' ? ['-t', 't1'] : [];
    let after = 0;

    beforeAll(async () => {
      await changeCarrier(admin, carrier.id, { transport: protocol === 'TCP' ? 'tcp' : 'udp' });
    });

    /** The carrier calls our number. */
    async function calls(scenario: SippOptions['scenario'], options: Partial<SippOptions> = {}) {
      after = (await asha.events()).length;
      const remote = `${server.sip.host}:${server.sip.port}`;
      return startSipp({ scenario, remote, service: ourNumber, args, echo: true, ...options });
    }

    /** The carrier waits for our call, and the page places it. */
    async function isCalled(scenario: SippOptions['scenario'], number = theirNumber) {
      after = (await asha.events()).length;
      const sipp = await startSipp({ scenario, port, args, echo: true });
      await asha.dial(number);
      return sipp;
    }

    const event = (name: string) => asha.expectEvent(name, { after });
    const record = (status: string) => admin.expectLastCall(status, (call) => call.status === status);

    it('calls, is answered, hears the page, hangs up', async () => {
      const sipp = await calls('uac-bye');
      await event('incoming');
      await asha.onCall('answer');
      await event('connected');
      await expectPageTone(asha.page, micHz); // SIPp sends back what it hears.
      expect((await event('ended')).data).toMatchObject({ reason: 'remote-hangup', by: 'remote' });
      expectGood(await sipp.done);
      const { legs, ...call } = await record('completed');
      expect(call).toMatchObject({ direction: 'inbound', from: '+911130000100', to: ourNumber });
      expect(call.termination).toMatchObject({ by: 'caller' });
      expect(legs.find((leg) => leg.kind === 'carrier')?.quality?.packets_received).toBeGreaterThan(10);
    });

    it('calls, is answered, and the page hangs up', async () => {
      const sipp = await calls('uac-call');
      await event('incoming');
      await asha.onCall('answer');
      await event('connected');
      await record('in-progress'); // The page is connected when its 200 is sent, the carrier when ours is.
      await asha.onCall('hangup');
      expectGood(await sipp.done);
      expect((await record('completed')).termination).toMatchObject({ by: 'callee' });
    });

    it('gives up while it rings: the page hears the end, the record says canceled', async () => {
      const sipp = await calls('uac-cancel');
      await event('incoming');
      expect((await event('ended')).data).toMatchObject({ by: 'remote' });
      expectGood(await sipp.done);
      await record('canceled');
    });

    it('is declined by the page with 486', async () => {
      const sipp = await calls(uacRefused(486));
      await event('incoming');
      await asha.onCall('reject');
      expectGood(await sipp.done);
      await record('busy');
    });

    it('calls without SDP: our offer in the 200, its answer in the ACK, audio both ways', async () => {
      const sipp = await calls('uac-late-offer');
      await event('incoming');
      await asha.onCall('answer');
      await event('connected');
      await expectPageTone(asha.page, micHz);
      await event('ended');
      expectGood(await sipp.done);
      await record('completed');
    });

    it('calls a number that nobody has: 404', async () => {
      const remote = `${server.sip.host}:${server.sip.port}`;
      const refused = { scenario: uacRefused(404), remote, service: '+918047119999', args };
      expectGood(await runSipp(refused));
    });

    it('is called, answers, hears the page, and the page hangs up', async () => {
      const sipp = await isCalled('uas-answer');
      await event('connected');
      await expectPageTone(asha.page, micHz);
      await asha.onCall('hangup');
      expectGood(await sipp.done);
      const call = await record('completed');
      expect(call).toMatchObject({ direction: 'outbound', from: ourNumber, to: theirNumber });
      expect(call.termination).toMatchObject({ by: 'caller' });
    });

    it('is called, answers and hangs up', async () => {
      const sipp = await isCalled('uas-bye');
      await event('connected');
      expect((await event('ended')).data).toMatchObject({ reason: 'remote-hangup', by: 'remote' });
      expectGood(await sipp.done);
      expect((await record('completed')).termination).toMatchObject({ by: 'callee' });
    });

    it('is busy', async () => {
      const sipp = await isCalled('uas-busy');
      expect((await event('ended')).data).toMatchObject({ reason: 'busy' });
      expectGood(await sipp.done);
      await record('busy');
    });

    it('rings for ever, until the page gives up: CANCEL, 487, ACK', async () => {
      const sipp = await isCalled('uas-no-answer');
      await event('ringing');
      await asha.onCall('hangup');
      await event('ended');
      expectGood(await sipp.done);
      await record('canceled');
    });

    it('sends early media, then answers', async () => {
      const sipp = await isCalled('uas-early-media');
      await event('earlyMedia');
      await event('connected');
      await expectPageTone(asha.page, micHz);
      await asha.onCall('hangup');
      expectGood(await sipp.done);
      await record('completed');
    });

    it.each([401, 407] as const)('challenges with %i and gets the right digest', async (status) => {
      const sipp = await isCalled(uasChallenging(status));
      await event('connected');
      await asha.onCall('hangup');
      const result = await sipp.done;
      expectGood(result);
      const name = status === 401 ? 'Authorization' : 'Proxy-Authorization';
      const [, text = ''] = new RegExp(`^${name}: Digest (.*)$`, 'm').exec(result.log) ?? [];
      const sent = Object.fromEntries([...text.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, key, value]) => [key, value]));
      expect(sent).toMatchObject({ username: trunk.username, realm: 'carrier.test', nonce: '6cf84e1b', qop: 'auth' });
      expect(sent.uri).toBe(/^INVITE (\S+)/m.exec(result.log)?.[1]);
      expect(sent.response).toBe(digestResponse(sent, trunk.password));
    });
  });

  it('refuses to let a page dial a country that no number of the account is of', async () => {
    const after = (await asha.events()).length;
    await asha.dial('+12125550123');
    expect((await asha.expectEvent('ended', { after })).data).toMatchObject({ reason: 'forbidden' });
  });

  it('leaves nothing behind, and no error in the log or in the page', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
    expect(asha.opened.errors).toEqual([]);
  });
});

function expectGood({ exitCode, stats, log }: SippResult): void {
  expect({ exitCode, ...stats }, log).toMatchObject({ exitCode: 0, successful: 1, failed: 0 });
}

/** RFC 7616 §3.4.1 with MD5 and `qop=auth`, for an INVITE. */
function digestResponse(sent: Record<string, string | undefined>, password: string): string {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const [a1, a2] = [md5(`${sent.username}:${sent.realm}:${password}`), md5(`INVITE:${sent.uri}`)];
  return md5([a1, sent.nonce, sent.nc, sent.cnonce, sent.qop, a2].join(':'));
}
