import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;

describe('connections that are lost', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  const pages: SdkPage[] = [];
  /** A call to Bilal that nobody answers: it rings for 30 s while the other tests run, which are all of other users. */
  let unanswered: { page: SdkPage; id: string };

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    unanswered = await ringBilal();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(index: number, overrides: { password?: string } = {}): Promise<SdkPage> {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    const page = await SdkPage.open(browser, server, user, overrides);
    pages.push(page);
    return page;
  }

  async function agent(index = 0): Promise<SdkPage> {
    const page = await open(index);
    await page.register();
    return page;
  }

  async function ringBilal(): Promise<typeof unanswered> {
    const [, user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no second demo user');
    const page = await SdkPage.open(browser, server, user);
    await page.register();
    const { id } = await admin.simulatedCall({ to: server.bootstrap.exophones[1] ?? '' });
    return { page, id };
  }

  const exophone = () => server.bootstrap.exophones[0] ?? '';

  it('a page that is closed while it rings: the call goes on to the other page', async () => {
    const [gone, stays] = [await agent(), await agent()];
    const { id } = await admin.simulatedCall({ to: exophone() });
    await Promise.all([gone.expectEvent('incoming'), stays.expectEvent('incoming')]);
    await gone.close();
    await stays.onCall('answer');
    await expectPageTone(stays.page, 800);
    await admin.expectSimulated('an answered call', (call) => call.state === 'answered', { id });
    await stays.onCall('hangup');
  });

  it('the only page that rang is closed: the telephone hears that nobody is there', async () => {
    const gone = await agent();
    const { id } = await admin.simulatedCall({ to: exophone() });
    await gone.expectEvent('incoming');
    await gone.close();
    const seen = await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 20_000 });
    expect(seen.end?.sip_status).toBe(480);
  });

  it('a page that crashes while it talks: BYE to the telephone after the grace time', async () => {
    const gone = await agent();
    const { id } = await admin.simulatedCall({ to: exophone() });
    await gone.expectEvent('incoming');
    await gone.onCall('answer');
    await gone.expectEvent('connected');
    // A crash, not a close: the page has no moment left to say BYE.
    await gone.page.goto('chrome://crash').catch(() => undefined);
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 30_000 });
    const record = await admin.expectLastCall('flow-lost', (call) => call.termination?.reason === 'flow-lost');
    expect(record.termination).toMatchObject({ by: 'platform' });
  });

  it('a WebSocket that breaks in a call: the audio goes on, and after re-registration hang-up reaches the far end', async () => {
    const asha = await agent();
    const { id } = await admin.simulatedCall({ to: exophone() });
    await asha.expectEvent('incoming');
    await asha.onCall('answer');
    await expectPageTone(asha.page, 800);

    const before = (await asha.events()).length;
    await asha.breakSocket();
    await asha.expectEvent('registered', { after: before, timeoutMs: 10_000 });
    await expectPageTone(asha.page, 800);
    await admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20, { id });
    await asha.onCall('hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 2000 });
  });

  it('nobody answers within the ring time: the telephone hears 480, the record says no-answer', async () => {
    const { page: bilal, id } = unanswered;
    const incoming = await bilal.expectEvent('incoming');
    const seen = await admin.expectSimulated('the end', (call) => call.state === 'ended', { id, timeoutMs: 40_000 });
    expect(seen.end?.sip_status).toBe(480);
    const ended = await bilal.expectEvent('ended');
    expect(ended.data).toMatchObject({ by: 'remote' });
    expect(ended.atMs - incoming.atMs).toBeGreaterThan(25_000);
    const { callSid } = incoming.data as { callSid: string };
    const record = async () => (await admin.request('GET', `/api/v1/calls/${callSid}`)).body;
    await eventually(async () => (await record()).status === 'no-answer', { timeoutMs: 10_000, message: 'no-answer' });
    await bilal.close();
  });

  it('a wrong password is told once, with its reason, and not tried again', async () => {
    const page = await open(2, { password: 'wrong' });
    await page.register().catch(() => undefined);
    const told = await page.expectEvent('unregistered');
    expect(told.data).toMatchObject({ reason: 'credentials-rejected', willRetry: false });
    const sent = async () => (await page.events()).filter((event) => event.name === 'registering').length;
    const soFar = await sent();
    const deadline = Date.now() + 3000; // Longer than several of the SDK's back-off steps.
    await eventually(() => Date.now() > deadline, { timeoutMs: 5000, everyMs: 200 });
    expect(await sent()).toBe(soFar);
    const events = await page.events();
    expect(events.filter((event) => event.name === 'unregistered')).toHaveLength(1);
  });

  it('a media process that dies ends its calls cleanly, is restarted, and the next call has audio', async () => {
    const asha = await agent();
    const { id } = await admin.simulatedCall({ to: exophone() });
    await asha.expectEvent('incoming');
    await asha.onCall('answer');
    await expectPageTone(asha.page, 800);
    const mediaPid = Number(
      /"mediaPid":(\d+)/.exec(
        server
          .logs()
          .split('\n')
          .filter((line) => line.includes('mediaPid'))
          .at(-1) ?? '',
      )?.[1],
    );
    process.kill(mediaPid, 'SIGKILL');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id });
    await asha.expectEvent('ended');
    await admin.expectLastCall('media-lost', (call) => call.termination?.reason === 'media-lost');

    await eventually(async () => (await fetch(`${server.baseUrl}/readyz`)).ok, { timeoutMs: 15_000 });
    const before = (await asha.events()).length;
    await admin.simulatedCall({ to: exophone() });
    await asha.expectEvent('incoming', { after: before });
    await asha.onCall('answer');
    await expectPageTone(asha.page, 800);
    await asha.onCall('hangup');
  });
});
