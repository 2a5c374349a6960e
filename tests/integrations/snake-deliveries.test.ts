import { createHmac } from 'node:crypto';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { CustomerServer, type Post } from '../support/customer-server.js';
import { SnakeApp } from '../support/snake.js';

const patience = 10_000;

describe('deliveries of webhooks', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let app: SnakeApp;
  let customerToken: string;
  let phone: SipPhone;
  let receiver: CustomerServer;
  let begin: string;

  beforeAll(async () => {
    receiver = await CustomerServer.start();
    server = await startServer();
    admin = new AdminApi(server);
    app = await SnakeApp.demo(server);
    customerToken = await app.api.tokenOf('customer', server.bootstrap.customer);
    const [user] = server.bootstrap.users;
    const credentials = { username: user?.sip_username ?? '', password: user?.sip_password ?? '' };
    const domain = user?.sip_domain ?? '';
    phone = await SipPhone.start({ server: server.sip, user: credentials.username, domain, credentials });
    expect((await phone.register()).status).toBe(200);
    await app.data('PUT', '/settings', { callback_url: `${receiver.url}/callback` });
  });
  beforeEach(() => {
    receiver.posts.length = 0;
    receiver.behave = () => 200;
    begin = new Date().toISOString();
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await receiver?.stop();
  });

  const deliveries = async (query: string): Promise<any[]> =>
    (await admin.request('GET', `/api/v1/webhook-deliveries?from=${begin}&${query}`)).body.items;

  /** A call that is answered and ends: three webhooks to the callback URL. */
  async function call(): Promise<string> {
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    const ringing = await phone.waitForCall(patience);
    ringing.ring();
    ringing.answer();
    await ringing.expectTone(800, patience);
    ringing.hangup();
    const posts = await receiver.expect(3);
    return posts[0]?.body.call_sid;
  }

  /** Waits until that many of the call stand so. */
  const expectStanding = (callSid: string, status: string, attempts: number, count: number) =>
    eventually(
      async () => {
        const found = await deliveries(`call_sid=${callSid}&status=${status}`);
        return found.filter((one) => one.attempts === attempts).length === count;
      },
      { timeoutMs: patience, message: `${count} deliveries to be ${status} after ${attempts} attempts` },
    );

  it('are told to a supervisor with every attempt, and are replayed by an admin, as the same event', async () => {
    receiver.behave = () => 503;
    const callSid = await call();
    await expectStanding(callSid, 'pending', 1, 3);
    const listed = await deliveries(`call_sid=${callSid}`);
    expect(listed.map(({ event }) => event)).toEqual(['call_completed', 'call_answered', 'call_ringing']);
    const [completed] = listed;
    expect(completed).toMatchObject({
      app_id: server.bootstrap.app.id,
      account_sid: server.bootstrap.account.sid,
      url: `${receiver.url}/callback`,
      host: new URL(receiver.url).host,
      last_http_status: 503,
      replay_of: null,
      finished_at: null,
    });
    const path = `/api/v1/webhook-deliveries/${completed.delivery_id}`;
    const { body: detail } = await admin.request('GET', path);
    const sent = receiver.posts.find(({ body }) => body.event === 'call_completed');
    expect(detail.body).toBe(sent?.text);
    expect(detail.history).toEqual([
      {
        number: 1,
        at: expect.stringMatching(/^20.*Z$/),
        latency_ms: expect.any(Number),
        http_status: 503,
        error: expect.stringMatching(/503/),
        response_body: 'thanks',
      },
    ]);
    const waitMs = Date.parse(detail.next_attempt_at) - Date.parse(detail.history[0].at);
    expect(waitMs).toBeGreaterThan(4_000);
    expect(waitMs).toBeLessThan(6_500);

    receiver.behave = () => 200;
    const replay = await admin.request('POST', `${path}/replay`);
    expect(replay).toMatchObject({ status: 201, body: { replay_of: completed.delivery_id, status: 'pending' } });
    const { delivery_id: replayId, event_id: eventId } = replay.body;
    expect(eventId).toBe(completed.event_id);
    const isReplay = ({ headers }: Post) => headers['webhook-id'] === eventId;
    const again = await eventually(() => receiver.posts.filter(isReplay)[1], { timeoutMs: patience });
    expect(again.text).toBe(sent?.text);
    const look = async () => (await admin.request('GET', `/api/v1/webhook-deliveries/${replayId}`)).body;
    await eventually(async () => (await look()).status === 'delivered', { timeoutMs: patience });
    expect((await look()).history).toMatchObject([{ number: 1, http_status: 200, error: null }]);
    // And the first ones come by themselves, five seconds after they failed.
    await expectStanding(callSid, 'delivered', 2, 3);
  });

  it('are replayed in bulk by a filter, oldest first', async () => {
    const callSid = await call();
    await expectStanding(callSid, 'delivered', 1, 3);
    receiver.posts.length = 0;
    const filter = { call_sid: callSid, status: 'delivered', from: begin };
    const answer = await admin.request('POST', '/api/v1/webhook-deliveries/replay', { filter });
    const last = (await deliveries(`call_sid=${callSid}&event=call_completed`)).at(-1);
    expect(answer).toEqual({
      status: 200,
      body: { replayed: 3, has_more: false, next_cursor: null, last_delivery_at: last.created_at },
    });
    const posts = await receiver.expect(3);
    expect(posts.map(({ body }) => body.event)).toEqual(['call_ringing', 'call_answered', 'call_completed']);
    const ofOne = await admin.request('POST', '/api/v1/webhook-deliveries/replay', {
      filter: { call_sid: callSid, event: 'call_ringing' },
    });
    expect(ofOne.body.replayed).toBe(1); // Replays themselves are left out.
    const past = { filter: { to: begin } };
    await receiver.expect(4);
    const before = receiver.posts.length;
    expect((await admin.request('POST', '/api/v1/webhook-deliveries/replay', past)).status).toBe(200);
    await eventually(async () => (await deliveries('status=pending')).length === 0, { timeoutMs: patience });
    expect(receiver.posts.slice(before).every(({ body }) => body.call_sid !== callSid)).toBe(true);
  });

  it('come page by page, each once', async () => {
    await call();
    const ids: string[] = [];
    let cursor = '';
    do {
      const query = `limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await admin.request('GET', `/api/v1/webhook-deliveries?${query}`);
      ids.push(...body.items.map((one: any) => one.delivery_id));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(new Set(ids).size).toBe(ids.length);
    const { body } = await admin.request('GET', '/api/v1/webhook-deliveries?limit=200');
    expect(body.items.map((one: any) => one.delivery_id)).toEqual(ids);
  });

  it.each([
    ['GET', '?status=lost', undefined, 'status'],
    ['GET', '?from=yesterday', undefined, 'from'],
    ['GET', '?from=2026-02-30', undefined, 'from'],
    ['GET', '?from=2026-02-03&to=2026-02-01', undefined, 'to'],
    ['GET', '?limit=0', undefined, 'limit'],
    ['GET', '?colour=red', undefined, 'colour'],
    ['GET', '?cursor=bm9uZQ', undefined, undefined],
    ['POST', '/replay', {}, 'filter'],
    ['POST', '/replay', { filter: {} }, 'filter'],
    ['POST', '/replay', { filter: { status: 'lost' } }, 'filter.status'],
    ['POST', '/replay', { filter: { to: 'soon' } }, 'filter.to'],
    ['POST', '/replay', { filter: { status: 'dropped' }, cursor: 'bm9uZQ' }, undefined],
    ['POST', '/replay', { filter: { status: 'dropped' }, to_current_url: 'maybe' }, 'to_current_url'],
    ['POST', '/dlv_none/replay?to_current_url=maybe', undefined, 'to_current_url'],
  ] as const)('%s %s with %j is 400 and names %s', async (method, path, body, field) => {
    const answer = await admin.request(method, `/api/v1/webhook-deliveries${path}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.field).toBe(field);
  });

  it('are 404 when there is no such delivery', async () => {
    for (const [method, path] of [
      ['GET', '/dlv_none'],
      ['POST', '/dlv_none/replay'],
    ] as const)
      expect((await admin.request(method, `/api/v1/webhook-deliveries${path}`)).status).toBe(404);
  });

  it('are signed with the app’s secrets, during a rotation with both', async () => {
    const rotate = async (body: unknown) => app.data('POST', '/webhook-secrets/rotate', body, customerToken);
    const [first] = (await app.data('GET', '/webhook-secrets', undefined, customerToken)).secrets;
    const { secrets } = await rotate({ overlap_hours: 1 });
    expect(secrets).toHaveLength(2);
    expect(secrets[0]).toMatchObject({ expires_at: null });
    expect(secrets[1]).toMatchObject({ id: first.id, secret: first.secret });
    const leftMs = Date.parse(secrets[1].expires_at) - Date.now();
    expect(Math.abs(leftMs - 3_600_000)).toBeLessThan(60_000);
    await call();
    expect(signaturesOf(receiver.posts[0])).toEqual(
      secrets.map(({ secret }: any) => signed(receiver.posts[0], secret)),
    );
    const alone = await rotate({ overlap_hours: 0 });
    expect(alone.secrets).toHaveLength(1); // Those of an overlap that still ran are worth nothing either.
    receiver.posts.length = 0;
    await call();
    expect(signaturesOf(receiver.posts[0])).toEqual([signed(receiver.posts[0], alone.secrets[0].secret)]);
    expect((await app.ask('POST', '/webhook-secrets/rotate', { token: customerToken })).status).toBe(200);
  });
});

function signaturesOf(post: Post | undefined): string[] {
  return String(post?.headers['webhook-signature']).split(' ');
}

function signed(post: Post | undefined, secret: string): string {
  const text = `${post?.headers['webhook-id']}.${post?.headers['webhook-timestamp']}.${post?.text}`;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}
