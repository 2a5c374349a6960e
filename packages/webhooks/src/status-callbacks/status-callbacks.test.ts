import type { CallRecord } from '@intermix/calls';
import { systemClock } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import type { StatusCallback, StatusCallbackOrder } from '../ports/status-callback-orders.js';
import { KeepingOutbox } from '../testing/keeping-outbox.js';
import { at, inert, makeCall, makeLeg } from '../testing/story.js';
import { StatusCallbacks } from './status-callbacks.js';

const url = 'https://crm.example/status?a=1';
const json = (events: StatusCallback['events']): StatusCallback => ({ url, events, contentType: 'application/json' });

function begin(callback: StatusCallback, order: Partial<StatusCallbackOrder> = {}) {
  const kept = { callback, from: '+919876543210', to: '+918888888888', ...order };
  const outbox = new KeepingOutbox(systemClock);
  const callbacks = new StatusCallbacks({
    orders: { findStatusCallbacks: async () => new Map([[inert.callSid, kept]]) },
    recordingUrlOf: () => 'https://pbx.example/rec.mp3',
    outbox,
    onQueued: () => {},
  });
  callbacks.expect(inert.callSid, kept);
  const first = makeLeg('leg_1', { role: 'caller', answeredAt: at('10:30:05.000'), status: 'in-progress' });
  const second = makeLeg('leg_2', { userId: undefined, status: 'ringing' });
  const known = (call: Partial<CallRecord>, legs = [first, second]) => ({
    call: makeCall({ appId: undefined, direction: 'outbound', customField: 'order-42', ...call }),
    legs,
  });
  const step = (type: string, time: string, story: ReturnType<typeof known>) =>
    callbacks.ofStep(story, [{ callSid: inert.callSid, legId: undefined, type, at: at(time), data: {} }]);
  const answeredAt = at('10:30:10.000');
  const talking = known({ status: 'in-progress', answeredAt }, [
    first,
    { ...second, answeredAt, status: 'in-progress' },
  ]);
  const endedAt = at('10:30:40.000');
  const over = known(
    { status: 'completed', answeredAt, endedAt, durationSec: 30 },
    talking.legs.map((leg) => ({ ...leg, status: 'completed' as const, endedAt })),
  );
  return { callbacks, outbox, known, step, talking, over };
}

