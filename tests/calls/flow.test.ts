import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, type RunningServer, startServer, toneWav } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { errorLines, quickSipTimers } from '../support/metrics.js';
import { StreamBot } from '../support/stream-bot.js';

const patience = 15_000;
const greetingHz = 1000;
const goodbyeHz = 700;
const botHz = 1400;
const callerHz = 500;
const caller = '+911130000555';

describe('a call into a flow', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let bot: StreamBot;
  let web: Server;
  /** What the customer's server was asked, tones left out. */
  const asked: IncomingMessage[] = [];

  beforeAll(async () => {
    web = createServer((request, response) => {
      const hz = /^\/tone\/(\d+)/.exec(request.url ?? '')?.[1];
      if (hz !== undefined) return void response.end(toneWav(Number(hz), 1, { sampleRateHz: 8000 }));
      asked.push(request);
      const isSecond = request.url?.startsWith('/second');
      response.writeHead(isSecond ? 302 : 200).end();
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    [server, bot] = await Promise.all([startServer({ env: quickSipTimers }), StreamBot.open()]);
    admin = new AdminApi(server);
  });
  afterEach(() => {
    asked.length = 0;
  });
  afterAll(async () => {
    await Promise.all([bot?.stop(), server?.stop()]);
    web?.close();
  });

  const customer = (path: string) => `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`;
  const botUrl = () => `${bot.url}/media`;
  const tone = (hz: number) => ({ url: customer(`/tone/${hz}`) });
  const exophone = () => server.bootstrap.exophones[0] ?? '';
  const queryOf = (request: IncomingMessage | undefined) =>
    Object.fromEntries(new URL(request?.url ?? '', 'http://x').searchParams);

  /** Keeps the flow and has the first number lead to it. */
  async function pointNumberAt(document: object): Promise<string> {
    const made = await admin.request('POST', '/api/v1/flows', document);
    expect(made).toMatchObject({ status: 201 });
    const carriers = (await admin.request('GET', '/api/v1/carriers?simulated=true')).body.items;
    for (const { id } of carriers) {
      const dids = (await admin.request('GET', `/api/v1/carriers/${id}/dids`)).body.items;
      const did = dids.find(({ number }: { number: string }) => number === exophone());
      if (did === undefined) continue;
      const target = { type: 'flow', flow_id: made.body.id };
      const changed = await admin.request('PUT', `/api/v1/carriers/${id}/dids/${did.id}`, { target });
      expect(changed.status).toBe(200);
      return made.body.id;
    }
    throw new Error('no carrier has the number');
  }

  it('is greeted, presses a digit, talks to a bot, and hears goodbye; the backend is told of each', async () => {
    const flowId = await pointNumberAt({
      name: 'Bot',
      start: 'hello',
      applets: {
        hello: { type: 'greeting', prompt: tone(greetingHz), interruptible: false, next: 'menu' },
        menu: { type: 'gather', branches: { 7: 'first' }, timeout_ms: 10_000, on_timeout: 'end', on_invalid: 'end' },
        first: { type: 'passthru', url: customer('/first?k=1'), next_200: 'bot', next_302: 'end' },
        bot: {
          type: 'voicebot',
          url: botUrl(),
          custom_parameters: { who: '{{from}}' },
          next: 'second',
          on_error: 'end',
        },
        second: { type: 'passthru', url: customer('/second'), next_200: 'end', next_302: 'goodbye' },
        goodbye: { type: 'greeting', prompt: tone(goodbyeHz), repeat: 2, next: 'end' },
        end: { type: 'hangup' },
      },
    });
    const script = [{ wait_ms: 1500 }, { dtmf: '7' }, { tone_hz: callerHz, ms: 30_000 }];
    const { id } = await admin.simulatedCall({ to: exophone(), from: caller, answer_script: script });
    const hears = (hz: number) =>
      admin.expectSimulated(`${hz} Hz`, (call) => near(call.hearing_hz, hz), { id, timeoutMs: patience });
    await hears(greetingHz);

    const talk = await bot.talk(0, patience);
    const heardByBot = () => near(talk.hearingHz ?? null, callerHz);
    await eventually(heardByBot, { timeoutMs: patience, message: 'the bot to hear the caller' });
    const { call_sid: callSid } = await admin.lastCall();
    expect(talk.start).toMatchObject({
      ...{ call_sid: callSid, from: caller, to: exophone(), custom_parameters: { who: caller } },
    });
    expect(queryOf(asked[0])).toMatchObject({
      ...{ k: '1', CallSid: callSid, CallFrom: caller, CallTo: exophone(), From: caller, To: exophone() },
      ...{ Direction: 'incoming', CallStatus: 'in-progress', CallType: 'call-attempt', digits: '"7"', flow_id: flowId },
      EndTime: '1970-01-01 05:30:00',
    });

    talk.sayTone(botHz, 1000);
    talk.mark('spoken');
    await hears(botHz);
    await talk.message('mark', 0, patience);
    talk.close();
    await hears(goodbyeHz);
    expect(queryOf(asked[1])).toMatchObject({
      ...{ 'Stream[Status]': 'completed', 'Stream[DisconnectedBy]': 'bot', 'Stream[StreamUrl]': botUrl() },
      'Stream[StreamSID]': talk.start?.stream_sid,
    });
    const ended = await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: patience });
    expect(ended.end?.by).toBe('intermix');
    const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    const steps = record.events.filter(({ type }) => type === 'flow-step').map(({ data }) => data);
    expect(
      steps.filter(({ applet }) => applet !== undefined).map(({ applet, result }) => `${applet} ${result}`),
    ).toEqual([
      ...['hello played', 'menu matched', 'first 200', 'bot completed', 'second 302', 'goodbye played', 'end hung-up'],
    ]);
  });

  it('is joined with a number that answers, and goes on when that talk is over', async () => {
    const { answer_tone, busy } = server.bootstrap.simulated_numbers;
    await pointNumberAt({
      name: 'Dial',
      start: 'dial',
      applets: {
        dial: {
          ...{ type: 'connect', parties: [{ number: busy }, { number: answer_tone }], strategy: 'sequence' },
          ...{ time_limit_sec: 2, events_url: customer('/popup'), next: { completed: 'tell', other: 'end' } },
        },
        tell: { type: 'passthru', url: customer('/second'), next_200: 'end', next_302: 'goodbye' },
        goodbye: { type: 'greeting', prompt: tone(goodbyeHz), repeat: 2, next: 'end' },
        end: { type: 'hangup' },
      },
    });
    const { id } = await admin.simulatedCall({ to: exophone(), from: caller });
    const hears = (hz: number) =>
      admin.expectSimulated(`${hz} Hz`, (call) => near(call.hearing_hz, hz), { id, timeoutMs: patience });
    await hears(1000); // What the number plays.
    await hears(goodbyeHz);
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: patience });
    const told = asked.map((request) => queryOf(request));
    expect(told.find(({ DialCallStatus }) => DialCallStatus !== undefined)).toMatchObject({
      ...{ DialCallStatus: 'completed', DialWhomNumber: answer_tone, CallType: 'completed' },
    });
    const steps = (number: string) =>
      told
        .filter(({ EventType, DialWhomNumber }) => EventType && DialWhomNumber === number)
        .map(({ EventType }) => EventType);
    expect(steps(busy)).toEqual(['Dial', 'Terminal']);
    expect(steps(answer_tone).filter((type) => type !== 'Ringing')).toEqual(['Dial', 'Answered', 'Terminal']);
  });

  it('leaves a message, which silence ends; the backend is told where it is', async () => {
    await pointNumberAt({
      name: 'Mail',
      start: 'mail',
      applets: {
        mail: { type: 'record', silence_sec: 1, max_sec: 30, next: 'tell', on_error: 'end' },
        tell: { type: 'passthru', url: customer('/first'), next: 'end' },
        end: { type: 'hangup' },
      },
    });
    const script = [{ tone_hz: callerHz, ms: 2500 }, { wait_ms: 30_000 }];
    const { id } = await admin.simulatedCall({ to: exophone(), from: caller, answer_script: script });
    await admin.expectSimulated('the beep', (call) => near(call.hearing_hz, 1000), { id, timeoutMs: patience });
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: patience });
    const { CallType, RecordingUrl } = queryOf(asked[0]);
    expect(CallType).toBe('voicemail');
    expect(RecordingUrl).toMatch(/\/v1\/Accounts\/[^/]+\/Recordings\/[^/]+\.mp3$/);
    const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    const mail = record.events.find(({ data }) => data.applet === 'mail')?.data;
    expect(mail).toMatchObject({ result: 'silence' });
    expect(mail?.durationSec).toBeGreaterThanOrEqual(2);
    const listed = async () => {
      const { body } = await admin.request('GET', `/api/v1/calls/${record.call_sid}/recordings`);
      return body.items?.find(({ state }: { state: string }) => state === 'ready');
    };
    await eventually(listed, { timeoutMs: patience, message: 'the recording to be ready' });
  });

  it('leaves no error in the log', () => {
    expect(errorLines(server)).toEqual([]);
  });
});

function near(heard: number | null, hz: number, withinHz = 20): boolean {
  return heard !== null && Math.abs(heard - hz) <= withinHz;
}
