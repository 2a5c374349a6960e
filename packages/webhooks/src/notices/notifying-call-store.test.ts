import type { LegRecord } from '@intermix/calls';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { at, everyUrl, inert, makeCall, makeLeg, Story } from '../testing/story.js';

const begin = () => {
  const clock = new FakeClock();
  return { clock, story: new Story(clock) };
};

describe('snake_case bodies', () => {
  it('of an inbound call that is answered: the documented samples, to the letter', async () => {
    const { story } = begin();
    story.contact = { name: 'John Customer', customField: 'CRM_ID_12345' };
    await story.answeredCall(295);
    const bodies = story.store.told.map(({ delivery }) => [delivery?.url, delivery?.body]);
    expect(bodies).toEqual([
      [
        everyUrl.popupUrl,
        '{"event":"incoming_call","call_sid":"call_in_abc123","direction":"inbound","from":"+919876543210",' +
          '"to":"sip:agent_001@app.exotel.com","app_id":"app_abc123","user_id":"agent_001","exophone":"+911234567890",' +
          '"timestamp":"2024-06-15T10:30:00.000Z","caller_info":{"name":"John Customer","custom_field":"CRM_ID_12345"}}',
      ],
      [
        everyUrl.callbackUrl,
        '{"event":"call_ringing","call_sid":"call_in_abc123","status":"ringing","timestamp":"2024-06-15T10:30:01.000Z"}',
      ],
      [
        everyUrl.callbackUrl,
        '{"event":"call_answered","call_sid":"call_in_abc123","status":"in-progress","answered_by":"agent_001",' +
          '"device":"sip","timestamp":"2024-06-15T10:30:05.000Z"}',
      ],
      [
        everyUrl.callbackUrl,
        '{"event":"call_completed","call_sid":"call_in_abc123","status":"completed","duration":300,"talk_time":295,' +
          '"recording_available":true,"timestamp":"2024-06-15T10:35:00.000Z"}',
      ],
    ]);
    expect(story.queued).toBe(4);
  });

  it.each(['no-answer', 'busy', 'canceled', 'failed'] as const)(
    'of an inbound call that ends as %s: call_missed and missed_call, two events',
    async (status) => {
      const { story } = begin();
      await story.begin(makeCall(), [makeLeg('leg_1')]);
      const leg = makeLeg('leg_1', { ringingAt: at('10:30:01.000') });
      await story.step('leg-ringing', at('10:30:01.000'), { status: 'ringing' }, [leg]);
      await story.end(status, at('10:30:31.000'));
      const [missed, notification] = story.store.told.slice(-2);
      expect([missed?.delivery?.url, notification?.delivery?.url]).toEqual([
        everyUrl.missedCallUrl,
        everyUrl.missedCallUrl,
      ]);
      expect(missed?.eventId).not.toBe(notification?.eventId);
      expect(missed?.delivery?.body).toBe(
        '{"event":"call_missed","call_sid":"call_in_abc123","status":"no-answer","ring_time":30,' +
          '"timestamp":"2024-06-15T10:30:31.000Z"}',
      );
      expect(notification?.delivery?.body).toBe(
        '{"event":"missed_call","call_sid":"call_in_abc123","from":"+919876543210","to":"sip:agent_001@app.exotel.com",' +
          '"exophone":"+911234567890","ring_duration":30,"timestamp":"2024-06-15T10:30:31.000Z"}',
      );
    },
  );

  const outbound = () =>
    makeCall({
      direction: 'outbound',
      from: 'agent_001',
      to: '+919876543210',
      createdAt: at('10:35:00.000'),
    });
  const outboundLegs = () => [
    makeLeg('leg_0', {
      role: 'caller',
      kind: 'browser',
      address: 'sip:agent_001@app.exotel.com',
      userId: 'agent_001',
      device: 'sip',
    }),
    makeLeg('leg_1', { kind: 'carrier', address: '+919876543210', userId: undefined, device: undefined }),
  ];

  it('of an outbound call: the documented sample, and the user as who answered', async () => {
    const { story } = begin();
    await story.begin(outbound(), outboundLegs());
    const answeredAt = at('10:35:04.000');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [outboundLegs()[1]!]);
    expect(story.store.told[0]?.delivery).toMatchObject({
      url: everyUrl.callbackUrl,
      body:
        '{"event":"outbound_call","call_sid":"call_in_abc123","direction":"outbound","from":"sip:agent_001@app.exotel.com",' +
        '"to":"+919876543210","app_id":"app_abc123","user_id":"agent_001","exophone":"+911234567890",' +
        '"timestamp":"2024-06-15T10:35:00.000Z"}',
    });
    expect(story.sent()[1]).toMatchObject(['/callback', { answered_by: 'agent_001', device: 'sip' }]);
  });

  it('of a call with a custom field: behind call_sid in every step, and nothing else changes', async () => {
    const tell = async (customField: string | undefined) => {
      const { story } = begin();
      await story.begin({ ...outbound(), customField }, outboundLegs());
      await story.step('leg-ringing', at('10:35:02.000'), { status: 'ringing' }, [
        { ...outboundLegs()[1]!, ringingAt: at('10:35:02.000') },
      ]);
      const answeredAt = at('10:35:04.000');
      await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [outboundLegs()[1]!]);
      await story.end('completed', at('10:35:14.000'), 10);
      return story.store.told.map(({ payload }) => payload ?? '');
    };
    const [plain, told] = [await tell(undefined), await tell('order-42')];
    expect(plain).toHaveLength(4);
    expect(plain.join()).not.toContain('custom_field');
    const withField = '"call_sid":"call_in_abc123","custom_field":"order-42"';
    expect(told).toEqual(plain.map((body) => body.replace('"call_sid":"call_in_abc123"', withField)));
  });

  it.each(['snake', 'camel'] as const)(
    'of a call placed for a user (%s): the customer’s ringing and answer, and the device on which the user talks',
    async (notificationFormat) => {
      const { story } = begin();
      story.settings = { ...everyUrl, notificationFormat };
      const [own, customer] = outboundLegs() as [LegRecord, LegRecord];
      const line = { ...own, legId: 'leg_p', kind: 'carrier', device: 'phone', address: '+919800000001' } as const;
      const [rung, answeredAt] = [at('10:35:01.000'), at('10:35:09.000')];
      await story.begin(outbound(), [own, line]);
      await story.step('leg-ringing', rung, { status: 'ringing' }, [{ ...own, ringingAt: rung }]);
      await story.step('leg-ringing', rung, {}, [{ ...line, ringingAt: rung }]);
      expect(story.sent()).toHaveLength(1);
      const talking = { ...line, ringingAt: rung, answeredAt: at('10:35:04.000') };
      await story.step('leg-answered', at('10:35:04.000'), {}, [talking, customer]);
      await story.step('leg-ringing', at('10:35:06.000'), {}, [{ ...customer, ringingAt: at('10:35:06.000') }]);
      const taken = { ...customer, ringingAt: at('10:35:06.000'), answeredAt };
      await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [taken, talking]);
      await story.end('completed', at('10:35:19.000'), 10);
      const payloads = story.store.told.map(({ payload }) => JSON.parse(payload ?? ''));
      expect(payloads.map(({ event, timestamp }) => [event, timestamp.slice(11, 19)])).toEqual([
        ['outbound_call', '10:35:00'],
        ['call_ringing', '10:35:06'],
        ['call_answered', '10:35:09'],
        ['call_completed', '10:35:19'],
      ]);
      expect(payloads[2]).toMatchObject({ answered_by: 'agent_001', device: 'phone' });
      expect(payloads[3]).toMatchObject({ duration: 19, talk_time: 10 });
      expect(story.sent().map(([path]) => path)).toEqual(['/callback', '/callback', '/callback', '/callback']);
    },
  );

  it('of a call placed for a user who does not answer: no ringing, only the end', async () => {
    const { story } = begin();
    const own = outboundLegs()[0] as LegRecord;
    await story.begin(outbound(), [own]);
    const ringing = { ...own, ringingAt: at('10:35:01.000') };
    await story.step('leg-ringing', at('10:35:01.000'), { status: 'ringing' }, [ringing]);
    await story.end('no-answer', at('10:35:31.000'));
    expect(story.sent().map(([, { event }]) => event)).toEqual(['outbound_call', 'call_completed']);
  });

  it.each(['busy', 'no-answer', 'failed', 'canceled'] as const)(
    'of an outbound call that ends as %s: call_completed says so',
    async (status) => {
      const { story } = begin();
      await story.begin(outbound(), outboundLegs());
      await story.end(status, at('10:35:20.100'));
      expect(story.sent().at(-1)).toMatchObject([
        '/callback',
        { event: 'call_completed', status, duration: 21, talk_time: 0 },
      ]);
    },
  );

  it('of a call to a colleague: an outbound call to the colleague’s address', async () => {
    const { story } = begin();
    const legs = [
      outboundLegs()[0]!,
      makeLeg('leg_1', { userId: 'agent_002', address: 'sip:agent_002@app.exotel.com' }),
    ];
    await story.begin(makeCall({ ...outbound(), direction: 'internal', to: 'agent_002', exophone: undefined }), legs);
    const answeredAt = at('10:35:04.000');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [legs[1]!]);
    const [start, answered] = story.sent();
    expect(start).toMatchObject([
      '/callback',
      { event: 'outbound_call', to: 'sip:agent_002@app.exotel.com', exophone: '' },
    ]);
    expect(answered).toMatchObject(['/callback', { answered_by: 'agent_002' }]);
  });

  it('one incoming_call for each user who is rung, whatever the devices; one call_ringing', async () => {
    const { story } = begin();
    const legs = [
      makeLeg('leg_p', { userId: 'agent_001', device: 'phone', kind: 'carrier', address: '+919800000001' }),
      makeLeg('leg_1'),
      makeLeg('leg_2', { userId: 'agent_002', device: 'phone', kind: 'carrier', address: '+919800000002' }),
    ];
    await story.begin(makeCall(), legs);
    await story.step('leg-ringing', at('10:30:01.000'), { status: 'ringing' }, [legs[1]!]);
    await story.step('leg-ringing', at('10:30:02.000'), {}, [legs[2]!]);
    const answeredAt = at('10:30:05.000');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [legs[2]!]);
    const sent = story.sent();
    expect(sent.map(([, { event, user_id, to }]) => [event, user_id, to])).toEqual([
      ['incoming_call', 'agent_001', 'sip:agent_001@app.exotel.com'],
      ['incoming_call', 'agent_002', '+919800000002'],
      ['call_ringing', undefined, undefined],
      ['call_answered', undefined, undefined],
    ]);
    expect(sent.at(-1)?.[1]).toMatchObject({ answered_by: 'agent_002', device: 'phone' });
    expect(sent[0]?.[1]).not.toHaveProperty('caller_info');
    expect(new Set(story.store.told.map(({ eventId }) => eventId)).size).toBe(4);
  });

  it('is told of the end though a leg that ended with the call is written first, and knows it', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    const endedAt = at('10:30:31.000');
    await story.step('leg-ended', endedAt, { status: 'busy', endedAt }, [
      makeLeg('leg_1', { status: 'busy', endedAt }),
    ]);
    await story.end('busy', endedAt);
    expect(story.sent().map(([, { event }]) => event)).toEqual(['incoming_call', 'call_missed', 'missed_call']);
  });

  it('counts each second that has begun', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    const answeredAt = at('10:30:00.900');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [makeLeg('leg_1')]);
    await story.end('completed', at('10:30:02.000'), 2);
    expect(story.sent().at(-1)?.[1]).toMatchObject({ duration: 2, talk_time: 2 });
  });
});

