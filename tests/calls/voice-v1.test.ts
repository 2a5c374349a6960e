import type { SimulatorCallRead } from '@intermix/contracts';
import { eventually, type RunningServer, startServer, toneWav } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { AudioWebServer } from '../support/audio-web-server.js';
import { CustomerServer } from '../support/customer-server.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { StreamBot } from '../support/stream-bot.js';

const patience = 10_000;
const fileHz = 700;
const answerHz = 1_000;

describe('calls by the Voice v1 API', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let receiver: CustomerServer;
  let web: AudioWebServer;
  let bot: StreamBot;

  beforeAll(async () => {
    const wav = toneWav(fileHz, 1);
    web = await AudioWebServer.open({ speech: wav, files: { '/tone.wav': wav, '/page.wav': Buffer.from('<html>') } });
    bot = await StreamBot.open();
    receiver = await CustomerServer.start();
    server = await startServer({ env: quickSipTimers });
    admin = new AdminApi(server);
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.stop();
    await bot?.stop();
    web?.stop();
  });

  const numbers = () => server.bootstrap.simulated_numbers;

  async function ask(method: string, path: string, form?: Record<string, string>) {
    const { sid, api_key: key, api_token: token } = server.bootstrap.account;
    const authorization = `Basic ${Buffer.from(`${key}:${token}`).toString('base64')}`;
    const response = await fetch(`${server.baseUrl}/v1/Accounts/${sid}/${path}`, {
      method,
      headers: { authorization },
      ...(form && { body: new URLSearchParams(form) }),
    });
    return { status: response.status, body: (await response.json()) as any };
  }

  async function order(form: Record<string, string>): Promise<string> {
    const CallerId = server.bootstrap.exophones[0] ?? '';
    const { status, body } = await ask('POST', 'Calls/connect.json', { CallerId, ...form });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { Call: { Status: 'in-progress', Direction: 'outbound-api' } },
    });
    return body.Call.Sid;
  }

  /** Waits until the call is over, and gives it with its details. */
  function ended(callSid: string): Promise<any> {
    return eventually(
      async () => {
        const { body } = await ask('GET', `Calls/${callSid}.json?details=true`);
        return body.Call.EndTime === null ? undefined : body.Call;
      },
      { timeoutMs: patience, everyMs: 50, message: 'the call to end' },
    );
  }

  /** Waits for the newest simulated party of that number to look as wanted. */
  function party(
    number: string,
    what: string,
    holds: (call: SimulatorCallRead) => boolean,
  ): Promise<SimulatorCallRead> {
    return eventually(
      async () => {
        const own = (await admin.simulatedCalls()).filter(({ to }) => to === number);
        const newest = own.sort((one, other) => one.started_at.localeCompare(other.started_at)).at(-1);
        return newest && holds(newest) ? newest : undefined;
      },
      { timeoutMs: patience, everyMs: 50, message: `${number} to see: ${what}` },
    );
  }
  const hears = (hz: number) => (call: SimulatorCallRead) => near(call.hearing_hz, hz);

  it('two numbers hear each other until the limit; the receiver is told, and the call is read', async () => {
    const { echo, answer_tone: tone } = numbers();
    const callSid = await order({
      ...{ From: echo, To: tone, TimeLimit: '3', CustomField: 'order-42', StatusCallback: `${receiver.url}/status` },
      ...{ 'StatusCallbackEvents[0]': 'answered', 'StatusCallbackEvents[1]': 'terminal' },
    });
    // The first sends back what it hears: the second hears its own tone by way of both directions.
    await Promise.all([party(echo, 'the tone', hears(answerHz)), party(tone, 'its echo', hears(answerHz))]);
    const call = await ended(callSid);
    expect(call).toMatchObject({
      Status: 'completed',
      From: echo,
      To: tone,
      PhoneNumberSid: server.bootstrap.exophones[0],
    });
    expect(['3', '4']).toContain(call.Duration);
    expect(call.Details).toMatchObject({ Leg1Status: 'completed', Leg2Status: 'completed', Legs: [{}, {}] });
    expect([3, 4]).toContain(call.Details.ConversationDuration);
    const [answered, terminal] = await receiver.expect(2);
    expect(answered?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(answered?.body).toMatchObject({
      CallSid: callSid,
      EventType: 'answered',
      Status: 'in-progress',
      From: echo,
    });
    expect(answered?.body).not.toHaveProperty('CustomField');
    expect(terminal?.body).toMatchObject({
      ...{ CallSid: callSid, EventType: 'terminal', Status: 'completed', CustomField: 'order-42', To: tone },
      ...{ 'Legs[0][Status]': 'completed', 'Legs[1][Status]': 'completed', EndTime: call.EndTime },
    });
    const { body } = await admin.request('GET', `/api/v1/webhook-deliveries?call_sid=${callSid}`);
    expect(body.items.map(({ event, status }: any) => `${event} ${status}`).sort()).toEqual([
      'status_callback.answered delivered',
      'status_callback.terminal delivered',
    ]);
    const listed = await ask(
      'GET',
      `Calls.json?Sid=${callSid}&Status=completed&Direction=outbound-api&From=${encodeURIComponent(echo)}`,
    );
    expect(listed.body).toMatchObject({ Metadata: { Total: 1 }, Calls: [{ Sid: callSid }] });
  });

  it('a flow has the call of a number', async () => {
    const { dtmf_readback: silent } = numbers();
    const flow = await admin.request('POST', '/api/v1/flows', {
      name: 'Tone',
      start: 'tone',
      applets: {
        tone: { type: 'greeting', prompt: { url: `${web.url}/tone.wav` }, repeat: 3, next: 'end' },
        end: { type: 'hangup' },
      },
    });
    const path = `/${server.bootstrap.account.sid}/exoml/start_voice/${flow.body.id}`;
    const callSid = await order({ From: silent, Url: `http://my.exotel.com${path}` });
    await party(silent, 'the greeting', hears(fileHz));
    expect(await ended(callSid)).toMatchObject({ Status: 'completed', To: null, Details: { Leg2Status: null } });
  });

  it('a bot has the call of a number, which ends when the bot closes', async () => {
    const { answer_tone: tone } = numbers();
    const callSid = await order({ From: tone, StreamUrl: `${bot.url}/direct`, StreamType: 'bidirectional' });
    const talk = await bot.talk(0);
    await eventually(() => expect(talk.start).toMatchObject({ call_sid: callSid, from: tone }), {
      timeoutMs: patience,
    });
    await eventually(() => expect(near(talk.hearingHz, answerHz)).toBe(true), { timeoutMs: patience });
    expect((await ask('GET', 'ActiveStreams.json')).body).toMatchObject({ active_streams: 1 });
    talk.sayTone(1_300, 1_500);
    await party(tone, 'the bot', hears(1_300));
    talk.close();
    expect(await ended(callSid)).toMatchObject({ Status: 'completed', To: null });
    expect((await ask('GET', 'ActiveStreams.json')).body).toMatchObject({ active_streams: 0 });
  });

  it('who waits hears the file of WaitUrl; nobody answers in the time', async () => {
    const { dtmf_readback: silent, no_answer: nobody } = numbers();
    const callback = { StatusCallback: `${receiver.url}/basic`, StatusCallbackContentType: 'application/json' };
    const callSid = await order({
      From: silent,
      To: nobody,
      TimeOut: '5',
      WaitUrl: `${web.url}/tone.wav`,
      ...callback,
    });
    await party(silent, 'the file', hears(fileHz));
    const call = await ended(callSid);
    expect(call).toMatchObject({ Status: 'no-answer', Duration: '0', Details: { Leg2Status: 'no-answer' } });
    const posts = await eventually(
      () => {
        const own = receiver.posts.filter(({ path }) => path === '/basic');
        return own.length > 0 ? own : undefined;
      },
      { timeoutMs: patience, message: 'the callback' },
    );
    expect(posts[0]?.body).toEqual({
      ...{ CallSid: callSid, Status: 'no-answer', DateUpdated: call.EndTime, RecordingUrl: null },
    });
  });

  it('a WaitUrl that is no audio gives way to ringback, and the record says why', async () => {
    const { dtmf_readback: silent, no_answer: nobody } = numbers();
    const callSid = await order({ From: silent, To: nobody, WaitUrl: `${web.url}/page.wav` });
    await party(silent, 'ringback', hears(425));
    const { body } = await admin.request('GET', `/api/v1/calls/${callSid}`);
    const event = body.events.find(({ type }: any) => type === 'playing-failed');
    expect(event.data).toEqual({ what: 'waiting', why: expect.stringMatching(/audio/) });
    const heard = await party(silent, 'anything', () => true);
    await admin.request('DELETE', `/api/v1/simulator/calls/${heard.id}`);
    expect(await ended(callSid)).toMatchObject({ Status: 'canceled' });
  });

  it('a number that no carrier may dial is refused with the reason, and leaves nothing', async () => {
    const before = (await ask('GET', 'Calls.json')).body.Metadata.Total;
    const [From, CallerId = ''] = [numbers().echo, server.bootstrap.exophones[0]];
    for (const To of ['+881612345678', '+12125550123']) {
      const { status, body } = await ask('POST', 'Calls/connect.json', { From, To, CallerId });
      expect(status).toBe(403);
      expect(body.RestException).toMatchObject({
        Status: 403,
        Code: 'FORBIDDEN',
        Message: expect.stringMatching(/Closed|Allowed/),
      });
    }
    expect((await ask('GET', 'Calls.json')).body.Metadata.Total).toBe(before);
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });
});

function near(heard: number | null | undefined, hz: number): boolean {
  return typeof heard === 'number' && Math.abs(heard - hz) <= 40;
}
