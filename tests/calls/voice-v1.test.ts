import type { DeliveryRead, SimulatorCallRead } from '@intermix/contracts';
import { eventually, type RunningServer, startServer, toneWav } from '@intermix/testkit';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { AudioWebServer } from '../support/audio-web-server.js';
import { CustomerServer, type Post } from '../support/customer-server.js';
import { bandShare, decodeMp3 } from '../support/heard-mp3.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { StreamBot } from '../support/stream-bot.js';
import { VoiceV1 } from '../support/voice-v1.js';

const patience = 10_000;
const fileHz = 700;
const answerHz = 1_000;

/** Fields of a call in the order of the vendor's samples. */
const fieldsOfCall = [
  ...['Sid', 'ParentCallSid', 'DateCreated', 'DateUpdated', 'AccountSid', 'To', 'From', 'PhoneNumberSid', 'Status'],
  ...['StartTime', 'EndTime', 'Duration', 'Price', 'Direction', 'AnsweredBy', 'ForwardedFrom', 'CallerName', 'Uri'],
  'RecordingUrl',
];
const timeInIndia = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

describe('calls by the Voice v1 API', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let voice: VoiceV1;
  let receiver: CustomerServer;
  let web: AudioWebServer;
  let bot: StreamBot;
  /** Ordered first: its second try comes while the other tests run. */
  let triedTwice: string;

  beforeAll(async () => {
    const wav = toneWav(fileHz, 1);
    web = await AudioWebServer.open({ speech: wav, files: { '/tone.wav': wav, '/page.wav': Buffer.from('<html>') } });
    bot = await StreamBot.open();
    receiver = await CustomerServer.start();
    receiver.behave = ({ path }) => (path === '/broken' ? 500 : 200);
    server = await startServer({ env: quickSipTimers });
    admin = new AdminApi(server);
    voice = new VoiceV1(server);
    const { busy: From, echo: To } = numbers();
    const { Sid } = await voice.order({ From, To, MaxRetries: '1', StatusCallback: `${receiver.url}/tries` });
    triedTwice = Sid;
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.stop();
    await bot?.stop();
    web?.stop();
  });

  const numbers = () => server.bootstrap.simulated_numbers;
  const hears = (hz: number) => (call: SimulatorCallRead) => near(call.hearing_hz, hz);

  /** Waits for what the receiver is told at a path. */
  function told(path: string, count = 1): Promise<Post[]> {
    const own = () => receiver.posts.filter((post) => post.path === path);
    const look = () => (own().length >= count ? own() : undefined);
    return eventually(look, { timeoutMs: patience, message: `${count} callbacks at ${path}` });
  }

  async function deliveriesOf(callSid: string): Promise<DeliveryRead[]> {
    const { body } = await admin.request('GET', `/api/v1/webhook-deliveries?call_sid=${callSid}`);
    return body.items;
  }

  it('two numbers hear each other until the limit; the receiver is told, and the call is read', async () => {
    const { echo, answer_tone: tone } = numbers();
    const { Sid: callSid } = await voice.order({
      ...{ From: echo, To: tone, TimeLimit: '3', CustomField: 'order-42', StatusCallback: `${receiver.url}/status` },
      ...{ 'StatusCallbackEvents[0]': 'answered', 'StatusCallbackEvents[1]': 'terminal' },
    });
    // The first sends back what it hears: the second hears its own tone by way of both directions.
    await Promise.all([voice.party(echo, 'the tone', hears(answerHz)), voice.party(tone, 'its echo', hears(answerHz))]);
    const call = await voice.ended(callSid);
    expect(call).toMatchObject({
      ...{ Status: 'completed', From: echo, To: tone, PhoneNumberSid: server.bootstrap.exophones[0] },
      Details: { Leg1Status: 'completed', Leg2Status: 'completed', Legs: [{}, {}] },
    });
    expect(['3', '4']).toContain(call.Duration);
    expect([3, 4]).toContain(call.Details?.ConversationDuration);
    const [answered, terminal] = await told('/status', 2);
    expect(answered?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(answered?.body).toMatchObject({
      ...{ CallSid: callSid, EventType: 'answered', Status: 'in-progress', From: echo },
    });
    expect(answered?.body).not.toHaveProperty('CustomField');
    expect(terminal?.body).toMatchObject({
      ...{ CallSid: callSid, EventType: 'terminal', Status: 'completed', CustomField: 'order-42', To: tone },
      ...{ 'Legs[0][Status]': 'completed', 'Legs[1][Status]': 'completed', EndTime: call.EndTime },
      ConversationDuration: String(call.Details?.ConversationDuration),
    });
    expect((await deliveriesOf(callSid)).map(({ event, status }) => `${event} ${status}`).sort()).toEqual([
      'status_callback.answered delivered',
      'status_callback.terminal delivered',
    ]);
    // As it is typed into a shell: a + in an address means a blank.
    const filters = `Status=completed&Direction=outbound-api&From=${echo}&To=${tone}`;
    expect(await voice.list(`Sid=${callSid}&${filters}`)).toMatchObject({
      Metadata: { Total: 1 },
      Calls: [{ Sid: callSid }],
    });
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
    const callback = { StatusCallback: `${receiver.url}/flow`, 'StatusCallbackEvents[0]': 'terminal' };
    const { Sid } = await voice.order({ From: silent, Url: `http://my.exotel.com${path}`, ...callback });
    await voice.party(silent, 'the greeting', hears(fileHz));
    const call = await voice.ended(Sid);
    expect(call).toMatchObject({ Status: 'completed', To: null, Details: { Leg2Status: null } });
    expect(String(call.Details?.ConversationDuration)).toBe(call.Duration);
    const [terminal] = await told('/flow');
    expect(terminal?.body).toMatchObject({ To: '', ConversationDuration: call.Duration });
  });

  it('a bot has the call of a number, which ends when the bot closes', async () => {
    const { answer_tone: tone } = numbers();
    const { Sid } = await voice.order({ From: tone, StreamUrl: `${bot.url}/direct`, StreamType: 'bidirectional' });
    const talk = await bot.talk(0);
    await eventually(() => expect(talk.start).toMatchObject({ call_sid: Sid, from: tone }), { timeoutMs: patience });
    await eventually(() => expect(near(talk.hearingHz, answerHz)).toBe(true), { timeoutMs: patience });
    expect(await voice.activeStreams()).toMatchObject({ active_streams: 1, max_allowed_streams: 1_000 });
    talk.sayTone(1_300, 1_500);
    await voice.party(tone, 'the bot', hears(1_300));
    talk.close();
    expect(await voice.ended(Sid)).toMatchObject({ Status: 'completed', To: null });
    expect(await voice.activeStreams()).toMatchObject({ active_streams: 0 });
  });

  it('an announcement is heard by both, the call is streamed beside them, and its recording is fetched', async () => {
    const { dtmf_readback: silent, answer_tone: tone } = numbers();
    const { Sid } = await voice.order({
      ...{ From: silent, To: tone, TimeLimit: '4', Record: 'true', RecordingChannels: 'dual' },
      ...{ StartPlaybackToNew: 'Both', StartPlaybackValueNew: `${web.url}/tone.wav` },
      ...{ StreamUrl: `${bot.url}/beside`, StreamType: 'unidirectional', StreamName: 'ears' },
      ...{ StatusCallback: `${receiver.url}/recorded`, StatusCallbackContentType: 'application/json' },
    });
    await voice.party(silent, 'the announcement', hears(fileHz));
    await voice.party(silent, 'the other party', hears(answerHz));
    const talk = await bot.talk(1);
    expect(talk.start).toMatchObject({ call_sid: Sid, from: silent, to: tone });
    const hearing = () => expect(near(talk.hearingOn('outbound'), answerHz)).toBe(true);
    await eventually(hearing, { timeoutMs: patience });
    expect(await voice.ended(Sid)).toMatchObject({ Status: 'completed' });
    await talk.message('stop');

    const [post] = await told('/recorded');
    const signedUrl = await eventually(async () => (await voice.call(Sid, 'RecordingUrlValidity=5')).RecordingUrl, {
      timeoutMs: patience,
      message: 'a URL of the recording',
    });
    const signed = await eventually(
      async () => {
        const answer = await fetch(signedUrl ?? '');
        return answer.status === 200 ? answer : undefined;
      },
      { timeoutMs: patience, message: 'the recording to be fetched' },
    );
    const { channels, lengthMs } = await decodeMp3(new Uint8Array(await signed.arrayBuffer()));
    expect(channels).toHaveLength(2);
    const lastSecond = channels[1]?.subarray((lengthMs - 1_500) * 8, (lengthMs - 500) * 8);
    expect(bandShare(lastSecond, answerHz)).toBeGreaterThan(0.9);
    const plain = (await voice.call(Sid)).RecordingUrl ?? '';
    expect(plain).toBe(post?.body.RecordingUrl);
    expect((await fetch(plain)).status).toBe(401);
    expect((await voice.ask(new URL(plain).pathname)).status).toBe(200);
  });

  it('who waits hears the file of WaitUrl; nobody answers in the time', async () => {
    const { dtmf_readback: silent, no_answer: nobody } = numbers();
    const callback = { StatusCallback: `${receiver.url}/basic`, StatusCallbackContentType: 'application/json' };
    const WaitUrl = `${web.url}/tone.wav`;
    const { Sid } = await voice.order({ From: silent, To: nobody, TimeOut: '5', WaitUrl, ...callback });
    await voice.party(silent, 'the file', hears(fileHz));
    const call = await voice.ended(Sid);
    expect(call).toMatchObject({ Status: 'no-answer', Duration: '0', Details: { Leg2Status: 'no-answer' } });
    const [post] = await told('/basic');
    expect(post?.body).toEqual({
      ...{ CallSid: Sid, Status: 'no-answer', DateUpdated: call.EndTime, RecordingUrl: null },
    });
  });

  it('a WaitUrl that is no audio gives way to ringback, and the record says why', async () => {
    const { dtmf_readback: silent, no_answer: nobody } = numbers();
    const { Sid } = await voice.order({ From: silent, To: nobody, WaitUrl: `${web.url}/page.wav` });
    await voice.party(silent, 'ringback', hears(425));
    const { body } = await admin.request('GET', `/api/v1/calls/${Sid}`);
    const events: Array<{ type: string; data: unknown }> = body.events;
    const why = expect.stringMatching(/audio/);
    expect(events.find(({ type }) => type === 'playing-failed')?.data).toEqual({ what: 'waiting', why });
    const heard = await voice.party(silent, 'anything', () => true);
    await admin.request('DELETE', `/api/v1/simulator/calls/${heard.id}`);
    expect(await voice.ended(Sid)).toMatchObject({ Status: 'canceled' });
  });

  it('a number that no carrier may dial, or that is our own, is refused with the reason, and leaves nothing', async () => {
    const before = (await voice.list('')).Metadata.Total;
    const { echo: From } = numbers();
    const [own = ''] = server.bootstrap.exophones;
    for (const To of ['+881612345678', '+12125550123', own]) {
      const refused = await voice.refused({ From, To });
      expect(refused).toMatchObject({ httpStatus: 403, Status: 403, Code: 'FORBIDDEN' });
      expect(refused.Message).toMatch(/Closed|Allowed|Our Own/);
    }
    expect((await voice.list('')).Metadata.Total).toBe(before);
  });

  it('a call reads the same in XML, which is the default, and in JSON, field by field', async () => {
    const [{ Sid = '' } = {}] = (await voice.list(`Status=completed&From=${numbers().echo}`)).Calls;
    const inJson = await voice.call(Sid);
    expect(Object.keys(inJson)).toEqual([...fieldsOfCall, 'Details']);
    for (const time of [inJson.DateCreated, inJson.DateUpdated, inJson.StartTime, inJson.EndTime])
      expect(time).toMatch(timeInIndia);
    expect(inJson).toMatchObject({
      ...{ Sid: expect.stringMatching(/^[0-9a-f]{32}$/), ParentCallSid: null, Price: null, AnsweredBy: null },
      ...{ ForwardedFrom: null, CallerName: null, RecordingUrl: null, Duration: expect.stringMatching(/^\d+$/) },
      Uri: `/v1/Accounts/${server.bootstrap.account.sid}/Calls.json/${Sid}`,
    });
    const xml = await voice.ask(`Calls/${Sid}?details=true`);
    expect(xml.headers.get('content-type')).toBe('application/xml; charset=utf-8');
    expect(xml.text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<TwilioResponse><Call><Sid>/);
    expect(new XMLParser({ parseTagValue: false }).parse(xml.text).TwilioResponse.Call).toEqual({
      ...Object.fromEntries(fieldsOfCall.map((name) => [name, inJson[name as 'Sid'] ?? ''])),
      Details: {
        ConversationDuration: String(inJson.Details?.ConversationDuration),
        ...{ Leg1Status: 'completed', Leg2Status: 'completed' },
        Legs: { Leg: inJson.Details?.Legs.map(({ Leg: { Id, OnCallDuration } }) => texts({ Id, OnCallDuration })) },
      },
    });
    const unknown = await voice.ask(`Calls/${'0'.repeat(32)}`);
    expect([unknown.status, unknown.text]).toEqual([
      404,
      expect.stringMatching(
        /^<\?xml.*\?>\n<TwilioResponse><RestException><Status>404<\/Status><Message>.+<\/Message><Code>NOT_FOUND<\/Code><\/RestException><\/TwilioResponse>\n$/,
      ),
    ]);
    const { sid } = server.bootstrap.account;
    expect(await voice.account()).toEqual({
      ...{ Sid: sid, FriendlyName: expect.stringMatching(/./), Type: 'Full', Status: 'active', BillingType: null },
      ...{ KycStatus: null, DateCreated: expect.stringMatching(timeInIndia), Uri: `/v1/Accounts/${sid}` },
    });
  });

  it('a list goes page by page in both directions', async () => {
    const all = (await voice.list('PageSize=100&SortBy=DateCreated:asc')).Calls.map(({ Sid }) => Sid);
    const first = await voice.list('PageSize=2&SortBy=DateCreated:asc');
    expect(first.Metadata).toMatchObject({ Total: all.length, PageSize: 2, PrevPageUri: null });
    const second = await voice.list(first.Metadata.NextPageUri ?? '');
    expect([...first.Calls, ...second.Calls].map(({ Sid }) => Sid)).toEqual(all.slice(0, 4));
    expect(await voice.list(second.Metadata.PrevPageUri ?? '')).toMatchObject({ Calls: first.Calls });
    expect(await voice.list(second.Metadata.FirstPageUri)).toEqual(first);
  });

  it('From, which was busy, is called again by a call of its own; the end is told once, of the last try', async () => {
    const [post, ...more] = await eventually(
      () => {
        const own = receiver.posts.filter(({ path }) => path === '/tries');
        return own.length > 0 ? own : undefined;
      },
      { timeoutMs: 25_000, message: 'the end of the tries' },
    );
    expect([post?.body.CallSid, post?.body.Status, more]).toEqual([triedTwice, 'busy', []]);
    const { Calls } = await voice.list(`ParentCallSid=${triedTwice}`);
    expect(Calls).toMatchObject([{ ParentCallSid: triedTwice, Status: 'busy', From: numbers().busy }]);
    expect(await voice.call(triedTwice)).toMatchObject({ ParentCallSid: null, Status: 'busy' });
    expect(post?.body.DateUpdated).toBe(Calls[0]?.EndTime);
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });

  it('a server that dies tells the end of calls that it left, makes the try that waited, and keeps what was not taken', async () => {
    const { echo, answer_tone: tone, busy } = numbers();
    const broken = await voice.order({ From: busy, To: echo, StatusCallback: `${receiver.url}/broken` });
    const untaken = await eventually(
      async () => (await deliveriesOf(broken.Sid)).find(({ attempts }) => attempts === 1),
      { timeoutMs: patience, message: 'a first attempt' },
    );
    expect(untaken).toMatchObject({ status: 'pending', last_http_status: 500 });
    const waitsMs = Date.parse(untaken.next_attempt_at ?? '') - Date.now();
    expect(waitsMs).toBeGreaterThan(280_000);
    expect(waitsMs).toBeLessThan(301_000);

    const waiting = await voice.order({
      ...{ From: busy, To: echo, MaxRetries: '1', StatusCallback: `${receiver.url}/tried-after` },
    });
    await voice.ended(waiting.Sid);
    const left = await voice.order({ From: echo, To: tone, StatusCallback: `${receiver.url}/left` });
    await voice.party(echo, 'the tone', hears(answerHz));
    await server.kill();
    await server.restart();
    const [post] = await told('/left');
    expect(post?.body).toMatchObject({ CallSid: left.Sid, Status: 'failed' });
    expect(await voice.call(left.Sid)).toMatchObject({ Status: 'failed', EndTime: post?.body.DateUpdated });
    expect((await deliveriesOf(broken.Sid)).map(({ delivery_id: id, attempts }) => [id, attempts])).toEqual([
      [untaken.delivery_id, 1],
    ]);
    expect(receiver.posts.filter(({ path }) => path === '/broken')).toHaveLength(1);
    const end = () => receiver.posts.find(({ path }) => path === '/tried-after');
    const last = await eventually(end, { timeoutMs: 30_000, message: 'the end of the try that waited' });
    const { Calls } = await voice.list(`ParentCallSid=${waiting.Sid}`);
    expect(Calls).toMatchObject([{ ParentCallSid: waiting.Sid, Status: 'busy', From: busy }]);
    expect(last.body).toMatchObject({ CallSid: waiting.Sid, Status: 'busy', DateUpdated: Calls[0]?.EndTime });
  });

  it('more than 200 in a minute are refused until the first is a minute old', async () => {
    let answer = await voice.ask('Calls/connect.json', {});
    for (let asked = 0; asked < 200 && answer.status !== 429; asked++)
      answer = await voice.ask('Calls/connect.json', {});
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      429,
      { RestException: { Status: 429, Message: expect.stringMatching(/200 calls/), Code: 'RATE_LIMIT_EXCEEDED' } },
    ]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('x-ratelimit-limit')).toBe('200');
  });
});

function near(heard: number | null | undefined, hz: number): boolean {
  return typeof heard === 'number' && Math.abs(heard - hz) <= 40;
}

/** As they stand in XML. */
function texts(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
