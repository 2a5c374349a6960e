import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { MPEGDecoder } from 'mpg123-decoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SnakeApp } from '../support/snake.js';

const patience = 10_000;

describe('a recorded call', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let backend: SnakeApp;
  let phone: SipPhone;

  beforeAll(async () => {
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

  /** The file that grows has at least so many octets. */
  const grows = (sid: string, octets: number) =>
    eventually(
      async () => {
        return statSync(join(server.dataDir, 'recordings', 'parts', `${sid}.mp3.part`)).size > octets;
      },
      { timeoutMs: patience, message: 'the recording to grow' },
    );

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
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { channelData, samplesDecoded, errors } = decoder.decode(octets);
  expect(errors).toEqual([]);
  expect(Math.abs(samplesDecoded / 8 - durationMs)).toBeLessThanOrEqual(1);
  const [left, right] = channelData.map((channel) => channel.slice(samplesDecoded - 8_000, samplesDecoded - 2_400));
  expect(shareOf(left, 500)).toBeGreaterThan(0.8);
  expect(shareOf(right, 1000)).toBeGreaterThan(0.8);
  decoder.free();
}

/** Each 50 ms judged by itself: where the sender's clock is followed a sample is left out or doubled, and the phase moves on. */
function shareOf(samples: Float32Array = new Float32Array(), hz: number): number {
  const block = 400;
  const shares: number[] = [];
  for (let at = 0; at + block <= samples.length; at += block)
    shares.push(shareIn(samples.subarray(at, at + block), hz));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function shareIn(samples: Float32Array, hz: number): number {
  let [re, im, power] = [0, 0, 0];
  for (const [i, value] of samples.entries()) {
    re += value * Math.cos((2 * Math.PI * hz * i) / 8000);
    im += value * Math.sin((2 * Math.PI * hz * i) / 8000);
    power += value * value;
  }
  return power === 0 ? 0 : (2 * (re * re + im * im)) / (power * samples.length);
}
