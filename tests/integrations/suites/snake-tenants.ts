import type { RunningServer } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../../support/admin.js';
import { IntegrationsApi, type TestApp, type TestCustomer } from '../../support/integrations.js';
import { openApiPaths } from '../../support/openapi.js';
import type { SecondAccount } from '../../support/second-account.js';
import { SnakeApp } from '../../support/snake.js';

/** Bodies that the route takes when the address is one's own: what refuses must be the address or the token. */
const bodies: Record<string, unknown> = {
  'PUT /settings': { popup_url: 'https://stranger.example', recording_enabled: true },
  'POST /users': { user_id: 'intruder', name: 'Intruder' },
  'PUT /users/{user_id}': { name: 'Changed' },
  'PATCH /users/{user_id}': { name: 'Changed' },
  'PUT /users/{user_id}/devices': { phone: true, sip: true },
  'PUT /contacts': [{ number: '+911130000777', name: 'Changed' }],
  'POST /users/{user_id}/session': { expires_in: 60 },
  'POST /webhook-secrets/rotate': { overlap_hours: 0 },
};

const number = '+911130000777';

export const snakeTenants = (theServer: () => RunningServer, theSecond: () => SecondAccount) =>
  describe('the addresses of one tenant', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let victim: SnakeApp;
    let victimCustomer: { id: string; token: string };
    let callSid: string;
    let routes: { method: string; path: string }[];
    let secondAdmin: AdminApi;
    const strangers: Record<string, { customer: TestCustomer; app: TestApp }> = {};

    beforeAll(async () => {
      server = theServer();
      const second = theSecond();
      secondAdmin = second.admin;
      api = new IntegrationsApi(server);
      victim = await SnakeApp.demo(server);
      const { customer } = server.bootstrap;
      victimCustomer = { id: customer.id, token: await api.tokenOf('customer', customer) };
      const url = 'http://127.0.0.1:9/victim';
      await victim.data('PUT', '/settings', { popup_url: url, missed_call_url: url });
      await victim.data('PUT', '/contacts', { number, name: 'John Customer' });
      callSid = await missedCall();
      const other = await api.newCustomer('Neighbour');
      const far = await api.newCustomer('Far away', second.account);
      strangers['another customer of the account'] = { customer: other, app: await api.newApp(other) };
      strangers['another account'] = { customer: far, app: await api.newApp(far, second.account) };
      routes = await snakeRoutes();
    });

    /** A call to the victim's number that nobody answers: no telephone is registered. */
    async function missedCall(): Promise<string> {
      await new AdminApi(server).simulatedCall({ to: server.bootstrap.exophones[0] ?? '', from: number });
      return (await victim.expectLastCall('over', ({ ended_at }) => ended_at !== null)).call_sid;
    }

    /** Every route of this generation, from the OpenAPI document. */
    async function snakeRoutes(): Promise<{ method: string; path: string }[]> {
      return Object.entries(await openApiPaths(server.baseUrl)).flatMap(([path, methods]) => {
        if (!path.startsWith('/v2/integrations/{customer_id}')) return [];
        const short = path.replace('/v2/integrations', '');
        return Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: short }));
      });
    }

    const short = (path: string) => path.replace('/{customer_id}/apps/{app_id}', '');

    /** The address with the ids put in; the things under the app are the victim's. */
    function addressOf(path: string, ids: { customer: string; app: string }): string {
      const [user] = server.bootstrap.users;
      return path
        .replace('{customer_id}', ids.customer)
        .replace('{app_id}', ids.app)
        .replace('{user_id}', user?.user_id ?? '')
        .replace('{call_sid}', callSid)
        .replace('{number}', number);
    }

    /** All that the victim has, read with its own tokens: they must still be good. */
    async function everything() {
      const { body } = await api.ask('GET', `/${victimCustomer.id}`, { token: victimCustomer.token });
      const { body: usage } = await api.ask('GET', `/${victimCustomer.id}/usage`, { token: victimCustomer.token });
      return {
        customer: body,
        usage: usage.data.usage,
        settings: await victim.data('GET', '/settings'),
        users: await victim.data('GET', '/users'),
        contacts: await victim.data('GET', '/contacts'),
        calls: await victim.data('GET', '/calls'),
        events: await victim.data('GET', '/events'),
        secrets: await victim.data('GET', '/webhook-secrets', undefined, victimCustomer.token),
      };
    }

    async function expectRefused(method: string, path: string, address: string, token: string): Promise<void> {
      const body = bodies[`${method} ${short(path)}`];
      const answer = await api.ask(method, address, { token, ...(body === undefined ? {} : { body }) });
      const told = `${method} ${address}: ${JSON.stringify(answer.body)}`;
      expect([401, 404], told).toContain(answer.status);
      expect(answer.body, told).toEqual({
        success: false,
        error: { code: answer.status, message: expect.stringMatching(/^.{20,}$/) },
      });
      if (!address.includes('contacts/')) expect(answer.body.error.message).not.toContain(number);
    }

    it('are all known here', () => {
      const known = routes.map(({ method, path }) => `${method} ${short(path)}`);
      expect(known).toEqual(expect.arrayContaining(Object.keys(bodies)));
      const withBody = routes.filter(({ method }) => ['PUT', 'POST', 'PATCH'].includes(method));
      expect(withBody.map(({ method, path }) => `${method} ${short(path)}`).sort()).toEqual(Object.keys(bodies).sort());
      expect(routes).toHaveLength(23);
    });

    it.each(['another customer of the account', 'another account'])(
      'are closed to both tokens of %s, and so is what is named under its own',
      async (whose) => {
        const { customer, app } = strangers[whose] ?? expect.fail('not made');
        const before = await everything();
        const ids = { customer: victimCustomer.id, app: server.bootstrap.app.id };
        for (const { method, path } of routes) {
          for (const token of [customer.token, app.token]) {
            await expectRefused(method, path, addressOf(path, ids), token);
            if (!path.includes('{app_id}')) continue;
            // The victim's app under the stranger's customer.
            await expectRefused(method, path, addressOf(path, { ...ids, customer: customer.id }), token);
            // The victim's user, call or entry under the stranger's app.
            if (/\{(user_id|call_sid|number)\}/.test(path))
              await expectRefused(method, path, addressOf(path, { customer: customer.id, app: app.id }), token);
          }
          expect(await everything(), `${method} ${path}`).toEqual(before);
        }
      },
    );

    it('are closed to the token of another app of the same customer', async () => {
      const demo = { ...server.bootstrap.customer, token: victimCustomer.token };
      const app = await api.newApp(demo);
      const before = await everything();
      const ids = { customer: demo.id, app: server.bootstrap.app.id };
      for (const { method, path } of routes) {
        await expectRefused(method, path, addressOf(path, ids), app.token);
        if (/\{(user_id|call_sid|number)\}/.test(path))
          await expectRefused(method, path, addressOf(path, { ...ids, app: app.id }), app.token);
        expect(await everything(), `${method} ${path}`).toEqual(before);
      }
    });

    it('are closed to the app’s own token where its webhooks’ secrets are: it sits in every agent’s browser', async () => {
      const before = await everything();
      for (const [method, path] of [
        ['GET', '/webhook-secrets'],
        ['POST', '/webhook-secrets/rotate'],
      ] as const) {
        const { status, body } = await victim.ask(method, path);
        expect(status).toBe(401);
        expect(body.error.message).toMatch(/needs the token of a customer, and yours is an app’s: POST .*"customer"/);
        expect(JSON.stringify(body)).not.toContain('whsec_');
      }
      expect(await everything()).toEqual(before);
    });

    it('are open to the customer’s own token', async () => {
      const ids = { customer: victimCustomer.id, app: server.bootstrap.app.id };
      const reading = routes.filter(({ method }) => method === 'GET');
      const statuses = reading.map(async ({ path }) => {
        const { status } = await api.ask('GET', addressOf(path, ids), { token: victimCustomer.token });
        return [short(path), status];
      });
      expect(await Promise.all(statuses)).toEqual(reading.map(({ path }) => [short(path), 200]));
      const base = `/${ids.customer}/apps/${ids.app}`;
      const { token } = victimCustomer;
      const written = await api.ask('PUT', `${base}/settings`, { token, body: { callback_url: null } });
      expect(written.status).toBe(200);
    });

    it('are closed to no token, and to one that was revoked', async () => {
      const token = await api.tokenOf('app', server.bootstrap.app);
      const path = `${victim.base}/settings`;
      expect((await api.ask('GET', path, { token })).status).toBe(200);
      await api.data('DELETE', '/token', { token });
      for (const asking of [{ token }, {}]) {
        const answer = await api.ask('GET', path, asking);
        expect(answer.status).toBe(401);
        expect(answer.body.error.message).toMatch(/POST \/v2\/integrations\/token gives one/);
      }
    });

    it('do not show their deliveries to the administrator of another account, who cannot replay them', async () => {
      const admin = new AdminApi(server);
      const { body: own } = await admin.request('GET', '/api/v1/webhook-deliveries');
      expect(own.items.length).toBeGreaterThan(0);
      expect((await secondAdmin.request('GET', '/api/v1/webhook-deliveries')).body.items).toEqual([]);
      const path = `/api/v1/webhook-deliveries/${own.items[0].delivery_id}`;
      expect((await secondAdmin.request('GET', path)).status).toBe(404);
      expect((await secondAdmin.request('POST', `${path}/replay`)).status).toBe(404);
      const filter = { to: '2100-01-01' };
      const bulk = await secondAdmin.request('POST', '/api/v1/webhook-deliveries/replay', { filter });
      expect(bulk.body).toEqual({ replayed: 0, has_more: false, next_cursor: null, last_delivery_at: null });
      expect((await admin.request('GET', '/api/v1/webhook-deliveries')).body.items).toHaveLength(own.items.length);
    });
  });
