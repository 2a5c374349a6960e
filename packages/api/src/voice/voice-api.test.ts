import { CallError } from '@intermix/calls';
import { XMLParser } from 'fast-xml-parser';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';
import { endedLeg } from '../testing/memory-voice.js';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const own = basic('key:token');
const numbers = { From: '+919876543210', To: '+919876543211', CallerId: '08047100000' };

/** One API for the tables of what is refused or changes nothing: making one takes its time. */
let shared: TestApi;
beforeAll(async () => {
  shared = await makeApi();
});
beforeEach(async () => {
  shared.voice.placed.length = 0;
  shared.voice.calls.length = 0;
  shared.voice.asked.length = 0;
  shared.voice.fails.with = undefined;
  await shared.clock.advance(60_001);
});

interface Asked {
  pair?: string | undefined;
  accept?: string;
  form?: Record<string, string>;
  payload?: string | Buffer | object;
  type?: string;
}

async function ask(api: TestApi, method: 'GET' | 'POST' | 'PUT', path: string, asked: Asked = {}) {
  const { pair = own, accept, form, type } = asked;
  const payload = form ? new URLSearchParams(form).toString() : asked.payload;
  const contentType = form ? 'application/x-www-form-urlencoded' : type;
  const answer = await api.app.inject({
    method,
    url: path.startsWith('/') ? path : `/v1/Accounts/one/${path}`,
    headers: {
      ...(pair && { authorization: pair }),
      ...(accept && { accept }),
      ...(contentType && { 'content-type': contentType }),
    },
    ...(payload === undefined ? {} : { payload }),
  });
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body: isJson ? answer.json() : new XMLParser({ parseTagValue: false }).parse(answer.body),
  };
}

const connect = (api: TestApi, form: Record<string, string>) => ask(api, 'POST', 'Calls/connect.json', { form });

describe('the form of an answer', () => {
  it.each([
    ['Calls', undefined, 'application/xml; charset=utf-8'],
    ['Calls', '*/*', 'application/xml; charset=utf-8'],
    ['Calls', 'application/json, text/plain, */*', 'application/json; charset=utf-8'],
    ['Calls', 'text/html,application/xml;q=0.9,application/json;q=0.8', 'application/xml; charset=utf-8'],
    ['Calls.json', 'application/xml', 'application/json; charset=utf-8'],
    ['Calls.json/x', undefined, 'application/json; charset=utf-8'],
    ['Calls/x.json', undefined, 'application/json; charset=utf-8'],
    ['/v1/Accounts/one.json', undefined, 'application/json; charset=utf-8'],
    ['/v1/Accounts/one', undefined, 'application/xml; charset=utf-8'],
    ['nothing.json', undefined, 'application/json; charset=utf-8'],
  ])('%s with Accept %s is %s', async (path, accept, type) => {
    const { headers } = await ask(shared, 'GET', path, accept === undefined ? {} : { accept });
    expect(headers['content-type']).toBe(type);
  });

  it('takes addresses in lower case, as one page of the vendor prints them', async () => {
    const api = shared;
    const lower = {
      from: numbers.From,
      to: numbers.To,
      callerid: numbers.CallerId,
      statuscallback: 'https://a.example/',
    };
    const { status } = await ask(api, 'POST', '/v1/accounts/one/calls/connect', { form: lower });
    expect(status).toBe(200);
    expect(api.voice.placed[0]).toMatchObject({ from: '+919876543210', statusCallback: { url: 'https://a.example/' } });
    expect((await ask(api, 'GET', '/v1/accounts/one/activestreams')).status).toBe(200);
    expect((await ask(api, 'GET', '/v1/accounts/One/calls')).status).toBe(404); // An id is not a word.
  });
});

