import type { RunningServer } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type Asking,
  IntegrationsApi,
  type TestApp,
  type TestCustomer,
} from '../../support/integrations.js';
import { openApiPaths } from '../../support/openapi.js';
import type { SecondAccount } from '../../support/second-account.js';

interface Tenant {
  account: { sid: string; api_key: string; api_token: string };
  number: string;
  customer: TestCustomer;
  app: TestApp;
}

/** What a stranger sends to a route, with its own token, to get at the victim. */
interface Attempt {
  path: string;
  /** `fresh`: a customer's, made for this. */
  token: 'customer' | 'app' | 'fresh' | 'none';
  body?: (victim: Tenant, own: Tenant) => unknown;
  /** `refused`: it names something of the victim's. `own`: it cannot name any, and reaches what is the stranger's. */
  gives: 'refused' | 'own';
}

const attempts: Record<string, Attempt[]> = {
  // Ids and secrets are the key themselves: one's secret does not open the other's id.
  'POST /token': [
    {
      path: '/token',
      token: 'none',
      body: (victim, own) => ({ Id: victim.app.id, Secret: own.app.secret, Entity: 'app' }),
      gives: 'refused',
    },
    {
      path: '/token',
      token: 'none',
      body: (victim, own) => ({ Id: victim.customer.id, Secret: own.customer.secret, Entity: 'customer' }),
      gives: 'refused',
    },
  ],
  'POST /customer': [{ path: '/customer', token: 'customer', body: () => ({ CustomerName: 'x' }), gives: 'refused' }],
  'GET /customer': [{ path: '/customer', token: 'customer', gives: 'own' }],
  'POST /app': [
    {
      path: '/app',
      token: 'customer',
      body: (victim, own) => ({
        AppName: 'x',
        // Of one account both are the same: then the key is what is wrong.
        ExotelAccountSid: victim.account.sid === own.account.sid ? 'nobody' : victim.account.sid,
        ExotelApiKey: victim.account.api_key,
        ExotelApiToken: victim.account.api_token,
        ExotelDomain: 'mumbai',
        IsActive: true,
      }),
      gives: 'refused',
    },
  ],
  'GET /app': [
    { path: '/app', token: 'app', gives: 'own' },
    { path: '/app?entity=customer', token: 'customer', gives: 'own' },
  ],
  'POST /app_setting': [
    { path: '/app_setting', token: 'app', body: () => ({ Key: 'theirs', Value: 'changed' }), gives: 'own' },
  ],
  'PUT /app_setting': [
    { path: '/app_setting', token: 'app', body: () => ({ Key: 'theirs', Value: 'changed' }), gives: 'own' },
  ],
  'GET /app_setting': [
    { path: '/app_setting', token: 'app', gives: 'own' },
    { path: '/app_setting?key=popup', token: 'app', gives: 'refused' },
  ],
  'DELETE /app_setting': [{ path: '/app_setting?key=popup', token: 'app', gives: 'refused' }],
  'GET /usermapping': [
    { path: '/usermapping?user_id=victim', token: 'app', gives: 'refused' },
    { path: '/usermapping', token: 'app', gives: 'own' },
  ],
  'PUT /usermapping': [
    {
      path: '/usermapping',
      token: 'app',
      body: (_victim, own) => ({ AppUserId: 'victim', VirtualNumber: own.number }),
      gives: 'refused',
    },
  ],
  'PUT /device': [
    {
      path: '/device',
      token: 'app',
      body: () => ({ UserId: 'victim', DeviceName: 'phone', DeviceStatus: true }),
      gives: 'refused',
    },
  ],
  'POST /call/outbound_call': [
    {
      path: '/call/outbound_call',
      token: 'app',
      body: () => ({ to: '+919876543210', user_id: 'victim' }),
      gives: 'refused',
    },
    {
      path: '/call/outbound_call',
      token: 'app',
      body: ({ customer, app }) => ({
        to: '+919876543210',
        user_id: 'victim',
        customer_id: customer.id,
        app_id: app.id,
      }),
      gives: 'refused',
    },
  ],
  // Without a token on purpose: a flow calls it. It tells the app's own URL and nothing to the caller.
  'GET /call/inbound_call/{app_id}': [
    { path: '/call/inbound_call/nobody?type=popup', token: 'none', gives: 'refused' },
  ],
  'DELETE /users': [{ path: '/users', token: 'app', body: () => ['victim'], gives: 'refused' }],
  'DELETE /usermapping/{id}': [{ path: '/usermapping/victim', token: 'app', gives: 'refused' }],
  'POST /usermapping': [
    {
      path: '/usermapping',
      token: 'app',
      body: (victim, own) => [userOf(own, { ExotelAccountSid: `${victim.account.sid}x` })],
      gives: 'refused',
    },
    { path: '/usermapping', token: 'app', body: (_victim, own) => [userOf(own, {})], gives: 'own' },
  ],
  'DELETE /usermapping': [{ path: '/usermapping', token: 'app', gives: 'own' }],
  'DELETE /token': [{ path: '/token', token: 'fresh', gives: 'own' }],
  'DELETE /app': [{ path: '/app', token: 'app', gives: 'own' }],
  'DELETE /customer': [{ path: '/customer', token: 'customer', gives: 'own' }],
};

