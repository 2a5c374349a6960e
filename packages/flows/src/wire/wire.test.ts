import { partyName } from '@intermix/calls';
import { describe, expect, it } from 'vitest';
import { FlowBench, streamEnd } from '../testing/flow-bench.js';
import { withQuery } from './passthru-query.js';
import { trunkHeaders } from './trunk-headers.js';

const bye = { type: 'hangup' };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const passthru = (more: object = {}) => ({
  type: 'passthru',
  url: 'https://crm.example/pass?k=1',
  next: 'bye',
  ...more,
});
const queryOf = (url = ''): Record<string, string> => Object.fromEntries(new URL(url).searchParams);

describe('the Passthru query', () => {
  it('of a call that has only begun', async () => {
    const bench = new FlowBench({ customField: 'order 7' });
    await bench.run({ tell: passthru(), bye });
    expect(bench.requests[0]?.url.startsWith('https://crm.example/pass?k=1&CallSid=c0ffee&')).toBe(true);
    expect(queryOf(bench.requests[0]?.url)).toEqual({
      k: '1',
      CallSid: 'c0ffee',
      CallFrom: '+919876543210',
      CallTo: '+918047100000',
      From: '+919876543210',
      To: '+918047100000',
      CallStatus: 'in-progress',
      Direction: 'incoming',
      Created: 'Thu, 01 Jan 2026 09:30:00',
      StartTime: '2026-01-01 09:30:05',
      CurrentTime: '2026-01-01 09:31:00',
      EndTime: '1970-01-01 05:30:00',
      CallType: 'call-attempt',
      CustomField: 'order 7',
      flow_id: '926',
    });
  });

  it('of a call that was placed has the digits in double quotes, and who was dialled', async () => {
    const bench = new FlowBench({ direction: 'outbound' });
    bench.control.outcomes = [{ status: 'no-answer', reason: 'no-answer', party: '+911130000001', dialledSec: 31 }];
    const menu = { type: 'gather', max_digits: 2, next: 'dial' };
    const dial = { type: 'connect', parties: [{ number: '+911130000001' }], next: 'tell' };
    const done = bench.run({ menu, dial, tell: passthru(), bye });
    await turn();
    bench.control.press('42');
    await done;
    expect(bench.requests[0]?.url).toContain('digits=%2242%22');
    expect(queryOf(bench.requests[0]?.url)).toMatchObject({
      ...{ Direction: 'outbound-dial', digits: '"42"', CallType: 'incomplete' },
      ...{ DialCallDuration: '31', DialCallStatus: 'no-answer', DialWhomNumber: '+911130000001' },
    });
  });

  it('behind a Voicebot tells how the stream ended', async () => {
    const bench = new FlowBench();
    const bot = { type: 'voicebot', url: 'wss://bot.example/media', next: 'tell' };
    const done = bench.run({ bot, tell: passthru(), bye });
    await turn();
    bench.streams[0]?.end({ ...streamEnd, status: 'failed', error: '3009 failed', detailedStatus: 'Streaming_x' });
    await done;
    const stream = Object.entries(queryOf(bench.requests[0]?.url)).filter(([name]) => name.startsWith('Stream['));
    expect(Object.fromEntries(stream)).toEqual({
      'Stream[StreamSID]': 'str1',
      'Stream[Status]': 'failed',
      'Stream[Duration]': '42',
      'Stream[StreamUrl]': 'wss://bot.example/media',
      'Stream[DisconnectedBy]': 'bot',
      'Stream[Error]': '3009 failed',
      'Stream[DetailedStatus]': 'Streaming_x',
    });
  });

  it.each([
    [true, 'https://pbx.example/rec.mp3'],
    [false, undefined],
  ])('behind a Voicebot that records (%s) tells where its recording will be', async (record, url) => {
    const bench = new FlowBench();
    bench.recordingUrl = 'https://pbx.example/rec.mp3';
    const bot = { type: 'voicebot', url: 'wss://bot.example/media', record, next: 'tell' };
    const done = bench.run({ bot, tell: passthru(), bye });
    await turn();
    bench.streams[0]?.end();
    await done;
    expect(queryOf(bench.requests[0]?.url)['Stream[RecordingUrl]']).toBe(url);
  });

  it.each([
    ['https://a.example', 'https://a.example?x=1'],
    ['https://a.example/?', 'https://a.example/?x=1'],
    ['https://a.example/?b=2#top', 'https://a.example/?b=2&x=1'],
  ])('goes behind %s', (url, whole) => {
    expect(withQuery(url, [['x', '1']])).toBe(whole);
  });
});