describe('CamelCase bodies', () => {
  const camel = { ...everyUrl, notificationFormat: 'camel' as const };

  it('of an inbound call that is answered: popup and hang-up, the documented sample to the letter', async () => {
    const { story } = begin();
    story.settings = camel;
    await story.answeredCall(295);
    const sent = story.store.told.flatMap(({ delivery }) => (delivery ? [[delivery.url, delivery.body]] : []));
    const body = (status: string, state: string, total: number) =>
      '{"CustomerId":"cust-1","AppId":"app_abc123","CallSid":"call_in_abc123","ExotelAccountSid":"acct1",' +
      '"DialWhomNumber":"sip:agent_001","AppUserID":"agent_001","VirtualNumber":"+911234567890","Direction":"inbound",' +
      `"CallStatus":"${status}","CallState":"${state}","ToNumber":"01234567890","FromNumber":"09876543210",` +
      `"TotalDuration":${total},"CallRecordings":"","AccountDomain":"mumbai","TicketId":"","CallDetail":null,` +
      '"CreatedAt":"0001-01-01T00:00:00Z","UpdatedAt":"0001-01-01T00:00:00Z"}';
    expect(sent).toEqual([
      [everyUrl.popupUrl, body('busy', 'active', 0)],
      [everyUrl.incomingCallHangupUrl, body('free', 'terminal', 300)],
    ]);
    // The feed has every event all the same, in its own form.
    expect(story.store.told.map(({ payload }) => JSON.parse(payload ?? '').event)).toEqual([
      'incoming_call',
      'call_ringing',
      'call_answered',
      'call_completed',
    ]);
  });

  it('of a missed call: once', async () => {
    const { story } = begin();
    story.settings = camel;
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    await story.end('no-answer', at('10:30:31.000'));
    expect(story.sent().map(([path]) => path)).toEqual(['/popup', '/missed']);
    expect(story.sent()[1]?.[1]).toMatchObject({ CallState: 'terminal', AppUserID: 'agent_001' });
  });

  it('of an outbound call: each step to the callback, with its times', async () => {
    const { story } = begin();
    story.settings = { ...everyUrl, writtenGeneration: 'camel' };
    const legs = [
      makeLeg('leg_0', { role: 'caller', userId: 'agent_001', device: 'sip', address: 'sip:agent_001@x' }),
      makeLeg('leg_1', { kind: 'carrier', userId: undefined, device: undefined }),
    ];
    await story.begin(makeCall({ direction: 'outbound', from: 'agent_001', to: '+919876543210' }), legs);
    await story.step('leg-ringing', at('10:30:01.000'), { status: 'ringing' }, [legs[1]!]);
    const answeredAt = at('10:30:05.000');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [legs[1]!]);
    await story.end('completed', at('10:30:15.000'), 10);
    const sent = story.sent();
    expect(sent.map(([path]) => path)).toEqual(['/callback', '/callback', '/callback', '/callback']);
    expect(sent[0]?.[1]).toMatchObject({
      ...{ Direction: 'outbound', DialWhomNumber: '09876543210', ToNumber: '09876543210', FromNumber: 'sip:agent_001' },
      ...{ StartTime: '2024-06-15T10:30:00.000Z', EndTime: '0001-01-01T00:00:00Z', CallStatus: 'busy' },
    });
    expect(sent[3]?.[1]).toMatchObject({ EndTime: '2024-06-15T10:30:15.000Z', TotalDuration: 15, CallStatus: 'free' });
  });

  it('of a call with a custom field: CustomField behind CallSid', async () => {
    const { story } = begin();
    story.settings = camel;
    await story.begin(makeCall({ direction: 'outbound', customField: 'order-42' }), [makeLeg('leg_1')]);
    expect(story.store.told[0]?.delivery?.body).toContain(
      '"AppId":"app_abc123","CallSid":"call_in_abc123","CustomField":"order-42","ExotelAccountSid":"acct1"',
    );
  });

  it('goes by the customer’s word, then by who wrote last', async () => {
    const { story } = begin();
    story.settings = { ...everyUrl, writtenGeneration: 'camel', notificationFormat: 'snake' };
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    expect(story.sent()[0]?.[1]).toHaveProperty('event');
  });
});