describe('status callbacks', () => {
  it('without events: four fields, once, at the end', () => {
    const { step, talking, over } = begin(json([]));
    expect(step('leg-ringing', '10:30:01.000', talking)).toEqual([]);
    expect(step('call-answered', '10:30:10.000', talking)).toEqual([]);
    const notices = step('call-ended', '10:30:40.000', over);
    expect(notices).toHaveLength(1);
    expect(JSON.parse(notices[0]?.delivery?.body ?? '')).toEqual({
      CallSid: inert.callSid,
      DateUpdated: '2024-06-15 16:00:40',
      Status: 'completed',
      RecordingUrl: 'https://pbx.example/rec.mp3',
    });
    expect(notices[0]).toMatchObject({
      ...{ appId: 'account:acct1', payload: undefined, type: 'status_callback.terminal' },
      delivery: {
        ...{ url, host: 'crm.example:443' },
        manner: { contentType: 'application/json', timeoutMs: 15_000, retryDelaysMs: [300_000, 900_000] },
      },
    });
  });

  it('with events: each once, with all fields; CustomField with the last alone', () => {
    const { step, talking, over } = begin(json(['ringing', 'answered', 'terminal']));
    const told = [
      ...step('leg-ringing', '10:30:01.000', talking),
      ...step('call-answered', '10:30:10.000', talking),
      ...step('call-ended', '10:30:40.000', over),
    ];
    const bodies = told.map(({ delivery }) => JSON.parse(delivery?.body ?? ''));
    expect(bodies.map(({ EventType, Status }) => [EventType, Status])).toEqual([
      ['ringing', 'ringing'],
      ['answered', 'in-progress'],
      ['answered', 'in-progress'], // For the case that the step was lost: it has the id of the one before.
      ['terminal', 'completed'],
    ]);
    expect(new Set(told.map(({ delivery }) => delivery?.deliveryId)).size).toBe(3);
    expect(bodies.map((body) => 'CustomField' in body)).toEqual([false, false, false, true]);
    expect(bodies[3]).toEqual({
      CallSid: inert.callSid,
      EventType: 'terminal',
      DateCreated: '2024-06-15 16:00:00',
      DateUpdated: '2024-06-15 16:00:40',
      Status: 'completed',
      To: '+918888888888',
      From: '+919876543210',
      PhoneNumberSid: '+911234567890',
      StartTime: '2024-06-15 16:00:00',
      EndTime: '2024-06-15 16:00:40',
      ConversationDuration: 30,
      Direction: 'outbound-api',
      CustomField: 'order-42',
      RecordingUrl: 'https://pbx.example/rec.mp3',
      Legs: [
        { OnCallDuration: 35, Status: 'completed', AnsweredBy: 'NA' },
        { OnCallDuration: 30, Status: 'completed', AnsweredBy: 'NA' },
      ],
    });
    expect(bodies[1]).toMatchObject({ EndTime: null, ConversationDuration: 0, Legs: [{ Status: 'in-progress' }, {}] });
  });

  it('as a form: a part for each field, lists in brackets, nothing for what is null', async () => {
    const { step, over } = begin({ url, events: ['terminal'], contentType: 'multipart/form-data' }, { to: undefined });
    const { delivery } = step('call-ended', '10:30:40.000', over)[0] ?? {};
    const headers = { 'content-type': delivery?.manner?.contentType ?? '' };
    const form = await new Response(delivery?.body, { headers }).formData();
    const fields = Object.fromEntries(form.entries());
    expect(fields).toMatchObject({
      ...{ EventType: 'terminal', Status: 'completed', To: '', ConversationDuration: '30', CustomField: 'order-42' },
      ...{ 'Legs[0][Status]': 'completed', 'Legs[0][OnCallDuration]': '35', 'Legs[1][AnsweredBy]': 'NA' },
    });
  });

  it('a call that its first party gave up is no-answer; a leg that was never dialled has no status', () => {
    const { step, known } = begin(json(['terminal']));
    const endedAt = at('10:30:20.000');
    const first = makeLeg('leg_1', { role: 'caller', answeredAt: at('10:30:05.000'), endedAt, status: 'completed' });
    const [notice] = step('call-ended', '10:30:20.000', known({ status: 'canceled', endedAt }, [first]));
    expect(JSON.parse(notice?.delivery?.body ?? '')).toMatchObject({
      Status: 'no-answer',
      Legs: [
        { Status: 'completed', OnCallDuration: 15 },
        { Status: null, OnCallDuration: 0 },
      ],
    });
  });

  it('a flow that connected nobody has one leg', () => {
    const { step, over } = begin(json(['terminal']), { to: undefined });
    const alone = { ...over, legs: over.legs.slice(0, 1) };
    const [notice] = step('call-ended', '10:30:40.000', alone);
    expect(JSON.parse(notice?.delivery?.body ?? '')).toMatchObject({
      ...{ To: null, ConversationDuration: 30, Legs: [{ Status: 'completed' }] },
    });
  });

  it('tells the end of calls that a dead process left open, by the orders that are kept', async () => {
    const { callbacks, over } = begin(json(['terminal']));
    const closed = { ...over, call: { ...over.call, status: 'failed' as const }, lastSeenAt: at('10:30:30.000') };
    const notices = await callbacks.ofClosed([closed], at('11:00:00.000'));
    expect(JSON.parse(notices[0]?.delivery?.body ?? '')).toMatchObject({ EventType: 'terminal', Status: 'failed' });
  });

  it('withholds the end while the first party is tried again, and tells the last one’s under the first sid', async () => {
    const order = { triesLeft: 1, firstCallSid: 'first' };
    const { callbacks, outbox, step, known } = begin(json([]), order);
    const endedAt = at('10:30:20.000');
    const unreached = { by: 'caller', reason: 'no-answer', sipStatus: 480 } as const;
    const failed = known({ status: 'no-answer', endedAt, termination: unreached }, []);
    expect(step('call-ended', '10:30:20.000', failed)).toEqual([]);
    const rejected = known({ status: 'busy', endedAt, termination: { ...unreached, reason: 'rejected' } }, []);
    expect(step('call-ended', '10:30:20.000', rejected)).toHaveLength(1);
    const kept = { callback: json([]), from: '+911', to: undefined, ...order };
    await callbacks.tellEnd(failed, kept);
    await callbacks.tellEnd(failed, kept);
    const bodies = [...outbox.kept.values()].map(({ delivery }) => JSON.parse(delivery?.body ?? ''));
    expect(bodies).toEqual([
      { CallSid: 'first', Status: 'no-answer', DateUpdated: '2024-06-15 16:00:20', RecordingUrl: expect.any(String) },
    ]);
  });

  it('says nothing of calls that nobody ordered, and of those that are over', () => {
    const { callbacks, step, over } = begin(json([]));
    callbacks.forget(inert.callSid);
    expect(callbacks.has(inert.callSid)).toBe(false);
    expect(step('call-ended', '10:30:40.000', over)).toEqual([]);
  });
});
