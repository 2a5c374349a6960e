import { Coturn, eventually, type PortBlock, type RunningServer, reservePorts, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const toneHz = 1000;
const secret = 'a-secret-of-this-test';

/** The part of Exotel's client that a check-up needs. */
interface Checked {
  initWebrtc(account: object): void;
  initDiagnostics(report: () => void, told: (...heard: Told) => void): void;
  startNetworkDiagnostics(): void;
}

/** What the page of the check-up has on `window`. */
interface CheckUpPage {
  exotelSDK: { ExotelWebClient: new () => Checked };
  phone?: Checked;
  told: Told[];
}

type Told = [key: string, status: string | number, description: string];

describe('a page that reaches us only through a TURN relay', () => {
  let ports: PortBlock;
  let relay: Coturn;
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let page: SdkPage;

  beforeAll(async () => {
    ports = await reservePorts();
    relay = await startRelay(secret);
    [server, browser] = await Promise.all([
      startServer({ env: { INTERMIX_TURN_URLS: relay.url, INTERMIX_TURN_SECRET: secret } }),
      launchBrowser({ micToneHz: micHz }),
    ]);
    admin = new AdminApi(server);
    const options = { iceTransportPolicy: 'relay' } as const;
    page = await SdkPage.open(browser, server, server.bootstrap.users[0]!, { options });
    await page.register();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), relay?.stop()]);
    ports?.release();
  });

  const startRelay = (shared: string) =>
    Coturn.start({ port: ports.port(0), relayPorts: [ports.port(20), ports.port(199)], secret: shared });

  /** Types of the two candidates by which the newest call's audio goes. */
  const path = () =>
    page.page.evaluate(async () => {
      const { intermixPeers: peers } = window as unknown as { intermixPeers: RTCPeerConnection[] };
      const stats = [...((await peers.at(-1)?.getStats()) ?? new Map()).values()];
      const { selectedCandidatePairId } = stats.find(({ type }) => type === 'transport') ?? {};
      const pair = stats.find(({ id }) => id === selectedCandidatePairId);
      const typeOf = (wanted: string) => stats.find(({ id }) => id === wanted)?.candidateType;
      return pair && [typeOf(pair.localCandidateId), typeOf(pair.remoteCandidateId)];
    });

  it('calls with tone both ways, all of it by the relay', async () => {
    await page.dial(server.bootstrap.simulated_numbers.answer_tone);
    await page.expectEvent('connected');
    await expectPageTone(page.page, toneHz);
    await admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);
    expect(await path()).toEqual(['relay', 'host']);
    await page.onCall('hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended');
  });

  it('is called, and the relay carries that too', async () => {
    const after = (await page.events()).length;
    const { user_id } = server.bootstrap.users[0]!;
    await fetch(`${server.baseUrl}/softphone/call-me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id }),
    });
    await page.expectEvent('incoming', { after });
    await page.onCall('answer');
    await expectPageTone(page.page, 800);
    await admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);
    expect((await path())?.[0]).toBe('relay');
    await page.onCall('hangup');
    expect(page.opened.errors).toEqual([]);
  });

  it('diagnostics tell the relay: its candidate, and with another secret why there is none', async () => {
    const [, status, line] = await diagnosedRelay();
    expect([status, line]).toEqual(['connected', expect.stringMatching(/^candidate:.* 127\.0\.0\.1 \d+ typ relay/)]);
    await relay.stop();
    relay = await startRelay('another-secret');
    const [, refused, why] = await diagnosedRelay();
    expect([refused, why]).toEqual(['disconnected', expect.stringMatching(/^401 .*\(turn:127\.0\.0\.1:/)]);
  });

  /** What a new network test says of the relay at last. */
  async function diagnosedRelay(): Promise<Told> {
    const user = server.bootstrap.users[1]!;
    const account = {
      ...{ userName: user.sip_username, authUser: user.sip_username, secret: user.sip_password },
      ...{ sipdomain: user.sip_domain, domain: new URL(server.baseUrl).host, port: '1', security: 'ws' },
    };
    await page.page.evaluate((own) => {
      const checkUp = globalThis as unknown as CheckUpPage;
      checkUp.phone ??= new checkUp.exotelSDK.ExotelWebClient();
      checkUp.told = [];
      checkUp.phone.initWebrtc(own);
      checkUp.phone.initDiagnostics(
        () => {},
        (...heard) => checkUp.told.push(heard),
      );
      checkUp.phone.startNetworkDiagnostics();
    }, account);
    return eventually(
      async () => {
        const told = await page.page.evaluate(() => (globalThis as unknown as CheckUpPage).told);
        return told.find(([key, status]) => key === 'relay' && status !== 'waiting');
      },
      { timeoutMs: 15_000, message: 'a word on the relay' },
    ).catch((error) => {
      throw new Error(`${error.message}\n${relay.log.slice(-3_000)}`);
    });
  }
});
