import { silentLogger } from '@intermix/kernel';
import { openStore } from '@intermix/store';
import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CustomerServer } from '../support/customer-server.js';
import { IntegrationsApi } from '../support/integrations.js';

/** `INTERMIX_TEST_KILLS=30 npx vitest run tests/webhooks/crash.test.ts` for the whole round, which takes some minutes. */
const kills = Number(process.env.INTERMIX_TEST_KILLS ?? 2);
const deliveries = kills >= 30 ? 1_000 : 100;
/** Slow enough that a backlog stands through all kills. */
const answerMs = kills >= 30 ? 400 : 250;

let server: RunningServer;
let receiver: CustomerServer;

beforeAll(async () => {
  receiver = await CustomerServer.start();
  const env = { INTERMIX_TRUSTED_PROXIES: '127.0.0.1', INTERMIX_ALLOW_PRIVATE_URLS: 'on' };
  server = await startServer({ env });
});
afterAll(async () => {
  await server?.stop();
  await receiver?.stop();
});

it(`${deliveries} deliveries survive ${kills} kills: each one is made, and repeats share the event’s id`, async () => {
  const api = new IntegrationsApi(server);
  const { app, account } = server.bootstrap;
  const token = await api.tokenOf('app', app);
  const body = { Key: 'popup', Value: `${receiver.url}/popup` };
  await api.data('POST', '/app_setting', { token, body });
  /** Events that were acknowledged by a whole 200. */
  const acknowledged = new Set<string>();
  receiver.behave = (post, response) => {
    setTimeout(() => {
      if (response.destroyed) return;
      acknowledged.add(post.body.CallSid);
      response.writeHead(200).end();
    }, answerMs);
    return undefined;
  };
  const sids = Array.from({ length: deliveries }, (_, n) => `crash-${n}`);
  const from = '%2B919876543210';
  for (let first = 0; first < sids.length; first += 50)
    await Promise.all(
      sids.slice(first, first + 50).map(async (sid) => {
        const query = `type=popup&CallSid=${sid}&CallFrom=${from}&CallTo=08040001234`;
        // From several addresses: one alone may tell of 600 calls a minute.
        const headers = { 'x-forwarded-for': `203.0.113.${Number(sid.split('-')[1]) % 4}` };
        await api.data('GET', `/call/inbound_call/${app.id}?${query}`, { headers });
      }),
    );

  let killsUnderWay = 0;
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 500)); // Anywhere in its work.
    if (acknowledged.size < deliveries) killsUnderWay++;
    await server.kill();
    await server.restart();
  }
  const all = () => acknowledged.size === deliveries;
  await eventually(all, { timeoutMs: 120_000, message: `${deliveries} acknowledged` }).catch((error) => {
    throw new Error(`${error.message}: ${acknowledged.size} were`);
  });
  expect([...acknowledged].sort()).toEqual([...sids].sort());
  expect(killsUnderWay).toBe(kills); // Else the test proves nothing: make the receiver slower.

  const idsOf = new Map<string, Set<unknown>>();
  for (const { body: told, headers } of receiver.posts) {
    const ids = idsOf.get(told.CallSid) ?? new Set();
    idsOf.set(told.CallSid, ids.add(`${headers['webhook-id']} ${headers['x-intermix-delivery-id']}`));
  }
  for (const ids of idsOf.values()) expect(ids.size).toBe(1);
  expect(receiver.posts.length).toBeGreaterThan(deliveries); // What was under way at a kill came again.

  await server.kill();
  const store = await openStore({ dataDir: server.dataDir, logger: silentLogger });
  const { deliveries: left } = await store.webhooks.deliveries.list({
    accountSid: account.sid,
    limit: 500,
    status: 'dropped',
  });
  const { due, waiting } = await store.webhooks.outbox.backlog();
  await store.close();
  expect(left).toEqual([]);
  expect(due + waiting).toBeLessThanOrEqual(16); // Acknowledged in the instant of the last kill, not yet written.
}, 600_000);
