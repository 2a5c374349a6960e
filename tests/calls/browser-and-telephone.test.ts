import { statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { bandShare, decodeMp3, silences } from '../support/heard-mp3.js';
import { SdkPage } from '../support/sdk-page.js';
import { SnakeApp } from '../support/snake.js';

const micHz = 620;

describe('a browser and a telephone', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  const pages: SdkPage[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function agent(index = 0): Promise<SdkPage> {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    const page = await SdkPage.open(browser, server, user);
    pages.push(page);
    await page.register();
    return page;
  }

  async function lettingAgents(control: 'none' | 'agent'): Promise<void> {
    const how = { channels: 'single', format: 'mp3', paused_as: 'silence', tone: 'off', retention_days: null };
    const path = `/api/v1/apps/${server.bootstrap.app.id}/recording`;
    expect((await admin.request('PUT', path, { ...how, control })).status).toBe(200);
  }

  const recordingsOf = async (callSid: string): Promise<any[]> =>
    (await admin.request('GET', `/api/v1/calls/${callSid}/recordings`)).body.items;

  /** The file that grows has so many octets. */
  const grows = (sid: string, octets: number) =>
    eventually(() => statSync(join(server.dataDir, 'recordings', 'parts', `${sid}.mp3.part`)).size > octets, {
      timeoutMs: 10_000,
      message: 'the recording to grow',
    });

  async function soundOf(callSid: string) {
    const find = async () => (await recordingsOf(callSid)).find(({ state }) => state === 'ready')?.url;
    const url = await eventually(find, { timeoutMs: 10_000, message: 'the recording to be ready' });
    return decodeMp3(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  }

  it('the telephone calls the browser: rings, answers, tones both ways, digits, telephone hangs up', async () => {
    const asha = await agent();
    const [exophone = ''] = server.bootstrap.exophones;
    const from = '+911130000555';
    const call = await admin.simulatedCall({ to: exophone, from });

    const incoming = await asha.expectEvent('incoming');
    const details = incoming.data as Record<string, any>;
    expect(details.remote.displayName).toBe(from);
    expect(details.callSid).toMatch(/^[0-9a-f]{32}$/);
    expect(details.legSid).not.toBe('');
    await asha.onCall('answer');
    await asha.expectEvent('connected');

    await expectPageTone(asha.page, 800);
    await admin.expectSimulated('the microphone', (seen) => near(seen.hearing_hz, micHz), { id: call.id });

    await asha.onCall('sendDtmf', '12#');
    await admin.expectSimulated('digits', (seen) => seen.digits_heard === '12#', { id: call.id });

    const hungUpAt = Date.now();
    await admin.request('DELETE', `/api/v1/simulator/calls/${call.id}`);
    const ended = await asha.expectEvent('ended', { timeoutMs: 1000 });
    expect(Date.now() - hungUpAt).toBeLessThan(1000);
    expect(ended.data).toMatchObject({ reason: 'remote-hangup', by: 'remote' });

    const record = await admin.expectLastCall('completed', (seen) => seen.status === 'completed');
    expect(record).toMatchObject({ direction: 'inbound', from, to: exophone, call_sid: details.callSid });
    expect(record.termination).toMatchObject({ by: 'caller' });
    expect(record.legs.map((leg) => leg.kind).sort()).toEqual(['browser', 'carrier']);
    expect(record.legs.every((leg) => leg.answered_at !== null && leg.ended_at !== null)).toBe(true);
    expect(record.legs.find((leg) => leg.kind === 'browser')?.quality?.packets_received).toBeGreaterThan(20);
    expect(asha.opened.errors).toEqual([]);
  });

  it('a page that holds no password registers by tokenProvider, and takes a call: tones both ways', async () => {
    const [user] = server.bootstrap.users;
    const app = await SnakeApp.demo(server);
    const url = `${server.baseUrl}/v2/integrations${app.base}/users/${user!.user_id}/session`;
    const page = await SdkPage.open(browser, server, user!, { session: { url, token: app.token } });
    pages.push(page);
    await page.register();
    const { id } = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await expectPageTone(page.page, 800);
    await admin.expectSimulated('the microphone', (seen) => near(seen.hearing_hz, micHz), { id });
    await page.onCall('hangup');
    await admin.expectSimulated('the end', (seen) => seen.state === 'ended', { id, timeoutMs: 1000 });
    expect(page.opened.errors).toEqual([]);
  });

  it('mute and hold silence the microphone and the far end, and come back', async () => {
    const asha = await agent();
    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await asha.expectEvent('incoming');
    await asha.onCall('answer');
    const heardMic = () => admin.expectSimulated('the tone', (seen) => near(seen.hearing_hz, micHz), { id: call.id });
    const heardNothing = () => admin.expectSimulated('silence', (seen) => seen.hearing_hz === null, { id: call.id });
    await heardMic();

    await asha.onCall('mute');
    await heardNothing();
    await asha.onCall('unmute');
    await heardMic();

    await asha.onCall('hold');
    await heardNothing();
    await expectSilence(asha);
    await asha.onCall('unhold');
    await heardMic();
    await expectPageTone(asha.page, 800);

    await asha.onCall('hangup');
    await admin.expectSimulated('the end', (seen) => seen.state === 'ended', { id: call.id, timeoutMs: 1000 });
  });

  it('the browser calls the telephone: ringing, answer, tone both ways, browser hangs up', async () => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers.answer_tone);
    await asha.expectEvent('ringing');
    await asha.expectEvent('connected');
    await expectPageTone(asha.page, 1000);
    const seen = await admin.expectSimulated('the microphone', (call) => near(call.hearing_hz, micHz));
    expect(seen.from).toBe(server.bootstrap.exophones[0]);
    await asha.onCall('hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id: seen.id, timeoutMs: 1000 });
    const record = await admin.expectLastCall('completed', (call) => call.status === 'completed');
    expect(record).toMatchObject({ direction: 'outbound', termination: { by: 'caller' } });
  });

  it('a page records its call where the app lets it: without the pause, each side on its channel', async () => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers.answer_tone);
    await asha.expectEvent('connected');
    await expectPageTone(asha.page, 1000);
    await lettingAgents('none');
    expect(await asha.record('start')).toBe('recording-not-allowed');
    await lettingAgents('agent');
    expect(await asha.record('pause')).toBe('wrong-state');
    expect(await asha.record('start', { channels: 'dual' })).toBe('recording');
    const { callSid } = await asha.details();
    const [{ recording_sid: sid }] = await recordingsOf(callSid);
    await grows(sid, 5_000); // 4,000 octets a second.
    expect(await asha.record('pause')).toBe('paused');
    await grows(sid, 10_000);
    expect(await asha.record('resume')).toBe('recording');
    await grows(sid, 15_000);
    const byApi = await admin.request('POST', `/api/v1/calls/${callSid}/recordings/${sid}/pause`);
    expect(byApi.status).toBe(200);
    await eventually(async () => (await told(asha)).at(-1) === 'paused', { message: 'what others do to be told' });
    expect(await asha.record('stop')).toBe('off');
    expect(await told(asha)).toEqual(['recording', 'paused', 'recording', 'paused', 'off']);
    await asha.onCall('hangup');

    const { channels } = await soundOf(callSid);
    expect(channels).toHaveLength(2);
    for (const [index, hz] of [micHz, 1_000].entries()) {
      const channel = channels[index] ?? new Float32Array();
      const [pause] = silences(channel, 700).filter(({ fromMs }) => fromMs > 600);
      const where = `channel ${index}: ${JSON.stringify(silences(channel, 300))}`;
      expect(pause, where).toBeDefined();
      const { fromMs, toMs } = pause ?? { fromMs: 0, toMs: 0 };
      for (const at of [fromMs - 550, toMs + 150])
        expect(bandShare(channel.subarray(at * 8, (at + 400) * 8), hz), where).toBeGreaterThan(0.9);
    }
  });

  it('the echo number returns the microphone', async () => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers.echo);
    await asha.expectEvent('connected');
    await expectPageTone(asha.page, micHz);
    await asha.onCall('hangup');
  });

  it('digits reach the telephone, which reads them back as tones', async () => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers.dtmf_readback);
    await asha.expectEvent('connected');
    await asha.onCall('sendDtmf', '5');
    const seen = await admin.expectSimulated('the digit', (call) => call.digits_heard === '5');
    expect(seen.direction).toBe('received');
    await asha.onCall('hangup');
  });

  it('early media comes before the answer, and the answer goes on with it', async () => {
    const asha = await agent();
    await asha.dial('+911130000007');
    await asha.expectEvent('earlyMedia');
    await asha.expectEvent('connected');
    const names = (await asha.events()).map((event) => event.name);
    expect(names.indexOf('earlyMedia')).toBeLessThan(names.indexOf('connected'));
    await expectPageTone(asha.page, 1000);
    await asha.onCall('hangup');
  });

  it.each([
    ['busy', 'busy'],
    ['reject', 'declined'],
  ] as const)('the %s number ends the call with the reason %s', async (number, reason) => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers[number]);
    expect((await asha.expectEvent('ended')).data).toMatchObject({ reason });
  });

  it('a caller who gives up stops the ringing', async () => {
    const asha = await agent();
    await asha.dial(server.bootstrap.simulated_numbers.no_answer);
    await asha.expectEvent('ringing');
    await asha.onCall('hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended' && call.end?.cause === 'cancelled');
    await admin.expectLastCall('canceled', (call) => call.status === 'canceled');
  });

  it('all browsers of a user ring; the first answer wins and the others are told', async () => {
    const [first, second] = [await agent(), await agent()];
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await Promise.all([first.expectEvent('incoming'), second.expectEvent('incoming')]);
    await second.onCall('answer');
    expect((await first.expectEvent('ended')).data).toMatchObject({ reason: 'answered-elsewhere' });
    await expectPageTone(second.page, 800);
    await second.onCall('hangup');
  });

  it('a browser that declines is busy to the telephone', async () => {
    const asha = await agent();
    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await asha.expectEvent('incoming');
    await asha.onCall('reject');
    const seen = await admin.expectSimulated('the end', (one) => one.state === 'ended', { id: call.id });
    expect(seen.end?.sip_status).toBe(486);
    await admin.expectLastCall('busy', (record) => record.status === 'busy');
  });

  it('two browsers call each other with Opus', async () => {
    const [asha, bilal] = [await agent(0), await agent(1)];
    await asha.dial(`sip:${bilal.user.sip_username}@${bilal.user.sip_domain}`);
    await bilal.expectEvent('incoming');
    await bilal.onCall('answer');
    await asha.expectEvent('connected');
    await Promise.all([expectPageTone(asha.page, micHz), expectPageTone(bilal.page, micHz)]);
    await lettingAgents('agent');
    expect(await bilal.record('start', { channels: 'dual' })).toBe('recording'); // Either side may, and the other is told.
    await asha.expectEvent('recording');
    const { callSid } = await asha.details();
    await grows((await recordingsOf(callSid))[0].recording_sid, 6_000);
    await bilal.onCall('hangup');
    await asha.expectEvent('ended', { timeoutMs: 1000 });
    const { channels, lengthMs } = await soundOf(callSid);
    for (const channel of channels)
      expect(bandShare(channel.subarray((lengthMs - 800) * 8, (lengthMs - 300) * 8), micHz)).toBeGreaterThan(0.9);
    const record = await admin.expectLastCall('completed', (call) => call.status === 'completed');
    expect(record.direction).toBe('internal');
    expect(record.legs.map((leg) => leg.quality?.codec)).toEqual(['opus', 'opus']);
  });
});

/** What the page was told of its recording, in order. */
async function told(page: SdkPage): Promise<unknown[]> {
  return (await page.events()).filter(({ name }) => name === 'recording').map(({ data }) => data);
}

function near(heard: number | null, hz: number): boolean {
  return heard !== null && Math.abs(heard - hz) <= 20;
}

async function expectSilence(page: SdkPage): Promise<void> {
  const { pageTone } = await import('@intermix/testkit/browser');
  await eventually(async () => (await pageTone(page.page)) === undefined, { message: 'silence in the page' });
}
