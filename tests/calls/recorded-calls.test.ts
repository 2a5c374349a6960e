import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { bandShare, decodeMp3, loudness, type Mp3, silences } from '../support/heard-mp3.js';
import { SnakeApp } from '../support/snake.js';
import { StreamBot } from '../support/stream-bot.js';

const patience = 10_000;

describe('a recorded call', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let backend: SnakeApp;
  let phone: SipPhone;
  let bot: StreamBot;

  beforeAll(async () => {
    bot = await StreamBot.open();
    server = await startServer();
    admin = new AdminApi(server);
    backend = await SnakeApp.demo(server);
    await backend.data('PUT', '/settings', { recording_enabled: true });
    const settings = { channels: 'dual', format: 'mp3', paused_as: 'silence', tone: 'off', retention_days: null };
    const { status } = await admin.request('PUT', `/api/v1/apps/${server.bootstrap.app.id}/recording`, settings);
    expect(status).toBe(200);
    const {
      sip_username: user = '',
      sip_password: password = '',
      sip_domain: domain = '',
    } = server.bootstrap.users[0] ?? {};
    phone = await SipPhone.start({ server: server.sip, user, domain, credentials: { username: user, password } });
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await bot?.stop();
  });

  async function talk() {
    const call = phone.call(server.bootstrap.simulated_numbers.answer_tone);
    const talking = await (await call).waitForAnswer(patience);
    talking.sendTone(500);
    await talking.expectTone(1000, patience);
    const { call_sid: callSid } = await admin.expectLastCall('in-progress', ({ status }) => status === 'in-progress');
    const [recording] = (await recordingsOf(callSid)).filter(({ state }: any) => state === 'recording');
    expect(recording).toMatchObject({ channels: 'dual', format: 'mp3', url: null });
    return { talking, callSid, sid: recording.recording_sid as string };
  }

  const recordingsOf = async (callSid: string): Promise<any[]> =>
    (await admin.request('GET', `/api/v1/calls/${callSid}/recordings`)).body.items;

  const readyOf = (callSid: string) =>
    eventually(async () => (await recordingsOf(callSid)).find(({ state }) => state === 'ready'), {
      timeoutMs: patience,
      message: 'the recording to be ready',
    });

  const toldOf = (callSid: string) =>
    eventually(
      async () =>
        (await backend.readFeed()).events.find((one) => one.event === 'recording_ready' && one.call_sid === callSid),
      { timeoutMs: patience, message: 'the backend to be told' },
    );

  const sizeOf = (sid: string) => statSync(join(server.dataDir, 'recordings', 'parts', `${sid}.mp3.part`)).size;

  /** The file that grows has at least so many octets. */
  const grows = (sid: string, octets: number) =>
    eventually(() => sizeOf(sid) > octets, { timeoutMs: patience, message: 'the recording to grow' });

  async function order(callSid: string, sid: string, word: 'pause' | 'resume', isPaused: boolean): Promise<void> {
    const path = `/api/v1/calls/${callSid}/recordings/${sid}/${word}`;
    expect(await admin.request('POST', path)).toMatchObject({ status: 200, body: { paused: isPaused } });
  }

  it('has both parties, each on its own channel; its URL is told, and gives the sound', async () => {
    const { talking, callSid, sid } = await talk();
    await grows(sid, 8_000); // Two seconds.
    talking.hangup();
    const ready = await readyOf(callSid);
    const { payload } = await toldOf(callSid);
    expect(payload).toMatchObject({ recording_url: expect.stringContaining(`/Recordings/${sid}.mp3?`) });
    expect(payload.duration).toBe(Math.ceil(ready.duration_ms / 1000));
    const answer = await fetch(payload.recording_url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    const octets = new Uint8Array(await answer.arrayBuffer());
    expect(octets.length).toBe(ready.bytes);
    await expectChannels(octets, ready.duration_ms);

    const { account } = server.bootstrap;
    const basic = `Basic ${Buffer.from(`${account.api_key}:${account.api_token}`).toString('base64')}`;
    const plain = payload.recording_url.split('?')[0];
    const part = await fetch(plain, { headers: { authorization: basic, range: 'bytes=0-143' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 144]);
    expect((await fetch(plain)).status).toBe(401);
    const record = await backend.data('GET', `/calls/${callSid}`);
    expect(record.recording).toMatchObject({ recording_sid: sid, duration: payload.duration });
    const completed = (await backend.readFeed()).events.find(
      (one) => one.event === 'call_completed' && one.call_sid === callSid,
    );
    expect(completed.payload.recording_available).toBe(true);
  });

  /** The recording of a call that has ended. */
  async function soundOf(callSid: string): Promise<Mp3> {
    const ready = await readyOf(callSid);
    const answer = await fetch(ready.url);
    const mp3 = await decodeMp3(new Uint8Array(await answer.arrayBuffer()));
    expect(Math.abs(mp3.lengthMs - ready.duration_ms)).toBeLessThanOrEqual(1);
    return mp3;
  }

  /** Another so many octets of sound: 4 are a millisecond. */
  const goesOn = (sid: string, octets: number) => grows(sid, sizeOf(sid) + octets);

  it('is silent while a party holds the other, and while it is paused, on both sides alike', async () => {
    const { talking, callSid, sid } = await talk();
    await grows(sid, 5_000);
    const held = await span(() => talking.hold());
    await goesOn(sid, 4_000);
    const resumed = await span(() => talking.resume());
    await talking.expectTone(1000, patience);
    await goesOn(sid, 4_000);
    const paused = await span(() => order(callSid, sid, 'pause', true));
    await goesOn(sid, 4_000);
    const wentOn = await span(() => order(callSid, sid, 'resume', false));
    await goesOn(sid, 4_000);
    talking.hangup();

    const { channels, lengthMs } = await soundOf(callSid);
    const found = channels.map((channel) => silences(channel.subarray(0, (lengthMs - 200) * 8), 300));
    for (const [index, [hold, pause]] of found.map((one) => one.filter(({ fromMs }) => fromMs > 500)).entries()) {
      const where = `channel ${index}: ${JSON.stringify(found)}`;
      const [first, ...others] = [hold?.fromMs, hold?.toMs, pause?.fromMs, pause?.toMs].map(Number);
      for (const [nth, done] of [resumed, paused, wentOn].entries())
        expectApart(Number(others[nth]) - Number(first), held, done, where);
      const hz = [500, 1_000][index] ?? 0;
      const [before, between, after] = [hold?.fromMs, pause?.fromMs, lengthMs - 200].map((at) => Number(at) - 50);
      for (const toMs of [before, between, after] as number[])
        expect(bandShare(channels[index]?.subarray((toMs - 500) * 8, toMs * 8), hz), where).toBeGreaterThan(0.9);
    }
    const [left = [], right = []] = found;
    const [ours, theirs] = [left.at(-1), right.at(-1)];
    expect(Math.abs(Number(ours?.fromMs) - Number(theirs?.fromMs))).toBeLessThan(20);
    expect(Math.abs(Number(ours?.toMs) - Number(theirs?.toMs))).toBeLessThan(20);
  });

  it('with a bot has the party on the left and the bot on the right', async () => {
    const { account, simulated_numbers: numbers, exophones } = server.bootstrap;
    const basic = `Basic ${Buffer.from(`${account.api_key}:${account.api_token}`).toString('base64')}`;
    const answer = await fetch(`${server.baseUrl}/v1/Accounts/${account.sid}/Calls/connect.json`, {
      method: 'POST',
      headers: { authorization: basic },
      body: new URLSearchParams({
        ...{ From: numbers.answer_tone, CallerId: exophones[0] ?? '', StreamUrl: bot.url, StreamType: 'bidirectional' },
        ...{ Record: 'true', RecordingChannels: 'dual' },
      }),
    });
    expect(answer.status).toBe(200);
    const talk = await bot.talk(0);
    const callSid = talk.start?.call_sid;
    talk.sayTone(1_300, 20_000);
    const sid = await eventually(async () => (await recordingsOf(callSid))[0]?.recording_sid, { timeoutMs: patience });
    await grows(sid, 10_000);
    talk.close();
    const { channels, lengthMs } = await soundOf(callSid);
    expectTones(channels, lengthMs - 1_300, lengthMs - 300, [1_000, 1_300]);
  });

  it('outlives kill -9: after the restart its file is whole, kept and told of', async () => {
    const { callSid, sid } = await talk();
    await grows(sid, 8_000);
    await server.kill();
    expect(readdirSync(join(server.dataDir, 'recordings', 'parts'))).toEqual([`${sid}.mp3.part`]);
    await server.restart();
    const ready = await readyOf(callSid);
    const { payload } = await toldOf(callSid);
    const answer = await fetch(payload.recording_url);
    await expectChannels(new Uint8Array(await answer.arrayBuffer()), ready.duration_ms);
    expect(ready.duration_ms).toBeGreaterThan(1_500);
    expect(readdirSync(join(server.dataDir, 'recordings', 'parts'))).toEqual([]);
    const record = await backend.data('GET', `/calls/${callSid}`);
    expect(record).toMatchObject({ status: 'failed', recording: { recording_sid: sid } });
  });
});

/** Left is what the telephone said, right what it heard, for as long as the recording says. */
async function expectChannels(octets: Uint8Array, durationMs: number): Promise<void> {
  const { channels, lengthMs } = await decodeMp3(octets);
  expect(Math.abs(lengthMs - durationMs)).toBeLessThanOrEqual(1);
  expectTones(channels, lengthMs - 1_000, lengthMs - 300, [500, 1_000]);
}

/** Each channel is the one tone and nothing else, from here to there, as one piece. */
function expectTones(channels: Mp3['channels'], fromMs: number, toMs: number, hz: readonly number[]): void {
  expect(channels).toHaveLength(hz.length);
  for (const [index, channel] of channels.entries()) {
    const piece = channel.subarray(fromMs * 8, toMs * 8);
    expect(bandShare(piece, hz[index] ?? 0), `${hz[index]} Hz from ${fromMs} to ${toMs} ms`).toBeGreaterThan(0.9);
    expect(loudness(piece)).toBeGreaterThan(0.05);
  }
}

interface Span {
  before: number;
  after: number;
}

/** When something was done, on the wall clock. */
async function span(act: () => Promise<void>): Promise<Span> {
  const before = Date.now();
  await act();
  return { before, after: Date.now() };
}

/** As far apart in the sound as the two were done; frames under way, the encoder's blocks and the machine's load beside. */
function expectApart(ms: number, one: Span, other: Span, where: string): void {
  expect(ms, where).toBeGreaterThan(other.before - one.after - 250);
  expect(ms, where).toBeLessThan(other.after - one.before + 250);
}