describe('the way from a Passthru', () => {
  const ways = { next: undefined, next_200: 'yes', next_302: 'no' };
  const ends = { yes: bye, no: bye, other: bye };

  it.each([
    [200, {}, 'yes'],
    [302, {}, 'no'],
    [204, {}, 'no'],
    [404, {}, 'no'],
    [500, { next_other: 'other' }, 'other'],
    [302, { next_other: 'other' }, 'no'],
    [undefined, {}, 'no'],
    [undefined, { next_other: 'other' }, 'other'],
  ])('%s with %j: %s', async (status, more, way) => {
    const bench = new FlowBench();
    bench.reply = () => (status === undefined ? undefined : { status });
    const { other, ...two } = ends;
    await bench.run({ tell: passthru({ ...ways, ...more }), ...two, ...('next_other' in more && { other }) });
    expect(bench.results).toEqual([`tell ${status ?? 'no-answer'}`, `${way} hung-up`]);
  });

  it('that is asynchronous is taken at once', async () => {
    const bench = new FlowBench();
    bench.reply = () => undefined;
    await bench.run({ tell: passthru({ mode: 'async' }), bye });
    expect(bench.results).toEqual(['tell sent', 'bye hung-up']);
    await turn();
    expect(bench.requests).toHaveLength(1);
  });
});

