import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { readBotTestScript, runBotTest } from '@intermix/bots/conformance';
import {
  eventually,
  type PhoneCall,
  type RunningServer,
  repositoryRoot,
  SipPhone,
  startServer,
  toneWav,
} from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AdminApi } from '../support/admin.js';
import { AudioWebServer } from '../support/audio-web-server.js';
import { addCarrier, addNumber } from '../support/carriers.js';
import { ExotelCaller } from '../support/exotel-caller.js';
import { HeardFrames } from '../support/heard-frames.js';
import { errorLines, expectNothingLeft, metric, quickSipTimers } from '../support/metrics.js';
import { type BotTalk, StreamBot } from '../support/stream-bot.js';

const ourNumber = '+918047110001';
const botNumber = '+918047110002';
const theirNumber = '+919876543210';
const carrierHost = '127.0.0.9';
const patience = 10_000;
const spokenHz = 500;
const promptHz = 700;
const fileHz = 1_000;
const sorryHz = 1_500;
/** How long after its audio's end a mark may come, and how long after a clear something may be heard. */
const frameMs = 20;
const clearMs = 40;

describe('a telephone call into a flow with a bot', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let bot: StreamBot;
  let web: AudioWebServer;
  let caller: SipPhone;
  let flowId: string;
  let carrier: Awaited<ReturnType<typeof addCarrier>>;

  beforeAll(async () => {
    bot = await StreamBot.open();
    web = await AudioWebServer.open({
      speech: toneWav(spokenHz, 0.6, { sampleRateHz: 24_000 }),
      files: { '/after.mp3': mp3(), '/sorry.wav': toneWav(sorryHz, 0.8) },
    });
    const env = { ...quickSipTimers, INTERMIX_SIMULATED_PSTN: 'off', INTERMIX_TTS_URL: `${web.url}/v1` };
    server = await startServer({ env });
    admin = new AdminApi(server);
    flowId = await makeFlow();
    carrier = await addCarrier(admin, { name: 'PSTN', sip_address: carrierHost, transport: 'udp' });
    await addNumber(admin, carrier, { number: ourNumber, target: { type: 'flow', flow_id: flowId } });
    caller = await SipPhone.start({ server: server.sip, host: carrierHost, user: theirNumber });
  });
  afterAll(async () => {
    await caller?.stop();
    await server?.stop();
    web?.stop();
    await bot?.stop();
  });

  /** Text, uploaded prompt, bot, audio of a URL, end; and what is said when the bot is not there. */
  async function makeFlow(): Promise<string> {
    const { body } = await admin.request('POST', '/api/v1/flows', {
      name: 'With a bot',
      start: 'hello',
      applets: {
        hello: { type: 'greeting', prompt: { text: 'Welcome.' }, next: 'notice' },
        notice: { type: 'greeting', prompt: { prompt_id: await uploadPrompt() }, next: 'talk' },
        talk: {
          ...{ type: 'voicebot', url: `${bot.url}/talk?sample-rate=16000`, custom_parameters: { lang: 'hi' } },
          ...{ next: 'after', on_error: 'sorry' },
        },
        after: { type: 'greeting', prompt: { url: `${web.url}/after.mp3` }, next: 'end' },
        sorry: { type: 'greeting', prompt: { url: `${web.url}/sorry.wav` }, next: 'end' },
        end: { type: 'hangup' },
      },
    });
    if (body.id === undefined) throw new Error(JSON.stringify(body));
    return body.id;
  }

  async function uploadPrompt(): Promise<string> {
    const form = new FormData();
    form.set('name', 'Notice');
    form.set('audio', new File([new Uint8Array(toneWav(promptHz, 0.6, { sampleRateHz: 44_100 }))], 'notice.wav'));
    const made = await admin.upload('/api/v1/prompts', form);
    expect(made.status).toBe(201);
    return made.body.id;
  }

  async function call(): Promise<PhoneCall> {
    const placed = await caller.call(ourNumber);
    await placed.waitForAnswer(patience);
    return placed;
  }

  it('hears what is said, talks with the bot, and goes on when the bot closes', async () => {
    const phone = await call();
    phone.sendTone(600);
    await phone.expectTone(spokenHz, patience);
    await phone.expectTone(promptHz, patience);
    const talk = await bot.talk(0);

    expect(talk.start).toMatchObject({
      ...{ account_sid: server.bootstrap.account.sid, from: theirNumber, to: ourNumber },
      ...{ custom_parameters: { lang: 'hi' }, media_format: { sample_rate: '16000' } },
    });
    await eventually(() => expect(near(talk.hearingHz, 600)).toBe(true), { timeoutMs: patience });

    await expectPromptMark(phone, talk);
    await expectPromptClear(phone, talk);

    await phone.sendDtmf('5');
    expect((await talk.message('dtmf')).dtmf).toMatchObject({ digit: '5', duration: expect.stringMatching(/^\d+$/) });

    talk.close();
    await phone.expectTone(fileHz, patience);
    await phone.waitForEnd(patience);
    const numbers = talk.messages.slice(1).map(({ sequence_number: number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1)));
    expect(web.asked).toEqual(expect.arrayContaining(['Welcome.', 'GET /after.mp3']));
    const record = await admin.expectLastCall('the end', ({ status }) => status === 'completed');
    expect(record).toMatchObject({ direction: 'inbound', from: theirNumber, to: ourNumber });
  });

  /**
   * A mark is told within a frame of the end of what was said before it. On a busy machine the bot hears of it later, never
   * earlier: of several marks the first that is in time proves that the server was. None may come before the sound's end; half
   * a frame is left to what the clocks' distance is known by.
   */
  async function expectPromptMark(phone: PhoneCall, talk: BotTalk): Promise<void> {
    const frames = new HeardFrames(phone);
    const late = await firstWithin(frameMs, async (index) => {
      const before = talk.of('mark').length;
      talk.sayTone(1_200, index === 0 ? 800 : 300);
      talk.mark(`reply-${index}`);
      if (index === 0) await phone.expectTone(1_200, patience);
      const mark = await talk.message('mark', before);
      expect(mark.mark.name).toBe(`reply-${index}`);
      await eventually(() => expect(frames.isLoud).toBe(false), { timeoutMs: patience });
      return mark.at - frames.lastLoudAt;
    });
    for (const ms of late) expect(ms, `marks after the end: ${late.join(', ')} ms`).toBeGreaterThan(-frameMs / 2);
    expect(late.at(-1), `marks after the end: ${late.join(', ')} ms`).toBeLessThanOrEqual(frameMs);
  }

  /** The same for what a bot takes back: it is silent 40 ms after the word has been sent, and its marks are answered. */
  async function expectPromptClear(phone: PhoneCall, talk: BotTalk): Promise<void> {
    const frames = new HeardFrames(phone);
    const late = await firstWithin(clearMs, async (index) => {
      const before = talk.of('mark').length;
      talk.sayTone(1_300, 8_000);
      talk.mark(`never heard ${index}`);
      await eventually(() => expect(frames.isLoud).toBe(true), { timeoutMs: patience });
      if (index === 0) await phone.expectTone(1_300, patience);
      const clearedAt = performance.now();
      talk.clear();
      expect((await talk.message('mark', before)).mark.name).toBe(`never heard ${index}`);
      await eventually(() => expect(frames.isLoud).toBe(false), { timeoutMs: patience });
      return frames.lastLoudAt - clearedAt;
    });
    expect(late.at(-1), `silent after: ${late.join(', ')} ms`).toBeLessThanOrEqual(clearMs);
  }

  it('tells the bot when the caller hangs up; what was made before is used again', async () => {
    const phone = await call();
    const talk = await bot.talk(1);
    phone.hangup();
    expect((await talk.message('stop')).stop).toMatchObject({ reason: 'callended', call_sid: talk.start?.call_sid });
    await eventually(() => expect(talk.closed).toBeDefined(), { timeoutMs: patience });
    expect(web.asked.filter((asked) => asked === 'Welcome.')).toHaveLength(1);
  });

  it('leads to a bot of the account, which says back what it hears; what became of it is told', async () => {
    const made = await admin.request('POST', '/api/v1/bots', { name: 'Echo', kind: 'echo' });
    expect(made.status).toBe(201);
    const botId = made.body.bot_id;
    await addNumber(admin, carrier, { number: botNumber, target: { type: 'bot', bot_id: botId } });
    const phone = await caller.call(botNumber);
    await phone.waitForAnswer(patience);
    phone.sendTone(900);
    await phone.expectTone(900, patience);
    phone.hangup();
    const done = () => admin.request('GET', `/api/v1/bot-calls?bot_id=${botId}&status=completed`);
    const { items } = await eventually(
      async () => {
        const { body } = await done();
        return body.items.length > 0 ? body : undefined;
      },
      { timeoutMs: patience },
    );
    const { body } = await admin.request('GET', `/api/v1/bot-calls/${items[0].session_id}`);
    expect(body).toMatchObject({ bot_id: botId, disconnected_by: 'customer', from: theirNumber, to: botNumber });
    expect(body.usage.audio_out_ms).toBeGreaterThan(100);
    expect((await admin.request('GET', `/api/v1/calls/${body.call_sid}`)).body).toMatchObject({ status: 'completed' });
    expect((await admin.request('DELETE', `/api/v1/bots/${botId}`)).status).toBe(409);
    await expectConformity(botId);
  });

  /** What the testkit says to a bot of somebody else it has to say to ours: Exotel's cloud calls it as well. */
  async function expectConformity(botId: string): Promise<void> {
    const steps = [
      { step: 'tone', hz: 700, ms: 600, expect: { tone_hz: 700 } },
      { step: 'wait_for', what: 'silence' },
      { step: 'hang_up' },
    ];
    const report = await runBotTest({
      ...{ script: readBotTestScript({ steps, stop_wait_ms: patience }), scriptPath: '', env: {} },
      url: `${server.baseUrl.replace('http', 'ws')}/exotel/${botId}`,
    });
    const found = report.findings.filter(({ rule }) => rule !== 'underrun'); // On a busy machine the caller itself is late.
    expect(found).toEqual([]);
    expect(report).toMatchObject({ result: 'passed', call: { ended_by: 'caller', close_code: 1000 } });
  }

  it('has its sessions from outside ended when the bot is deleted, and is not there any more', async () => {
    const { bot_id: botId } = (await admin.request('POST', '/api/v1/bots', { name: 'Short-lived', kind: 'echo' })).body;
    const url = `${server.baseUrl.replace('http', 'ws')}/exotel/${botId}`;
    const outside = await ExotelCaller.dial(url, { sid: 'outside', from: theirNumber, to: botNumber });
    outside.say(700);
    await outside.hears(700);
    expect((await admin.request('DELETE', `/api/v1/bots/${botId}`)).status).toBe(204);
    expect((await outside.isClosed()).code).toBe(1012);
    const record = async () => {
      const { items } = (await admin.request('GET', `/api/v1/bot-calls?bot_id=${botId}`)).body;
      return items[0]?.ended_at ? items : undefined;
    };
    const told = { disconnected_by: 'error', detail: 'The bot was deleted.', status: 'failed' };
    expect(await eventually(record, { timeoutMs: patience })).toMatchObject([told]);
    expect(await upgradeStatus(url)).toBe(404);
    expect(await metric(server, 'intermix_bot_connections_refused_total{status="404"}')).toBe(1);
    expect(await metric(server, 'intermix_bot_calls_ended_total{by="error"}')).toBe(1);
  });

  it('goes its other way when the bot talks nonsense', async () => {
    const phone = await call();
    const talk = await bot.talk(2);
    for (let index = 0; index < 200 && !talk.closed; index++) talk.sendRaw(`{"event":"media" nonsense ${index}`);
    await phone.expectTone(sorryHz, patience);
    await phone.waitForEnd(patience);
  });

  it('goes its other way when there is no bot', async () => {
    await bot.stop();
    const phone = await call();
    await phone.expectTone(sorryHz, patience * 2);
    await phone.waitForEnd(patience);
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });
});

/** Measures again and again, until it is no more than that; gives all that was measured. */
async function firstWithin(ms: number, measure: (index: number) => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  while (measured.length < 20 && !((measured.at(-1) ?? Number.POSITIVE_INFINITY) <= ms))
    measured.push(await measure(measured.length));
  return measured;
}

const near = (heard: number | undefined, hz: number) => heard !== undefined && Math.abs(heard - hz) < 15;

/** What a WebSocket is refused with. */
async function upgradeStatus(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url);
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  socket.terminate();
  return response.statusCode;
}

/** A second of 1000 Hz. */
function mp3(): Buffer {
  return readFileSync(join(repositoryRoot(), 'packages/speech/testdata/tone-1000hz-44100-mono.mp3'));
}