/** The same id as the victim's user: ids are an app's own. */
function userOf(own: Tenant, changes: Record<string, unknown>): Record<string, unknown> {
  return {
    AppUserId: 'victim',
    AppUsername: 'Ashwini Sharma',
    Email: 'a@example.com',
    ExotelAccountSid: own.account.sid,
    ExotelUserName: 'Ashwini Sharma',
    VirtualNumber: own.number,
    ...changes,
  };
}

export const camelTenants = (theServer: () => RunningServer, theSecond: () => SecondAccount) =>
  describe('another tenant’s valid token', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let victim: Tenant;
    let documented: string[];
    const strangers: Record<string, Tenant> = {};

    beforeAll(async () => {
      server = theServer();
      const { account, exophones } = server.bootstrap;
      const other = theSecond();
      api = new IntegrationsApi(server);
      victim = await tenant(account, exophones[0] ?? '');
      strangers['the same account'] = await tenant(account, exophones[0] ?? '');
      strangers['another account'] = await tenant(other.account, other.number);
      const token = victim.app.token;
      await api.data('POST', '/usermapping', {
        token,
        body: [{ ...api.user('victim'), AgentNumber: '+919876543210' }],
      });
      await api.data('POST', '/app_setting', { token, body: { Key: 'popup', Value: 'https://victim.example/popup' } });
      await api.data('POST', '/app_setting', { token, body: { Key: 'theirs', Value: 'kept' } });
      documented = await camelRoutes();
    });

    async function tenant(account: Tenant['account'], number: string): Promise<Tenant> {
      const customer = await api.newCustomer('Somebody', account);
      return { account, number, customer, app: await api.newApp(customer, account) };
    }

    /** Every route of this generation, from the OpenAPI document. */
    async function camelRoutes(): Promise<string[]> {
      return Object.entries(await openApiPaths(server.baseUrl)).flatMap(([path, methods]) => {
        const short = path.replace('/v2/integrations', '');
        if (short === path || short.startsWith('/{')) return [];
        return Object.keys(methods).map((method) => `${method.toUpperCase()} ${short}`);
      });
    }

    /** All that the victim has, read with its own tokens: they must still be good. */
    async function everything() {
      const [customer, app] = [{ token: victim.customer.token }, { token: victim.app.token }];
      const { Users } = await api.data('GET', '/usermapping', app);
      return {
        customer: await api.data('GET', '/customer', customer),
        apps: await api.data('GET', '/app?entity=customer', customer),
        settings: await api.data('GET', '/app_setting', app),
        users: Users.map((user: object) => ({ ...user, SipSecret: '' })),
      };
    }

    async function attack(own: Tenant, route: string, attempt: Attempt): Promise<Answer> {
      const method = route.split(' ')[0] ?? '';
      const token = {
        none: undefined,
        app: own.app.token,
        customer: own.customer.token,
        fresh: attempt.token === 'fresh' ? await api.tokenOf('customer', own.customer) : undefined,
      }[attempt.token];
      const body = attempt.body?.(victim, own);
      const asking: Asking = { ...(token && { token }), ...(body !== undefined && { body }) };
      return api.ask(method, attempt.path, asking);
    }

    it('is tried on every route that there is', () => {
      expect(Object.keys(attempts).sort()).toEqual([...documented].sort());
    });

    it.each(['the same account', 'another account'])('of %s reaches nothing of the victim’s', async (whose) => {
      const own = strangers[whose];
      if (!own) throw new Error('not made');
      const before = await everything();
      for (const [route, tries] of Object.entries(attempts)) {
        for (const attempt of tries) {
          const { status, body } = await attack(own, route, attempt);
          const told = `${route} ${JSON.stringify(body)}`;
          if (attempt.gives === 'refused') expect([401, 404], told).toContain(status);
          else expect(status, told).toBe(200);
          const { Error: _, ...rest } = body;
          for (const secret of [victim.customer.id, victim.app.id, 'victim.example'])
            expect(JSON.stringify(rest), told).not.toContain(secret);
          expect(await everything(), told).toEqual(before);
        }
      }
    });
  });
