import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import { openStore, type Store } from '@intermix/store';
import { eventually } from '@intermix/testkit';
import { Dispatcher, deliveryOf, type Notice } from '@intermix/webhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerServer } from '../support/customer-server.js';

const patience = 10_000;
/** Instead of 5 s, 30 s and 5 min, which the store's own test proves. */
const ladderMs = [100, 300, 600];

describe('receivers', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'intermix-receivers-'));
  const app = { accountSid: 'acc', appId: 'app' };
  let store: Store;
  let receiver: CustomerServer;
  let dispatcher: Dispatcher;
  let client: OutboundClient;

  beforeAll(async () => {
    receiver = await CustomerServer.start();
    store = await openStore({ dataDir, logger: silentLogger, webhookRetryDelaysMs: ladderMs });
    const { accountSid } = app;
    await store.tenants.createAccount({ sid: accountSid, name: 'Acme', apiKey: 'key', apiToken: 'token' });
    await store.customers.create({ id: 'cus', accountSid, name: 'Acme', email: undefined, secret: 'x' });
    await store.apps.create({ id: app.appId, customerId: 'cus', accountSid, name: 'crm', secret: 'x' });
    const common = { clock: systemClock, logger: silentLogger };
    client = new OutboundClient({ clock: systemClock, allowPrivate: true, timeoutMs: 500 });
    const { outbox, secrets } = store.webhooks;
    dispatcher = new Dispatcher({ outbox, client, secrets, ...common, userAgent: 'test' });
    dispatcher.start();
  });
  afterAll(async () => {
    await dispatcher?.stop(0);
    await client?.close();
    await store?.close();
    await receiver?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    receiver.posts.length = 0;
    receiver.behave = () => 200;
  });

  async function tell(url = `${receiver.url}/hook`, of = app): Promise<string> {
    const eventId = `evt_${randomBytes(8).toString('hex')}`;
    const delivery = deliveryOf(eventId, url, '{"event":"call_ringing"}');
    const notice: Notice = {
      ...of,
      eventId,
      callSid: eventId,
      type: 'call_ringing',
      at: new Date(),
      payload: '{}',
      delivery,
    };
    await store.webhooks.outbox.enqueue([notice]);
    dispatcher.wake();
    return delivery.deliveryId;
  }

  const finished = (deliveryId: string) =>
    eventually(
      async () => {
        const detail = await store.webhooks.deliveries.find(app.accountSid, deliveryId);
        return detail?.status === 'pending' ? undefined : detail;
      },
      { timeoutMs: patience, message: 'the delivery to be finished' },
    );

  it.each([0, 1, 2, 3, 4])('that fail %i times', async (failures) => {
    receiver.behave = () => (receiver.posts.length <= failures ? 503 : 200);
    const { status, history } = await finished(await tell());
    expect(status).toBe(failures < 4 ? 'delivered' : 'dropped');
    const attempts = Math.min(failures + 1, 4);
    expect(history.map(({ httpStatus }) => httpStatus)).toEqual([...Array(failures).fill(503), 200].slice(0, attempts));
    expect(receiver.posts).toHaveLength(attempts);
    for (let n = 1; n < attempts; n++)
      expect(receiver.posts[n]!.at - receiver.posts[n - 1]!.at).toBeGreaterThanOrEqual(ladderMs[n - 1]! - 5);
    expect(new Set(receiver.posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('that hang are left after the time limit, and tried again', async () => {
    receiver.behave = () => (receiver.posts.length === 1 ? undefined : 200);
    const { status, history } = await finished(await tell());
    expect(status).toBe('delivered');
    expect(history[0]).toMatchObject({ httpStatus: undefined, error: expect.stringContaining('did not answer') });
    expect(history[0]?.latencyMs).toBeGreaterThanOrEqual(500);
  });

  it('that answer 301 to a private address are not followed, and not acknowledged', async () => {
    const inner = await CustomerServer.start();
    receiver.behave = (_, response) => {
      response.writeHead(301, { location: `${inner.url}/secret` }).end();
      return undefined;
    };
    const { status, history } = await finished(await tell());
    expect(status).toBe('dropped');
    expect(history.map(({ httpStatus }) => httpStatus)).toEqual([301, 301, 301, 301]);
    expect(inner.posts).toEqual([]);
    await inner.stop();
  });

  it('at a metadata address are never asked', async () => {
    const { status, history } = await finished(await tell('http://169.254.169.254/latest/meta-data'));
    expect(status).toBe('dropped');
    expect(history[0]?.error).toContain('169.254.169.254 is a private, local or reserved address');
  });

  it('hear nothing of an app that was deleted: neither more of what was under way, nor what was kept behind its back', async () => {
    const { accountSid } = app;
    const gone = { accountSid, appId: `gone-${randomBytes(4).toString('hex')}` };
    await store.apps.create({ id: gone.appId, customerId: 'cus', accountSid, name: 'crm', secret: 'x' });
    receiver.behave = () => undefined; // It hangs.
    const waiting = await tell(undefined, gone);
    await eventually(() => receiver.posts.length > 0, { timeoutMs: patience, message: 'a first attempt' });
    await store.apps.delete(accountSid, gone.appId);
    expect(await finished(waiting)).toMatchObject({ status: 'dropped', lastError: expect.stringContaining('app') });
    const lateId = await tell(undefined, gone);
    const late = await finished(lateId);
    expect(late).toMatchObject({ status: 'dropped', attempts: 1, lastError: 'The app does not exist any more.' });
    expect(receiver.posts.map(({ headers }) => headers['x-intermix-delivery-id'])).not.toContain(lateId);
  });

  it('get a replay as a delivery of its own, with the same event id', async () => {
    const first = await tell();
    await finished(first);
    const replay = await store.webhooks.deliveries.replay(app.accountSid, first);
    dispatcher.wake();
    await finished(replay?.deliveryId ?? '');
    const ids = (name: string) => receiver.posts.map(({ headers }) => headers[name]);
    expect(new Set(ids('webhook-id')).size).toBe(1);
    expect(new Set(ids('x-intermix-delivery-id')).size).toBe(2);
  });
});