describe('the dynamic URL of a Connect', () => {
  const dial = {
    type: 'connect',
    dynamic_url: 'https://crm.example/whom',
    next: { completed: 'bye', empty: 'nobody', other: 'sorry' },
  };
  const ends = { bye, nobody: bye, sorry: bye };
  const answering = (bench: FlowBench, ...bodies: unknown[]) => {
    bench.reply = () => ({ status: 200, body: JSON.stringify(bodies.length > 1 ? bodies.shift() : bodies[0]) });
  };

  it('is asked as a Passthru is, with the version in a header, and its reply decides', async () => {
    const bench = new FlowBench();
    bench.users = { asha: { appId: 'crm', userId: 'asha' } };
    answering(bench, {
      fetch_after_attempt: false,
      destination: { numbers: ['+911130000001', 'sip:asha', 'sip:nobody', 42] },
      outgoing_phone_number: '+918047100000',
      record: true,
      recording_channels: 'dual',
      max_ringing_duration: 45,
      max_conversation_duration: '3600',
      music_on_hold: { type: 'audio_url', value: 'https://m.example/a.wav' },
      start_call_playback: { playback_to: 'both', type: 'text', value: 'This call is recorded' },
      parallel_ringing: { activate: true, max_parallel_attempts: 3 },
      dial_passthru_event_url: 'https://crm.example/events',
      custom_params: 'order=7&Exotel-Id=1',
    });
    await bench.run({ dial, ...ends });
    expect(bench.requests[0]?.headers).toMatchObject({ 'Exotel-Version': '1.0' });
    expect(queryOf(bench.requests[0]?.url)).toMatchObject({ CallSid: 'c0ffee', flow_id: '926' });
    expect(bench.control.log[0]).toBe('record {"channels":"dual"}');
    expect(bench.control.connects).toHaveLength(1);
    expect(bench.control.connects[0]).toMatchObject({
      parties: [
        { type: 'number', number: '+911130000001' },
        { type: 'user', appId: 'crm', userId: 'asha' },
      ],
      ...{ callerId: '+918047100000', ringTimeoutSec: 45, timeLimitSec: 3600, headers: [['X-order', '7']] },
      ...{ waiting: { file: '/prompts/1.wav' }, announcement: { file: '/prompts/2.wav', to: 'both' } },
    });
    expect(bench.prompts[0]).toEqual({ url: 'https://m.example/a.wav' });
    expect(bench.control.notes.filter(({ result }) => result === 'refused').map(({ error }) => error)).toEqual([
      'custom_params: the prefix of "Exotel-Id" is reserved',
      'nobody of the account is sip:nobody',
    ]);
    expect(bench.results.at(-1)).toBe('bye hung-up');
  });

  it.each([
    ['+14155550123', 'number +14155550123'],
    ['4155550123', 'number 4155550123'],
    ['(0) 7700 900123', 'number (0) 7700 900123'],
    ['sip:4155550123@x', 'number 4155550123'],
    ['sip:10000001', 'user 10000001'],
    ['10000001', 'user 10000001'],
    ['sip:car_1', 'trunk car_1'],
    ['sip:car_2', 'nobody'],
    ['car_1', 'trunk car_1'],
    ['sip:911', 'nobody'],
    ['ravi', 'nobody'],
  ])('%s is %s, which the switch reads as the account’s country writes it', async (address, who) => {
    const bench = new FlowBench();
    bench.users = { 10000001: { appId: 'crm', userId: '10000001' } };
    bench.trunks = ['car_1'];
    answering(bench, { destination: { numbers: [address] } });
    await bench.run({ dial, ...ends });
    const [party] = bench.control.connects[0]?.parties ?? [];
    const found = party && `${party.type} ${partyName(party)}`;
    expect(found ?? 'nobody').toBe(who);
  });

  it('may name a trunk apart', async () => {
    const bench = new FlowBench();
    bench.trunks = ['car_1'];
    answering(bench, { destination: { trunk: 'car_1' } });
    await bench.run({ dial, ...ends });
    expect(bench.control.connects[0]?.parties).toEqual([{ type: 'trunk', carrierId: 'car_1' }]);
  });

  it('names parties that ring one after the other unless it says otherwise', async () => {
    const bench = new FlowBench();
    answering(bench, { destination: { numbers: ['+911130000001', '+911130000002', '+911130000003'] } });
    bench.control.outcomes = [{ status: 'busy', reason: 'busy' }];
    await bench.run({ dial, ...ends });
    expect(bench.control.log.filter((line) => line.startsWith('connect'))).toEqual([
      'connect +911130000001',
      'connect +911130000002',
    ]);
  });

  it('rings five at once at most', async () => {
    const bench = new FlowBench();
    const numbers = Array.from({ length: 7 }, (_, n) => `+91113000000${n}`);
    answering(bench, { destination: { numbers }, parallel_ringing: { activate: true, max_parallel_attempts: 50 } });
    bench.control.outcomes = [{ status: 'no-answer', reason: 'no-answer' }];
    await bench.run({ dial, ...ends });
    expect(bench.control.connects.map(({ parties }) => parties.length)).toEqual([5, 2]);
  });

  it('is asked again after each attempt that failed, and told of it, when it wishes so', async () => {
    const bench = new FlowBench();
    const first = { fetch_after_attempt: true, destination: { numbers: ['+911130000001'] } };
    answering(bench, first, { ...first, destination: { numbers: ['+911130000002'] } });
    bench.control.outcomes = [{ status: 'busy', reason: 'busy', party: '+911130000001' }];
    await bench.run({ dial, ...ends });
    expect(bench.requests.map(({ url }) => queryOf(url).DialCallStatus)).toEqual([undefined, 'busy']);
    expect(bench.control.log.slice(1)).toEqual(['connect +911130000001', 'connect +911130000002', 'hangup']);
  });

  it('that always wants to be asked again is asked ten times', async () => {
    const bench = new FlowBench();
    answering(bench, { fetch_after_attempt: true, destination: { numbers: ['+911130000001'] } });
    bench.control.outcomes = Array.from({ length: 50 }, () => ({ status: 'busy' as const, reason: 'busy' }));
    await bench.run({ dial, ...ends });
    expect(bench.control.connects).toHaveLength(10);
    expect(bench.results.at(-1)).toBe('sorry hung-up');
  });

  it('knows the newer list of contacts', async () => {
    const bench = new FlowBench();
    answering(bench, { destination_type: 'user', destination: [{ contact_uri: '+911130000001' }] });
    await bench.run({ dial, ...ends });
    expect(bench.control.log).toContain('connect +911130000001');
  });

  it.each([
    ['an empty list', { status: 200, body: '{"destination":{"numbers":[]}}' }, 'nobody'],
    ['no list', { status: 200, body: '{}' }, 'nobody'],
    ['no JSON', { status: 200, body: '<html>' }, 'sorry'],
    ['an array', { status: 200, body: '[]' }, 'sorry'],
    ['another status', { status: 500, body: '{}' }, 'sorry'],
    ['nothing', undefined, 'sorry'],
  ])('that answers %s', async (_, reply, way) => {
    const bench = new FlowBench();
    bench.reply = () => reply;
    await bench.run({ dial, ...ends });
    expect(bench.results.at(-1)).toBe(`${way} hung-up`);
    expect(bench.control.connects).toEqual([]);
  });

  it('has a fallback', async () => {
    const bench = new FlowBench();
    bench.reply = (url) =>
      url.includes('/second')
        ? { status: 200, body: '{"destination":{"numbers":["+911130000009"]}}' }
        : { status: 503 };
    await bench.run({ dial: { ...dial, fallback_url: 'https://crm.example/second' }, ...ends });
    expect(bench.control.log).toContain('connect +911130000009');
  });
});