describe('what never fails a call', () => {
  it('is kept for the feed when no URL is set', async () => {
    const { story } = begin();
    story.settings = { ...everyUrl, popupUrl: undefined };
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    expect(story.notice('incoming_call')).toMatchObject({ ...inert, delivery: undefined });
    expect(story.queued).toBe(0);
  });

  it('has no app: then there is nobody to tell', async () => {
    const { story } = begin();
    await story.begin(makeCall({ appId: undefined }), [makeLeg('leg_1')]);
    await story.end('completed', at('10:30:31.000'));
    expect(story.store.told).toEqual([]);
  });

  it('uses what was known before when settings cannot be read, and goes on without', async () => {
    const { story, clock } = begin();
    story.findSettings = () => Promise.reject(new Error('the database is away'));
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    expect(story.notice('incoming_call')?.delivery).toBeUndefined();
    story.findSettings = async () => everyUrl;
    await story.step('leg-ringing', at('10:30:01.000'), {}, [makeLeg('leg_1')]);
    story.findSettings = () => new Promise(() => {});
    const slow = story.end('no-answer', at('10:30:31.000'));
    await clock.advanceAsync(1_500);
    await slow;
    expect(story.notice('missed_call')?.delivery?.url).toBe(everyUrl.missedCallUrl);
  });

  it('is told again, under the same ids, when a commit failed', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    story.store.failing = true;
    const ring = () => story.step('leg-ringing', at('10:30:01.000'), {}, [makeLeg('leg_1')]);
    await expect(ring()).rejects.toThrow('away');
    story.store.failing = false;
    await ring();
    await ring();
    expect(story.store.told.map(({ type }) => type)).toEqual(['incoming_call', 'call_ringing']);
  });

  it('tells with the end what could not be written while it happened, in order, and nothing twice', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1'), makeLeg('leg_2', { userId: 'agent_002' })]);
    const [ringingAt, answeredAt, endedAt] = [at('10:30:01.000'), at('10:30:05.000'), at('10:30:15.000')];
    const ringing = makeLeg('leg_2', { userId: 'agent_002', ringingAt });
    const talking = { ...ringing, answeredAt };
    story.store.failing = true;
    await expect(story.step('leg-ringing', ringingAt, { status: 'ringing' }, [ringing])).rejects.toThrow('away');
    await expect(story.step('call-answered', answeredAt, { answeredAt }, [talking])).rejects.toThrow('away');
    story.store.failing = false;
    const end = { status: 'completed', answeredAt, endedAt, durationSec: 10, userId: 'agent_002' } as const;
    await story.step('call-ended', endedAt, end, [talking]);
    const told = story.sent().map(([, { event, timestamp }]) => [event, timestamp]);
    expect(told.slice(2)).toEqual([
      ['call_ringing', ringingAt.toISOString()],
      ['call_answered', answeredAt.toISOString()],
      ['call_completed', endedAt.toISOString()],
    ]);
    expect(story.sent().at(-2)?.[1]).toMatchObject({ answered_by: 'agent_002', device: 'sip' });
    const ids = story.store.told.map(({ eventId }) => eventId);
    const written = begin().story;
    await written.begin(makeCall(), [makeLeg('leg_1'), makeLeg('leg_2', { userId: 'agent_002' })]);
    await written.step('leg-ringing', ringingAt, { status: 'ringing' }, [ringing]);
    await written.step('call-answered', answeredAt, { answeredAt }, [talking]);
    await written.step('call-ended', endedAt, end, [talking]);
    expect(ids).toEqual(written.store.told.map(({ eventId }) => eventId));
  });

  it('tells with the answer of a ringing that could not be written', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    const [ringingAt, answeredAt] = [at('10:30:01.000'), at('10:30:05.000')];
    await story.step('call-answered', answeredAt, { answeredAt }, [makeLeg('leg_1', { ringingAt, answeredAt })]);
    expect(story.sent().map(([, { event }]) => event)).toEqual(['incoming_call', 'call_ringing', 'call_answered']);
  });

  it('tells of no ringing where the answer came without one', async () => {
    const { story } = begin();
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    const answeredAt = at('10:30:05.000');
    const leg = makeLeg('leg_1', { ringingAt: answeredAt, answeredAt });
    await story.step('call-answered', answeredAt, { answeredAt }, [leg]);
    await story.end('completed', at('10:30:15.000'), 10);
    expect(story.sent().map(([, { event }]) => event)).toEqual(['incoming_call', 'call_answered', 'call_completed']);
  });

  it('tells of the calls that a dead server left open', async () => {
    const { story } = begin();
    const endedAt = at('11:00:00.000');
    const termination = { by: 'platform' as const, reason: 'server-died', sipStatus: undefined };
    const rung = makeCall({ status: 'failed', endedAt, termination });
    const up = makeCall({ callSid: 'up', status: 'failed', endedAt, termination, answeredAt: at('10:30:05.000') });
    story.store.open = [
      { call: rung, legs: [makeLeg('leg_1', { ringingAt: at('10:30:01.000') })], lastSeenAt: at('10:30:01.000') },
      { call: { ...up, durationSec: 12 }, legs: [makeLeg('leg_2')], lastSeenAt: at('10:30:17.000') },
    ];
    expect(await story.calls.failOpenCalls(endedAt)).toBe(2);
    expect(story.sent().map(([path, { event, call_sid, talk_time }]) => [path, event, call_sid, talk_time])).toEqual([
      ['/missed', 'call_missed', 'call_in_abc123', undefined],
      ['/missed', 'missed_call', 'call_in_abc123', undefined],
      ['/callback', 'call_completed', 'up', 12],
    ]);
    expect(story.queued).toBe(1);
    // None of the half hour in which there was no server; when it was learnt is told as it is.
    const [missed, notification, completed] = story.sent().map(([, body]) => body);
    expect(missed).toMatchObject({ ring_time: 0, timestamp: endedAt.toISOString() });
    expect(notification).toMatchObject({ ring_duration: 0 });
    expect(completed).toMatchObject({ duration: 17, talk_time: 12, timestamp: endedAt.toISOString() });
  });

  it('closes those of servers that are gone where that is asked, and its own else', async () => {
    const { story } = begin();
    await story.calls.failOpenCalls(at('11:00:00.000'), 'gone');
    await story.calls.failOpenCalls(at('11:00:00.000'));
    expect(story.store.swept).toEqual(['gone', 'own']);
  });

  it('tells of those calls also when the settings are slow to come: the database has just started, and nobody waits', async () => {
    const { story, clock } = begin();
    const endedAt = at('11:00:00.000');
    const call = makeCall({ status: 'failed', endedAt, answeredAt: at('10:30:05.000') });
    story.store.open = [{ call, legs: [makeLeg('leg_1')], lastSeenAt: at('10:30:05.000') }];
    let answer = (_: typeof everyUrl) => {};
    story.findSettings = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const closing = story.calls.failOpenCalls(endedAt);
    await clock.advanceAsync(30_000);
    answer(everyUrl);
    await closing;
    expect(story.notice('call_completed')?.delivery?.url).toBe(everyUrl.callbackUrl);
  });
});
