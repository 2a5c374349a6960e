import { type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { CustomerServer } from '../support/customer-server.js';
import { SnakeApp } from '../support/snake.js';

const patience = 10_000;

/** Until so much time has gone by on the clock: what is measured here is time itself. */
const forMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('call records', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let app: SnakeApp;
  let phone: SipPhone;
  let receiver: CustomerServer;
  let exophone: string;
  let popupUrl: string;

  beforeAll(async () => {
    receiver = await CustomerServer.start();
    server = await startServer();
    admin = new AdminApi(server);
    app = await SnakeApp.demo(server);
    exophone = server.bootstrap.exophones[0] ?? '';
    const [user] = server.bootstrap.users;
    const credentials = { username: user?.sip_username ?? '', password: user?.sip_password ?? '' };
    const domain = user?.sip_domain ?? '';
    phone = await SipPhone.start({ server: server.sip, user: credentials.username, domain, credentials });
    expect((await phone.register()).status).toBe(200);
    popupUrl = `${receiver.url.replace('//', '//hook:s3cret@')}/popup`;
    const urls = { popup_url: popupUrl, callback_url: `${receiver.url}/callback` };
    await app.data('PUT', '/settings', { ...urls, missed_call_url: `${receiver.url}/missed` });
  });
  afterEach(() => {
    receiver.posts.length = 0;
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await receiver?.stop();
  });

  /** Somebody calls; the user answers after so long, talks for so long, and hangs up. Gives what the clock says, seconds. */
  async function talk(from: string, { ringMs, talkMs }: { ringMs: number; talkMs: number }) {
    await admin.simulatedCall({ to: exophone, from });
    const call = await phone.waitForCall(patience);
    call.ring();
    const rang = performance.now();
    await forMs(ringMs);
    call.answer();
    const answered = performance.now();
    await call.expectTone(800, patience);
    await forMs(talkMs);
    call.hangup();
    const ended = performance.now();
    await call.waitForEnd(patience);
    return { ring: (answered - rang) / 1000, talk: (ended - answered) / 1000, total: (ended - rang) / 1000 };
  }

  it('tell a call with its legs, events, audio, webhooks, and times that the clock agrees with', async () => {
    const clock = await talk('+911130000200', { ringMs: 2_300, talkMs: 3_400 });
    const call = await app.expectLastCall('over', ({ status }) => status === 'completed');
    const [user] = server.bootstrap.users;
    expect(call).toMatchObject({
      app_id: server.bootstrap.app.id,
      user_id: user?.user_id,
      direction: 'inbound',
      from: '+911130000200',
      to: exophone,
      exophone,
      termination: { by: 'callee', reason: 'hangup' },
      recording: null,
    });
    // A begun second counts, and the server’s clock may run on for a moment after the telephone’s.
    for (const [told, measured] of [
      [call.ring_time, clock.ring],
      [call.talk_time, clock.talk],
      [call.duration, clock.total],
    ]) {
      expect(told).toBeGreaterThanOrEqual(Math.floor(measured));
      expect(told).toBeLessThanOrEqual(Math.ceil(measured) + 1);
    }
    const between = (from: string, to: string) => Math.ceil((Date.parse(to) - Date.parse(from)) / 1000);
    expect(call.duration).toBe(between(call.created_at, call.ended_at));
    expect(call.talk_time).toBe(between(call.answered_at, call.ended_at));
    const [rangAt] = call.legs.flatMap((leg: any) => leg.ringing_at ?? []).sort();
    expect(call.ring_time).toBe(between(rangAt, call.answered_at));

    const own = call.legs.find((leg: any) => leg.user_id !== null);
    expect(own).toMatchObject({ user_id: user?.user_id, device: 'sip', kind: 'telephone', status: 'completed' });
    expect(own.quality.packets_received).toBeGreaterThan(50);
    expect(JSON.stringify(call)).not.toContain('"party"');
    expect(call.events.map(({ type }: any) => type)).toEqual(
      expect.arrayContaining(['call-created', 'leg-ringing', 'call-answered', 'call-ended']),
    );
    await receiver.expect(4);
    const told = await app.expectLastCall('told of', ({ call_sid }) => call_sid === call.call_sid);
    expect(told.webhooks.map(({ event }: any) => event)).toEqual([
      'incoming_call',
      'call_ringing',
      'call_answered',
      'call_completed',
    ]);
    expect(told.webhooks[0]).toMatchObject({
      url: `${receiver.url.replace('//', '//***@')}/popup`,
      status: 'delivered',
      history: [{ number: 1, http_status: 200, error: null }],
    });
    // What the app wrote it reads; a password goes into no history, and no answer of a receiver into an agent's browser.
    expect((await app.data('GET', '/settings')).settings.popup_url).toBe(popupUrl);
    expect(JSON.stringify(told)).not.toMatch(/s3cret|response_body|thanks/);
    const byCustomer = await app.api.tokenOf('customer', server.bootstrap.customer);
    const { webhooks } = await app.data('GET', `/calls/${call.call_sid}`, undefined, byCustomer);
    expect(webhooks[0].history).toMatchObject([{ number: 1, response_body: 'thanks' }]);
    const { body: operators } = await admin.request('GET', `/api/v1/webhook-deliveries?call_sid=${call.call_sid}`);
    expect(JSON.stringify(operators)).not.toContain('s3cret');
    expect(JSON.parse(told.webhooks[3].body)).toMatchObject({ duration: call.duration, talk_time: call.talk_time });
    const [listed] = (await app.data('GET', '/calls?limit=1')).calls;
    const { legs: _legs, events: _events, webhooks: _webhooks, ...summary } = told;
    expect(listed).toEqual(summary);
  });

  it('tell a missed call: it rang, and nobody talked', async () => {
    const placed = await admin.simulatedCall({ to: exophone, from: '+911130000201' });
    const call = await phone.waitForCall(patience);
    call.ring();
    await forMs(1_200);
    expect((await admin.request('DELETE', `/api/v1/simulator/calls/${placed.id}`)).status).toBe(204);
    const record = await app.expectLastCall('over', ({ from, ended_at }) => from === '+911130000201' && ended_at);
    expect(record).toMatchObject({ status: 'canceled', talk_time: 0, answered_at: null });
    expect([1, 2, 3]).toContain(record.ring_time);
  });

  it('are found by time, user, direction, status and number, page by page', async () => {
    for (const from of ['+911130000210', '+911130000211', '+911130000212']) await talk(from, { ringMs: 0, talkMs: 0 });
    await app.expectLastCall('over', ({ from, status }) => from === '+911130000212' && status === 'completed');
    const found = async (query: string): Promise<string[]> =>
      (await app.data('GET', `/calls?${query}`)).calls.map(({ from }: any) => from);
    const [user] = server.bootstrap.users;
    const all = await found('limit=200');
    expect(all.slice(0, 3)).toEqual(['+911130000212', '+911130000211', '+911130000210']);
    expect(await found('number=011+3000+0211')).toEqual(['+911130000211']);
    expect(await found(`number=${encodeURIComponent('+911130000210')}`)).toEqual(['+911130000210']);
    expect(await found(`number=${encodeURIComponent(exophone)}`)).toEqual(all);
    expect(await found('status=canceled')).toEqual(['+911130000201']);
    expect(await found(`user_id=${user?.user_id}&direction=inbound`)).toEqual(all);
    expect(await found('user_id=nobody')).toEqual([]);
    expect(await found('direction=outbound')).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect(await found(`start_date=${today}&end_date=${today}`)).toEqual(all);
    expect(await found('end_date=2020-01-01')).toEqual([]);
    const [, second] = (await app.data('GET', '/calls?limit=2')).calls;
    expect(await found(`start_date=${second.created_at}`)).toEqual(all.slice(0, 2));
    expect(await found(`end_date=${second.created_at}`)).toEqual(all.slice(2));

    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await app.data('GET', `/calls?limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.calls.map(({ from }: any) => from));
      cursor = page.next_cursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  it('count in the usage of the customer', async () => {
    const { customer } = server.bootstrap;
    const token = await app.api.tokenOf('customer', customer);
    const { body } = await app.api.ask('GET', `/${customer.id}/usage`, { token });
    const { calls } = await app.data('GET', '/calls?limit=500');
    const talked = calls.filter(({ talk_time }: any) => talk_time > 0);
    const seconds = calls.reduce((sum: number, { talk_time }: any) => sum + talk_time, 0);
    expect(body.data.usage).toEqual({
      total_calls: calls.length,
      total_minutes: Math.round((seconds / 60) * 100) / 100,
      inbound_calls: calls.length,
      outbound_calls: 0,
      sip_calls: talked.length,
      pstn_calls: 0,
      active_apps: 1,
      active_users: 1,
    });
    expect(body.data.period.start).toBe(`${new Date().toISOString().slice(0, 8)}01T00:00:00.000Z`);
  });

  it('have a feed that misses nothing and repeats nothing while calls go on', async () => {
    const start = await app.readFeed();
    const numbers = Array.from({ length: 6 }, (_, n) => `+91113000030${n}`);
    let isOver = false;
    const reading = (async () => {
      const events: any[] = [];
      let { cursor } = start;
      let last = false;
      while (!last) {
        last = isOver;
        const page = await app.readFeed(cursor, 2);
        events.push(...page.events);
        cursor = page.cursor;
      }
      return events;
    })();
    for (const from of numbers) await talk(from, { ringMs: 0, talkMs: 0 });
    await app.expectLastCall('over', ({ from, status }) => from === numbers.at(-1) && status === 'completed');
    isOver = true;
    const seen = await reading;
    const whole = await app.readFeed(start.cursor);
    expect(seen).toEqual(whole.events);
    expect(new Set(seen.map(({ event_id }) => event_id)).size).toBe(seen.length);
    const steps = ['incoming_call', 'call_ringing', 'call_answered', 'call_completed'];
    const sids = [...new Set(seen.map(({ call_sid }) => call_sid))];
    const stepsOf = (sid: string) => seen.filter(({ call_sid }) => call_sid === sid).map(({ event }) => event);
    expect(sids.map(stepsOf)).toEqual(numbers.map(() => steps));
    const posts = (await receiver.expect(seen.length)).map(({ headers, body }) => [headers['webhook-id'], body]);
    expect(new Map(seen.map(({ event_id, payload }) => [event_id, payload]))).toEqual(new Map(posts as []));
    const [one] = seen;
    const narrowed = await app.data('GET', `/events?call_sid=${one.call_sid}&event=call_answered`);
    expect(narrowed.events.map(({ event, call_sid }: any) => [event, call_sid])).toEqual([
      ['call_answered', one.call_sid],
    ]);
  });

  it('tell the directory’s entry of the caller in the webhook', async () => {
    const entry = { number: '011 3000 0400', name: 'John Customer', custom_field: 'CRM_ID_12345' };
    expect(await app.data('PUT', '/contacts', entry)).toEqual({ written: 1 });
    await talk('+911130000400', { ringMs: 0, talkMs: 0 });
    const [popup] = await receiver.expect(4);
    expect(popup?.body).toMatchObject({
      event: 'incoming_call',
      caller_info: { name: 'John Customer', custom_field: 'CRM_ID_12345' },
    });
    expect((await app.ask('DELETE', '/contacts/+911130000400')).body.success).toBe(true);
    receiver.posts.length = 0;
    await talk('+911130000400', { ringMs: 0, talkMs: 0 });
    expect((await receiver.expect(4))[0]?.body).not.toHaveProperty('caller_info');
  });
});
