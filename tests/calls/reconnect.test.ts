import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { ExotelPage } from '../support/exotel-page.js';
import { TcpProxy, UdpRelay } from '../support/unsteady-network.js';

const micHz = 620;
const customerHz = 800;

describe('a call goes on', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let proxy: TcpProxy;
  const relays: UdpRelay[] = [];
  const pages: ExotelPage[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    proxy = await TcpProxy.start(Number(new URL(server.baseUrl).port));
  });
  afterEach(async () => {
    proxy.heal();
    await Promise.all(pages.splice(0).map((page) => page.close()));
    for (const relay of relays.splice(0)) relay.stop();
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.stop();
    await server?.stop();
  });

  async function relay(): Promise<UdpRelay> {
    const made = await UdpRelay.start(Number(server.env.INTERMIX_WEBRTC_PORT));
    relays.push(made);
    return made;
  }

  /** An agent's page talks to a customer. */
  async function talking(
    options: { wsPort?: number; mediaPort?: number } = {},
  ): Promise<{ page: ExotelPage; id: string }> {
    const user = server.bootstrap.users[0]!;
    const page = await ExotelPage.open(browser, server, user, options);
    pages.push(page);
    await page.expect('register registered');
    const { id } = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await page.expect('call incoming');
    await page.onCall('Answer');
    await page.expect('call connected');
    await bothWays(page, id);
    return { page, id };
  }

  async function bothWays(page: ExotelPage, id: string): Promise<void> {
    await Promise.all([
      expectPageTone(page.page, customerHz),
      admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20, { id }),
    ]);
  }

  async function hangUp(page: ExotelPage, id: string): Promise<void> {
    await page.onCall('Hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 3_000 });
  }

  it('[SDK-D25] over a reload of its page: activeSession, the same details, tone both ways, and hang-up arrives', async () => {
    const { page, id } = await talking();
    const before = await page.onCall('callDetails');
    await page.page.reload();
    await page.expect('call activeSession');
    const { callSid, legSid, callId, callAnswerTime, callStartedTime, remoteDisplayName } = before;
    expect(callSid).not.toBe('');
    expect(await page.onCall('callDetails')).toMatchObject({
      ...{ callSid, legSid, callId, callAnswerTime, callStartedTime, remoteDisplayName, callState: 'connected' },
    });
    await bothWays(page, id);
    await hangUp(page, id);
    expect((await page.heard()).filter(({ name }) => name.startsWith('call ')).map(({ name }) => name)).toEqual([
      'call activeSession',
      'call callEnded',
    ]);
  });

  it('not when its page is closed for good: the customer is let go after some 5 s', async () => {
    const { page, id } = await talking();
    const closedAt = Date.now();
    await page.close();
    pages.length = 0;
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 15_000 });
    expect(Date.now() - closedAt).toBeGreaterThan(4_000);
    expect(Date.now() - closedAt).toBeLessThan(9_000);
  });

  it('[SDK-D5] over a loss of 0.8 s: registered again, the audio never stopped, and hang-up arrives', async () => {
    const { page, id } = await talking({ wsPort: proxy.port });
    const after = (await page.heard()).length;
    const lostAt = performance.now();
    proxy.cut({ refuse: true });
    const healed = eventually(() => performance.now() - lostAt > 800, { timeoutMs: 10_000, everyMs: 5 });
    await healed;
    proxy.heal();
    const lost = await page.expect('register unregistered', { after });
    const back = await page.expect('register registered', { after });
    process.stdout.write(`lost for 0.8 s: registered again ${Math.round(back.atMs - lost.atMs)} ms after the loss\n`);
    expect(back.atMs - lost.atMs).toBeLessThan(5_000);
    await bothWays(page, id);
    await hangUp(page, id);
  });

  it('[SDK-D26] over a proxy that goes silent in both directions', async () => {
    const { page, id } = await talking({ wsPort: proxy.port });
    const after = (await page.heard()).length;
    proxy.silence();
    await page.expect('register registered', { after, timeoutMs: 25_000 });
    await bothWays(page, id);
    await hangUp(page, id);
  });

  it('[SDK-D15] over a switch of network: another connection, another path for the audio', async () => {
    let path = await relay();
    const { page, id } = await talking({ wsPort: proxy.port, mediaPort: path.port });
    const tookMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const next = await relay();
      await page.routeMedia(next.port);
      const received = await packets(page);
      const switchedAt = performance.now();
      path.die();
      proxy.cut();
      await eventually(async () => (await packets(page)) > received + 25, { timeoutMs: 20_000, everyMs: 20 });
      await expectPageTone(page.page, customerHz, { timeoutMs: 20_000 });
      tookMs.push(Math.round(performance.now() - switchedAt));
      await bothWays(page, id);
      path = next;
    }
    process.stdout.write(`switch of network: audio again after ${tookMs.join(', ')} ms\n`);
    expect(Math.max(...tookMs)).toBeLessThan(10_000);
    await hangUp(page, id);
  });

  it('[SDK-D6] not over a server that was killed: the page hears callEnded, and is registered with the next one', async () => {
    const { page } = await talking();
    const after = (await page.heard()).length;
    await server.kill();
    await page.expect('register unregistered', { after });
    await server.restart();
    await page.expect('register registered', { after, timeoutMs: 20_000 });
    await page.expect('call callEnded', { after });
    expect((await page.onCall('callDetails')).callEndReason).toBe('connection-lost');
  });
});

/** RTP packets that the page has received in all. */
function packets(page: ExotelPage): Promise<number> {
  return page.page.evaluate(async () => {
    const { intermixPeers = [] } = window as unknown as { intermixPeers?: RTCPeerConnection[] };
    let sum = 0;
    for (const stat of (await intermixPeers.at(-1)?.getStats())?.values() ?? []) {
      if (stat.type === 'inbound-rtp') sum += stat.packetsReceived;
    }
    return sum;
  });
}
