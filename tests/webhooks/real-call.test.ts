import { createHmac } from 'node:crypto';
import { silentLogger } from '@intermix/kernel';
import { openStore } from '@intermix/store';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { CustomerServer, type Post } from '../support/customer-server.js';
import { IntegrationsApi } from '../support/integrations.js';
import { metric } from '../support/metrics.js';

const patience = 10_000;

describe('a real call, told to a real receiver', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let phone: SipPhone;
  let receiver: CustomerServer;

  beforeAll(async () => {
    receiver = await CustomerServer.start();
    server = await startServer();
    admin = new AdminApi(server);
    const [user] = server.bootstrap.users;
    const credentials = { username: user?.sip_username ?? '', password: user?.sip_password ?? '' };
    const domain = user?.sip_domain ?? '';
    phone = await SipPhone.start({ server: server.sip, user: credentials.username, domain, credentials });
    expect((await phone.register()).status).toBe(200);
    await setUrls();
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await receiver?.stop();
  });

  async function setUrls(): Promise<void> {
    const api = new IntegrationsApi(server);
    const token = await api.tokenOf('app', server.bootstrap.app);
    const set = (Key: string, Value: string) => api.data('POST', '/app_setting', { token, body: { Key, Value } });
    await set('popup', `${receiver.url}/popup`);
    await set('callback', `${receiver.url}/callback`);
    await set('missedCall', `${receiver.url}/missed`);
    await set('notificationFormat', 'snake');
  }

  async function answered(): Promise<void> {
    const call = await phone.waitForCall(patience);
    call.ring();
    call.answer();
    await receiver.expect(3);
  }

  /** What has come of a call since the receiver was last emptied. */
  async function toldOf(count: number): Promise<Post[]> {
    const told = [...(await receiver.expect(count))];
    receiver.posts.length = 0;
    return told;
  }

  it('each step, in order, at once, with a signature that holds', async () => {
    const [exophone = ''] = server.bootstrap.exophones;
    await admin.simulatedCall({ to: exophone });
    const call = await phone.waitForCall(patience);
    call.ring();
    await receiver.expect(2);
    call.answer();
    await receiver.expect(3);
    await call.expectTone(800, patience);
    call.hangup();
    const record = await admin.expectLastCall('that it is over', ({ status }) => status === 'completed');
    const told = await toldOf(4);

    const [user] = server.bootstrap.users;
    expect(told.map(({ path, body }) => [path, body.event])).toEqual([
      ['/popup', 'incoming_call'],
      ['/callback', 'call_ringing'],
      ['/callback', 'call_answered'],
      ['/callback', 'call_completed'],
    ]);
    for (const { body } of told) expect(body.call_sid).toBe(record.call_sid);
    expect(told[0]?.body).toMatchObject({
      ...{ direction: 'inbound', user_id: user?.user_id, exophone, app_id: server.bootstrap.app.id },
      to: `sip:${user?.sip_username}@${user?.sip_domain}`,
    });
    expect(told[2]?.body).toMatchObject({ status: 'in-progress', answered_by: user?.user_id, device: 'sip' });
    const { duration, talk_time } = told[3]?.body ?? {};
    expect(talk_time).toBe(record.duration); // There it is the talk alone.
    expect(duration).toBeGreaterThanOrEqual(talk_time);

    const ids = told.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(4);
    const counted = async () => (await metric(server, 'intermix_webhook_attempts_total')) === 4;
    await eventually(counted, { timeoutMs: patience, message: 'four attempts in the metrics' });
    await expectValidSignatures(told);
  });

  /** The secrets are in the data folder, encrypted: the server has to let go of it first. */
  async function expectValidSignatures(told: readonly Post[]): Promise<void> {
    await server.kill();
    const store = await openStore({ dataDir: server.dataDir, logger: silentLogger });
    const { account, app } = server.bootstrap;
    const [secret] = (await store.webhooks.secrets.inForce(account.sid, app.id)) ?? [];
    await store.close();
    const key = Buffer.from(secret?.secret.slice('whsec_'.length) ?? '', 'base64');
    for (const { headers, text } of told) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    }
    await server.restart();
    expect((await phone.register()).status).toBe(200);
  }

  it('a call that nobody answers: missed, twice told', async () => {
    const [exophone = ''] = server.bootstrap.exophones;
    await admin.simulatedCall({ to: exophone });
    const ringing = await phone.waitForCall(patience);
    ringing.ring();
    await receiver.expect(2);
    ringing.reject(486);
    const told = await toldOf(4);
    expect(told.map(({ path }) => path)).toEqual(['/popup', '/callback', '/missed', '/missed']);
    expect(told.map(({ body }) => body.event)).toEqual(['incoming_call', 'call_ringing', 'call_missed', 'missed_call']);
  });

  it('a call that dies with the server: told by the next start', async () => {
    const [exophone = ''] = server.bootstrap.exophones;
    await admin.simulatedCall({ to: exophone });
    await answered();
    const before = receiver.posts.splice(0).map(({ headers }) => headers['webhook-id']);
    await server.kill();
    await server.restart();
    const isNew = ({ headers }: Post) => !before.includes(headers['webhook-id']); // What was under way comes once more.
    const completed = await eventually(() => receiver.posts.find(isNew), { timeoutMs: patience });
    expect(completed).toMatchObject({ path: '/callback', body: { event: 'call_completed', status: 'failed' } });
    receiver.posts.length = 0;
  });

  it('a server that stops tells of the calls that it ends', async () => {
    expect((await phone.register()).status).toBe(200);
    const [exophone = ''] = server.bootstrap.exophones;
    await admin.simulatedCall({ to: exophone });
    await answered();
    receiver.posts.length = 0;
    await server.stop();
    expect(receiver.posts.at(-1)?.body.event).toBe('call_completed');
  });
});