describe('the popup URL of a Connect', () => {
  it('hears each step of each party, in order', async () => {
    const bench = new FlowBench();
    const agents = {
      type: 'connect',
      parties: [{ user_id: 'asha' }],
      events_url: 'https://crm.example/popup',
      next: 'bye',
    };
    await bench.run({ agents, bye });
    const leg = { ...legOf('asha'), userId: 'asha' };
    for (const type of ['dial', 'ringing', 'answered', 'ended'] as const)
      bench.control.connects[0]?.onEvent?.({ type, leg });
    for (let n = 0; n < 20 && bench.requests.length < 4; n++) await turn();
    const told = bench.requests.map(({ url }) => queryOf(url));
    expect(told.map(({ EventType, Status }) => `${EventType} ${Status}`)).toEqual([
      ...['Dial busy', 'Ringing busy', 'Answered busy', 'Terminal free'],
    ]);
    expect(told[0]).toEqual({
      ...{ CallSid: 'c0ffee', CallFrom: '+919876543210', CallTo: '+918047100000' },
      ...{ From: '+919876543210', To: '+918047100000', Direction: 'outbound-dial' },
      ...{ Created: 'Thu, 01 Jan 2026 09:30:00', CurrentTime: '2026-01-01 09:31:00' },
      ...{ DialWhomNumber: 'asha', Status: 'busy', EventType: 'Dial' },
    });
  });
});

it.each<[unknown, string[][], number]>([
  [undefined, [], 0],
  [
    'a=1&b=two%20words',
    [
      ['X-a', '1'],
      ['X-b', 'two words'],
    ],
    0,
  ],
  [
    'a=1&b=2&c=3&d=4',
    [
      ['X-a', '1'],
      ['X-b', '2'],
      ['X-c', '3'],
    ],
    1,
  ],
  ['exotel-a=1&VEENO-b=2&c=3', [['X-c', '3']], 2],
  ['a=%0d%0aVia: x', [], 1],
  ['a b=1', [], 1],
  [`a=${'x'.repeat(200)}`, [], 1],
])('custom_params %j', (parameters, headers, refused) => {
  const found = trunkHeaders(parameters);
  expect(found.headers).toEqual(headers);
  expect(found.refused).toHaveLength(refused);
});

function legOf(party: string) {
  return {
    ...({
      legId: 'leg_2',
      callSid: 'c0ffee',
      role: 'callee',
      kind: 'browser',
      party,
      address: `sip:${party}@x`,
    } as const),
    ...({ sipCallId: undefined, status: 'ringing', createdAt: new Date(0), ringingAt: undefined } as const),
    ...{ answeredAt: undefined, endedAt: undefined, termination: undefined, quality: undefined },
    ...{ userId: undefined, device: undefined },
  };
}