describe('who may ask', () => {
  const foreign = basic('key2:token2');
  it.each([
    ['nobody', '', 401],
    ['a wrong token', basic('key:wrong'), 401],
    ['a wrong key', basic('wrong:token'), 401],
    ['no pair', basic('key'), 401],
    ['a bearer', 'Bearer token', 401],
    ['another account', foreign, 404],
  ])('%s is refused everywhere', async (_who, pair, status) => {
    const api = shared;
    await connect(api, numbers);
    const sid = api.voice.calls[0]?.call.callSid;
    const routes = [
      ['GET', '/v1/Accounts/one.json'],
      ['GET', '/v1/Accounts/one/ActiveStreams.json'],
      ['GET', '/v1/Accounts/one/Calls.json'],
      ['GET', `/v1/Accounts/one/Calls/${sid}.json`],
      ['POST', '/v1/Accounts/one/Calls/connect.json'],
    ] as const;
    for (const [method, path] of routes) {
      const refused = await ask(api, method, path, { pair, ...(method === 'POST' && { form: numbers }) });
      expect(refused.status, path).toBe(status);
      const Code = status === 401 ? 'UNAUTHORIZED' : 'NOT_FOUND';
      expect(refused.body).toEqual({ RestException: { Status: status, Message: expect.any(String), Code } });
      if (status === 401) expect(refused.headers['www-authenticate']).toMatch(/^Basic /);
    }
    expect(api.voice.placed).toHaveLength(1);
  });

  it('another account does not find the call under its own address either', async () => {
    const api = await makeApi();
    await connect(api, numbers);
    const sid = api.voice.calls[0]?.call.callSid;
    expect((await ask(api, 'GET', `/v1/Accounts/two/Calls/${sid}`, { pair: foreign })).status).toBe(404);
    expect((await ask(api, 'GET', '/v1/Accounts/two/Calls.json', { pair: foreign })).body.Calls).toEqual([]);
    const used = await ask(api, 'POST', '/v1/Accounts/two/Calls/connect.json', { pair: foreign, form: numbers });
    expect(used.body.RestException).toMatchObject({
      Status: 400,
      Message: '"CallerId" is no ExoPhone of this account.',
    });
  });

  it('guessing is slowed, and the window passes', async () => {
    const api = await makeApi();
    for (let guess = 0; guess < 10; guess++) await ask(api, 'GET', 'Calls', { pair: basic(`key:${guess}`) });
    const refused = await ask(api, 'GET', 'Calls.json');
    expect(refused).toMatchObject({ status: 429, body: { RestException: { Code: 'RATE_LIMIT_EXCEEDED' } } });
    await api.clock.advance(60_001);
    expect((await ask(api, 'GET', 'Calls.json')).status).toBe(200);
  });
});

describe('an order', () => {
  it('between two numbers: XML with every field, and what the switch is told', async () => {
    const api = await makeApi();
    const { status, text, headers } = await ask(api, 'POST', 'Calls/connect', {
      form: {
        ...numbers,
        ...{ TimeLimit: '60', TimeOut: '20', CallType: 'trans', Record: 'true', RecordingChannels: 'dual' },
        ...{
          RecordingFormat: 'mp3-hq',
          CustomField: 'a<b&"c"',
          WaitUrl: 'https://a.example/wait.wav',
          MaxRetries: '2',
        },
        ...{ StartPlaybackToNew: 'Both', StartPlaybackValueNew: 'https://a.example/hello.wav' },
        ...{ StatusCallback: 'https://a.example/status', 'StatusCallbackEvents[0]': 'terminal' },
        ...{ 'StatusCallbackEvents[1]': 'answered', StatusCallbackContentType: 'application/json', Unknown: 'x' },
      },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '199' });
    expect(text).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse><Call><Sid>${'1'.padStart(32, '0')}</Sid><ParentCallSid/>` +
        '<DateCreated>2026-01-01 05:30:00</DateCreated><DateUpdated>2026-01-01 05:30:00</DateUpdated>' +
        '<AccountSid>one</AccountSid><To>+919876543211</To><From>+919876543210</From>' +
        '<PhoneNumberSid>+918047100000</PhoneNumberSid><Status>in-progress</Status>' +
        '<StartTime>2026-01-01 05:30:00</StartTime><EndTime/><Duration/><Price/><Direction>outbound-api</Direction>' +
        '<AnsweredBy/><ForwardedFrom/><CallerName/>' +
        `<Uri>/v1/Accounts/one/Calls.json/${'1'.padStart(32, '0')}</Uri><RecordingUrl/></Call></TwilioResponse>\n`,
    );
    expect(api.voice.placed).toEqual([
      {
        accountSid: 'one',
        first: { number: '+919876543210' },
        target: { number: '+919876543211' },
        mode: 'numbers',
        from: '+919876543210',
        to: '+919876543211',
        callerId: '+918047100000',
        ringTimeoutSec: 20,
        timeLimitSec: 60,
        waitUrl: 'https://a.example/wait.wav',
        playback: { url: 'https://a.example/hello.wav', to: 'both' },
        recording: { channels: 'dual', format: 'mp3-hq' },
        stream: undefined,
        customField: 'a<b&"c"',
        maxRetries: 2,
        statusCallback: {
          url: 'https://a.example/status',
          events: ['terminal', 'answered'],
          contentType: 'application/json',
        },
      },
    ]);
  });

  it('in JSON: the same fields, null where nothing is known', async () => {
    const { body } = await connect(await makeApi(), numbers);
    expect(body).toEqual({
      Call: {
        ...{ Sid: expect.stringMatching(/^.{32}$/), ParentCallSid: null, AccountSid: 'one' },
        ...{ DateCreated: '2026-01-01 05:30:00', DateUpdated: '2026-01-01 05:30:00', StartTime: '2026-01-01 05:30:00' },
        ...{ To: '+919876543211', From: '+919876543210', PhoneNumberSid: '+918047100000', Status: 'in-progress' },
        ...{ EndTime: null, Duration: null, Price: null, Direction: 'outbound-api', AnsweredBy: null },
        ...{ ForwardedFrom: null, CallerName: null, Uri: expect.stringContaining('/Calls.json/'), RecordingUrl: null },
      },
    });
  });

  it.each(['asha', 'agent_001', 'sip:asha', 'sip:asha@one.intermix.local'])('rings the user %s first', async (From) => {
    const api = shared;
    const { body } = await connect(api, { ...numbers, From });
    expect(body.Call.From).toBe('asha');
    expect(api.voice.placed[0]?.first).toMatchObject({ user: { userId: 'agent_001' } });
  });

  it('to a flow of the account, and to a bot: To is null', async () => {
    const api = shared;
    const { From, CallerId } = numbers;
    const Url = 'http://my.exotel.com/one/exoml/start_voice/flw1';
    const flow = await connect(api, { From, CallerId, Url });
    const bot = await connect(api, { From, CallerId, StreamUrl: 'wss://b.example/x', StreamType: 'bidirectional' });
    expect([flow.body.Call.To, bot.body.Call.To]).toEqual([null, null]);
    expect(api.voice.placed.map(({ mode }) => mode)).toEqual(['flow', 'bot']);
  });

  it.each([
    ['multipart/form-data; boundary=x', multipart({ ...numbers, 'StatusCallbackEvents[]': 'terminal' })],
    ['application/json', JSON.stringify({ ...numbers, TimeLimit: 60, StatusCallbackEvents: ['terminal'] })],
    ['application/json; charset=utf-8', JSON.stringify(numbers)],
  ])('comes as %s too', async (type, payload) => {
    const api = shared;
    const { status, body } = await ask(api, 'POST', 'Calls/connect.json', { type, payload });
    expect({ status, body }).toMatchObject({ status: 200, body: { Call: { From: '+919876543210' } } });
  });

  const bot = { StreamUrl: 'wss://b.example/x', StreamType: 'bidirectional' };
  const flowUrl = 'http://my.exotel.com/one/exoml/start_voice/flw1';
  it.each<[string, Record<string, string>]>([
    ['From', { From: '' }],
    ['From', { From: 'nobody' }],
    ['From', { From: 'sip:nobody' }],
    ['From', { From: '12' }],
    ['From', { From: 'x'.repeat(257) }],
    ['From', { from: '+919876543212' }],
    ['CallerId', { CallerId: '' }],
    ['CallerId', { CallerId: '+919999999999' }],
    ['CallerId', { CallerId: '+918047100001' }],
    ['To', { To: '' }],
    ['To', { To: 'nobody' }],
    ['To', { Url: flowUrl }],
    ['To', bot],
    ['StreamUrl', { To: '', Url: flowUrl, StreamUrl: bot.StreamUrl }],
    ['StreamType', { To: '', Url: flowUrl, StreamType: 'bidirectional' }],
    ['StreamUrl', { To: '', StreamType: 'bidirectional' }],
    ['StreamType', { To: '', StreamUrl: bot.StreamUrl }],
    ['StreamType', { ...bot, StreamType: 'both' }],
    ['StreamUrl', { To: '', ...bot, StreamUrl: 'ftp://b.example/' }],
    ['StreamUrl', { To: '', ...bot, StreamUrl: `wss://b.example/${'x'.repeat(584)}` }],
    ['StreamName', { StreamName: 'x'.repeat(33) }],
    ['StreamBegin', { StreamBegin: 'soon' }],
    ['Url', { To: '', Url: 'https://elsewhere.example/hello.xml' }],
    ['Url', { To: '', Url: 'http://my.exotel.com/two/exoml/start_voice/flw1' }],
    ['Url', { To: '', Url: 'http://my.exotel.com/one/exoml/start_voice/flw2' }],
    ['CallType', { CallType: 'promo' }],
    ['TimeLimit', { TimeLimit: '14401' }],
    ['TimeLimit', { TimeLimit: '0' }],
    ['TimeLimit', { TimeLimit: '1.5' }],
    ['TimeOut', { TimeOut: '61' }],
    ['TimeOut', { TimeOut: 'soon' }],
    ['WaitUrl', { WaitUrl: 'file:///etc/passwd' }],
    ['Record', { Record: 'yes' }],
    ['RecordingChannels', { RecordingChannels: 'stereo' }],
    ['RecordingFormat', { RecordingFormat: 'ogg' }],
    ['CustomField', { CustomField: 'x'.repeat(129) }],
    ['CustomField', { CustomField: 'a\nb' }],
    ['CustomField', { CustomField: 'a\0b' }],
    ['MaxRetries', { MaxRetries: '4' }],
    ['StartPlaybackToNew', { StartPlaybackToNew: 'Caller' }],
    ['StartPlaybackValueNew', { StartPlaybackToNew: 'Both' }],
    ['StartPlaybackValueNew', { StartPlaybackValueNew: 'hello' }],
    ['StatusCallback', { StatusCallback: 'mailto:a@b.example' }],
    ['StatusCallbackEvents', { 'StatusCallbackEvents[0]': 'completed' }],
    ['StatusCallbackContentType', { StatusCallbackContentType: 'text/xml' }],
  ])('whose %s is wrong is refused by name (%#)', async (field, changes) => {
    const api = shared;
    const { status, body } = await connect(api, { ...numbers, ...changes });
    expect({ status, body }).toEqual({
      status: 400,
      body: { RestException: { Status: 400, Message: expect.stringContaining(`"${field}"`), Code: 'BAD_REQUEST' } },
    });
    expect(api.voice.placed).toEqual([]);
  });

  it('at the bounds is taken', async () => {
    const api = shared;
    const bounds = { TimeLimit: '14400', TimeOut: '60', CustomField: 'x'.repeat(128), StreamName: 'x'.repeat(32) };
    const stream = { StreamUrl: `wss://b.example/${'x'.repeat(583)}`, StreamBegin: 'at Leg1Connect', ...bounds };
    expect((await connect(api, { ...numbers, ...stream })).status).toBe(200);
    expect(api.voice.placed[0]?.stream).toMatchObject({ begin: 'leg1', name: bounds.StreamName });
  });

  it.each([
    ['not-allowed', 403, 'FORBIDDEN'],
    ['device-busy', 409, 'CONFLICT'],
    ['device-off', 409, 'CONFLICT'],
    ['carrier-channels', 503, 'SERVICE_UNAVAILABLE'],
    ['unavailable', 503, 'SERVICE_UNAVAILABLE'],
  ] as const)('that the switch refuses as %s is %i with the reason', async (problem, status, Code) => {
    const api = shared;
    api.voice.fails.with = new CallError(problem, 'the number is not dialled: Country Not Allowed');
    const refused = await connect(api, numbers);
    expect(refused).toMatchObject({
      status,
      body: { RestException: { Status: status, Message: expect.stringContaining('Country Not Allowed'), Code } },
    });
    expect(refused.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  });

  it('that fails for a reason of ours says nothing of it', async () => {
    const api = shared;
    api.voice.fails.with = new Error('secret');
    const { status, text } = await connect(api, numbers);
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
  });

  it('too many in a minute: 429 until the first of them is a minute old', async () => {
    const api = await makeApi();
    await connect(api, numbers);
    await api.clock.advance(30_000);
    for (let nth = 2; nth <= 200; nth++) await connect(api, { ...numbers, From: '' }); // A refused one counts too.
    const refused = await connect(api, numbers);
    expect(refused).toMatchObject({
      status: 429,
      headers: {
        'retry-after': '30',
        'x-ratelimit-limit': '200',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1767225660',
      },
      body: { RestException: { Status: 429, Code: 'RATE_LIMIT_EXCEEDED' } },
    });
    expect((await ask(api, 'GET', 'Calls.json')).status).toBe(200); // Reading is not ordering.
    await api.clock.advance(30_001);
    expect((await connect(api, numbers)).status).toBe(200);
    expect((await connect(api, numbers)).status).toBe(429); // The other 199 are not a minute old.
  });
});

describe('bodies that are none', () => {
  it.each([
    ['text/plain', 'From=x', 415],
    ['application/json', '{"From"', 400],
    ['application/json', '[1]', 400],
    ['application/json', '{"From":{"a":1}}', 400],
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="From"\r\n\r\nhalf', 400],
    ['multipart/form-data', 'no boundary', 400],
    ['application/x-www-form-urlencoded', `From=${'x'.repeat(300_000)}`, 413],
    ['application/x-www-form-urlencoded', 'a=1&'.repeat(101), 400],
    ['application/x-www-form-urlencoded', '%E0%A4%A=%00&From=%ud800', 400],
  ])('%s is refused (%#)', async (type, payload, status) => {
    const api = shared;
    const refused = await ask(api, 'POST', 'Calls/connect.json', { type, payload });
    expect(refused.status).toBe(status);
    expect(refused.body.RestException).toMatchObject({ Status: status });
  });

  it('what does not exist, or not so, is told in this API’s way', async () => {
    const api = shared;
    expect((await ask(api, 'GET', 'Nothing.json')).body.RestException).toMatchObject({ Status: 404 });
    const refused = await ask(api, 'GET', 'Calls/connect.json');
    expect(refused).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect((await ask(api, 'GET', '/v1/Accounts/one/Calls/%zz')).body.TwilioResponse.RestException.Status).toBe('400');
  });
});

describe('reading', () => {
  it('one call with details, in both forms', async () => {
    const api = shared;
    await connect(api, numbers);
    const [detail] = api.voice.calls;
    const at = (sec: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + sec * 1000);
    const call = {
      ...detail!.call,
      status: 'completed' as const,
      answeredAt: at(10),
      endedAt: at(40),
      durationSec: 30,
    };
    const legs = [endedLeg('caller', at(5), at(40)), endedLeg('callee', at(10), at(40))];
    api.voice.calls[0] = { ...detail!, call, legs };
    api.voice.recordings.set(call.callSid, 'https://pbx.example/rec.mp3');
    const plain = await ask(api, 'GET', `Calls.json/${call.callSid}`);
    expect(plain.body.Call).toMatchObject({ Status: 'completed', Duration: '30', EndTime: '2026-01-01 05:30:40' });
    expect(plain.body.Call).toMatchObject({ RecordingUrl: 'https://pbx.example/rec.mp3' });
    expect(plain.body.Call).not.toHaveProperty('Details');
    const json = await ask(api, 'GET', `Calls/${call.callSid}.json?details=true&RecordingUrlValidity=60`);
    expect(json.body.Call.Details).toEqual({
      ...{ ConversationDuration: 30, Leg1Status: 'completed', Leg2Status: 'completed' },
      Legs: [{ Leg: { Id: 1, OnCallDuration: 35 } }, { Leg: { Id: 2, OnCallDuration: 30 } }],
    });
    // A flow or a bot: who was called first talked with it, and the callback says the same.
    api.voice.calls[0] = { ...detail!, call, legs: legs.slice(0, 1) };
    const alone = await ask(api, 'GET', `Calls/${call.callSid}.json?details=true`);
    expect(alone.body.Call.Details).toMatchObject({ ConversationDuration: 30, Leg2Status: null });
    api.voice.calls[0] = { ...detail!, call, legs };
    const xml = await ask(api, 'GET', `Calls/${call.callSid}?Details=true`);
    expect(xml.text).toContain(
      '<Details><ConversationDuration>30</ConversationDuration><Leg1Status>completed</Leg1Status>' +
        '<Leg2Status>completed</Leg2Status><Legs><Leg><Id>1</Id><OnCallDuration>35</OnCallDuration></Leg>' +
        '<Leg><Id>2</Id><OnCallDuration>30</OnCallDuration></Leg></Legs></Details></Call></TwilioResponse>',
    );
  });

  it.each(['4', '61', 'x'])('RecordingUrlValidity=%s is refused', async (value) => {
    const { status } = await ask(shared, 'GET', `Calls/x.json?RecordingUrlValidity=${value}`);
    expect(status).toBe(400);
  });

  it('a list: what is looked for, and where the other pages are', async () => {
    const api = shared;
    await connect(api, numbers);
    const query = new URLSearchParams({
      ...{ Sid: 'a,b', DateCreated: 'gte:2026-01-01 00:00:00;lte:2026-01-31 23:59:59', To: '+911', From: '+912' },
      ...{ PhoneNumber: '+918047100000', Status: 'in-progress,busy', Duration: 'gte:10s;lt:60', Price: 'gte:0.5' },
      ...{ Direction: 'outbound-api', PageSize: '2', SortBy: 'DateCreated:asc', After: 'C1' },
    });
    const { body } = await ask(api, 'GET', `Calls.json?${query}`);
    expect(api.voice.asked[0]).toEqual({
      ...{ accountSid: 'one', callSids: ['a', 'b'], fromParty: '+912', toParty: '+911', limit: 2, order: 'asc' },
      from: new Date('2025-12-31T18:30:00Z'),
      to: new Date('2026-01-31T18:29:59.999Z'),
      exophones: ['+918047100000'],
      statuses: ['in-progress', 'queued', 'ringing', 'busy'],
      durationSec: { gte: 10, lt: 60 },
      ...{ hasPrice: true, directions: ['outbound-api'], after: 'C1' },
    });
    expect(body.Metadata).toMatchObject({ Total: 1, PageSize: 2 });
    expect(body.Calls).toHaveLength(1);
    const next = new URL(body.Metadata.NextPageUri, 'http://x');
    expect(next.pathname).toBe('/v1/Accounts/one/Calls.json');
    expect(next.searchParams.get('After')).toBe('N1');
    expect(new URL(body.Metadata.PrevPageUri, 'http://x').searchParams.get('Before')).toBe('P1');
    await ask(api, 'GET', body.Metadata.NextPageUri);
    expect(api.voice.asked[1]).toEqual({ ...api.voice.asked[0], after: 'N1' });
  });

  it('a + that came as a blank is one again, where a number begins with it', async () => {
    const api = shared;
    const payload = 'From=+919876543210&To=+14155550123&CallerId=08047100000';
    await ask(api, 'POST', 'Calls/connect.json', { type: 'application/x-www-form-urlencoded', payload });
    expect(api.voice.placed[0]).toMatchObject({ from: '+919876543210', to: '+14155550123' });
    const filters = 'From=+919876543210&To=+14155550123&PhoneNumber=+918047100000,+14155550124,%209876543210';
    const { body } = await ask(api, 'GET', `Calls.json?${filters}&ParentCallSid=abc`);
    expect(api.voice.asked[0]).toMatchObject({
      ...{ fromParty: '+919876543210', toParty: '+14155550123', parentCallSid: 'abc' },
      exophones: ['+918047100000', '+14155550124', '9876543210'],
    });
    const next = new URL(body.Metadata.NextPageUri, 'http://x').searchParams;
    expect(next.get('ParentCallSid')).toBe('abc');
    await ask(api, 'GET', body.Metadata.NextPageUri);
    expect(api.voice.asked[1]).toMatchObject({ fromParty: '+919876543210', exophones: api.voice.asked[0]?.exophones });
  });

  it('a list in XML', async () => {
    const api = shared;
    await connect(api, numbers);
    const { text } = await ask(api, 'GET', 'Calls');
    expect(text).toMatch(
      /^<\?xml.*\?>\n<TwilioResponse><Metadata><Total>1<\/Total>.*<\/Metadata><Calls><Call><Sid>.*<\/Call><\/Calls><\/TwilioResponse>\n$/,
    );
  });

  it('without a time: the last month; with sids: whenever', async () => {
    const api = await makeApi();
    await api.clock.advance(100 * 86_400_000);
    await ask(api, 'GET', 'Calls');
    await ask(api, 'GET', 'Calls?Sid=a');
    expect(api.voice.asked.map(({ from, to }) => [from, to])).toEqual([
      [new Date('2026-03-11T00:00:00Z'), undefined],
      [undefined, undefined],
    ]);
    expect(api.voice.asked[0]).toMatchObject({ limit: 50, order: 'desc' });
  });

  it.each([
    ['Sid', Array.from({ length: 101 }, (_, nth) => nth).join()],
    ['DateCreated', 'gte:2026-01-01 00:00:00;lte:2026-02-01 00:00:01'],
    ['DateCreated', 'gte:1969-01-01 00:00:00'],
    ['DateCreated', 'gte:2026-01-02 00:00:00;lte:2026-01-01 00:00:00'],
    ['DateCreated', 'gte:2026-02-30 00:00:00'],
    ['DateCreated', '2026-01-01 00:00:00'],
    ['DateCreated', 'gte:2026-01-01'],
    ['PhoneNumber', '1,2,3,4,5,6'],
    ['Status', 'done'],
    ['Duration', 'gte:long'],
    ['Duration', 'about:10s'],
    ['Price', 'cheap'],
    ['Direction', 'out'],
    ['PageSize', '101'],
    ['PageSize', '0'],
    ['SortBy', 'Duration'],
  ])('refuses the filter %s by name (%#)', async (name, value) => {
    const api = shared;
    const { status, body } = await ask(api, 'GET', `Calls.json?${new URLSearchParams({ [name]: value })}`);
    expect(status).toBe(400);
    expect(body.RestException.Message).toContain(`"${name}"`);
    expect(api.voice.asked).toEqual([]);
  });

  it('the account and its streams', async () => {
    const api = shared;
    expect((await ask(api, 'GET', '/v1/Accounts/one.json')).body.Account).toMatchObject({
      ...{ Sid: 'one', FriendlyName: 'Acme', Status: 'active', DateCreated: '2026-01-01 05:30:00', KycStatus: null },
    });
    const json = await ask(api, 'GET', 'ActiveStreams.json');
    expect(json.body).toEqual({ status: 'success', active_streams: 3, max_allowed_streams: 100, account_sid: 'one' });
    const { text } = await ask(api, 'GET', 'ActiveStreams');
    expect(text).toContain(
      '<TwilioResponse><Stream><ActiveStreamCount>3</ActiveStreamCount><ThrottleLimit>100</ThrottleLimit></Stream></TwilioResponse>',
    );
  });

  it('text that XML cannot hold does not break the document', async () => {
    const api = shared;
    await connect(api, numbers);
    const [detail] = api.voice.calls;
    api.voice.calls[0] = { ...detail!, order: undefined, call: { ...detail!.call, to: ']]>\u0001<x>&' } };
    const { body } = await ask(api, 'GET', `Calls/${detail!.call.callSid}`);
    expect(body.TwilioResponse.Call.To).toBe(']]>\uFFFD<x>&');
    expect(body.TwilioResponse.Call.Direction).toBe('outbound-dial');
  });
});

it('documents every operation', async () => {
  const { app } = shared;
  await app.ready();
  const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, any>> };
  const operations = Object.entries(paths).filter(([path]) => /^\/v1\/(?!.*\/Recordings\/)/.test(path)); // Those are files.
  expect(operations.map(([path]) => path).sort()).toEqual([
    '/v1/Accounts/{account_sid}',
    '/v1/Accounts/{account_sid}/ActiveStreams.json',
    '/v1/Accounts/{account_sid}/Calls.json',
    '/v1/Accounts/{account_sid}/Calls/connect.json',
    '/v1/Accounts/{account_sid}/Calls/{call_sid}',
  ]);
  for (const [, methods] of operations)
    for (const { summary, operationId, responses, security } of Object.values(methods)) {
      expect(summary).toMatch(/^[A-Z]/);
      expect(operationId).toMatch(/^voice[A-Z]/);
      expect(security).toEqual([{ accountKey: [] }]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '401', '404', '429', '500']));
    }
});

function multipart(fields: Record<string, string>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--x--\r\n`;
}
