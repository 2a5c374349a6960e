import type { RunningServer } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { IntegrationsApi, type TestApp, type TestCustomer } from '../../support/integrations.js';

const long = (length: number) => 'x'.repeat(length);

export const camelBadInput = (theServer: () => RunningServer) =>
  describe('bad input to the CamelCase generation', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let customer: TestCustomer;
    let app: TestApp;

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      customer = await api.newCustomer();
      app = await api.newApp(customer);
      await api.data('POST', '/usermapping', { token: app.token, body: [api.user('known')] });
    });

    /** Everything that a bad request must leave as it was. */
    async function everything() {
      const withoutIv = (users: any[]) => users.map((user) => ({ ...user, SipSecret: user.SipSecret.length }));
      return {
        customer: await api.data('GET', '/customer', { token: customer.token }),
        apps: await api.data('GET', '/app?entity=customer', { token: customer.token }),
        settings: await api.data('GET', '/app_setting', { token: app.token }),
        users: withoutIv((await api.data('GET', '/usermapping?page_size=500', { token: app.token })).Users),
      };
    }

    /** Fields of a good body with what each may not be. */
    async function refuses(
      request: { method: string; path: string; token?: string; wrap?: (body: object) => unknown },
      good: Record<string, unknown>,
      bad: Record<string, readonly unknown[]>,
      options: { optional?: readonly string[]; prefix?: string } = {},
    ): Promise<void> {
      const { method, path, token, wrap = (body) => body } = request;
      const before = await everything();
      const required = Object.keys(bad).filter((field) => !options.optional?.includes(field));
      const missing = required.map((field) => [field, undefined] as const);
      const wrong = Object.entries(bad).flatMap(([field, values]) => values.map((value) => [field, value] as const));
      for (const [field, value] of [...missing, ...wrong]) {
        const body = wrap({ ...good, [field]: value });
        const answer = await api.ask(method, path, { ...(token && { token }), body });
        const told = `${method} ${path} with ${field} = ${JSON.stringify(value)?.slice(0, 80)}`;
        expect({ told, status: answer.status, ...answer.body }, told).toEqual({
          told,
          status: 400,
          RequestId: expect.any(String),
          Status: 'Failed',
          Code: 400,
          Error: expect.stringContaining(`"${options.prefix ?? ''}${field}"`),
          Data: null,
        });
      }
      expect(await everything()).toEqual(before);
    }

    it('POST /token', () =>
      refuses(
        { method: 'POST', path: '/token' },
        { Id: 'x', Secret: 'x', Entity: 'app' },
        { Id: [1, '', null, long(129), 'a\0b'], Secret: [1, '', long(513)], Entity: ['App', 'user', 1, null] },
      ));

    it('POST /customer', () =>
      refuses(
        { method: 'POST', path: '/customer', token: api.basic() },
        { CustomerName: 'Acme', Email: 'ops@example.com' },
        { CustomerName: [1, '', long(101), 'a\nb', null], Email: [1, 'ops', 'a b@c', '', long(255)] },
        { optional: ['Email'] },
      ));

    const app_ = () => {
      const { sid, api_key, api_token } = server.bootstrap.account;
      return {
        AppName: 'crm',
        ExotelAccountSid: sid,
        ExotelApiKey: api_key,
        ExotelApiToken: api_token,
        ExotelDomain: 'Singapore',
        IsActive: true,
      };
    };

    it('POST /app', async () => {
      await refuses({ method: 'POST', path: '/app', token: customer.token }, app_(), {
        AppName: [1, '', long(101)],
        ExotelAccountSid: [1, '', long(129)],
        ExotelApiKey: [1, '', long(513)],
        ExotelApiToken: [1, '', long(513)],
        ExotelDomain: [1, '', 'delhi'],
        IsActive: ['true', 1, null],
      });
      const of = (changes: object) =>
        api.ask('POST', '/app', { token: customer.token, body: { ...app_(), ...changes } });
      expect(await of({ ExotelAccountSid: 'nobody' })).toMatchObject({
        status: 404,
        body: { Error: expect.stringContaining('"ExotelAccountSid"') },
      });
      const wrongKey = await of({ ExotelApiKey: 'wrong' });
      expect([wrongKey.status, wrongKey.body.Error]).toEqual([400, expect.stringContaining('"ExotelApiKey"')]);
      const wrongToken = await of({ ExotelApiToken: 'wrong' });
      expect([wrongToken.status, wrongToken.body.Error]).toEqual([400, expect.stringContaining('"ExotelApiToken"')]);
      expect(await api.data('GET', '/app?entity=customer', { token: customer.token })).toHaveLength(1);
    });

    it.each(['POST', 'PUT'])('%s /app_setting', async (method) => {
      const request = { method, path: '/app_setting', token: app.token };
      const keys = [1, '', long(101), ' popup', '__proto__', 'a\nb', null];
      await refuses(
        request,
        { Key: 'own', Value: 'x' },
        { Key: keys, Value: [1, true, null, long(2_001), 'a\0b', '\ud800'] },
      );
      for (const Key of ['popup', 'incomingCallHangup', 'missedCall', 'callback', 'playback'])
        await refuses(
          request,
          { Key },
          { Value: ['', 'no url', 'ftp://a.example', 'wss://a.example', 'https://', 'http://10.0.0.1/'] },
        );
      await refuses(request, { Key: 'streaming' }, { Value: ['', 'https://a.example', 'wss://127.0.0.1/'] });
      await refuses(request, { Key: 'record' }, { Value: ['', 'yes', 'True'] });
      await refuses(request, { Key: 'notificationFormat' }, { Value: ['', 'Camel'] });
    });

    it('keeps at most 50 settings of the customer’s own', async () => {
      const other = await api.newApp(await api.newCustomer());
      const set = (key: string) =>
        api.ask('POST', '/app_setting', { token: other.token, body: { Key: key, Value: 'x' } });
      for (let n = 0; n < 50; n++) expect((await set(`own ${n}`)).status).toBe(200);
      expect(await set('one more')).toMatchObject({ status: 400, body: { Error: expect.stringContaining('50') } });
      expect((await set('own 49')).status).toBe(200);
      expect((await api.data('GET', '/app_setting', { token: other.token })).length).toBe(50);
    });

    it('POST /usermapping: each item by its index, and nobody is made', async () => {
      const names = [1, '', 'Ashwini', 'Ash Sharma', 'Ashwini Rao', 'Ashwini  ', long(101), null];
      await refuses(
        {
          method: 'POST',
          path: '/usermapping',
          token: app.token,
          wrap: (user) => [api.user('fresh'), user],
        },
        api.user('other'),
        {
          AppUserId: [1, '', ' padded', 'padded ', 'a\nb', long(129), 'known', 'fresh', null],
          AppUsername: names,
          ExotelUserName: names,
          Email: [1, '', 'nobody', long(255)],
          ExotelAccountSid: [1, '', long(129)],
          AgentNumber: [1, '', 'nobody', '12', '+99', long(33)],
          VirtualNumber: [1, '', 'nobody', '12', long(33)],
        },
        { optional: ['AgentNumber'], prefix: '1.' },
      );
      const of = (body: unknown) => api.ask('POST', '/usermapping', { token: app.token, body });
      for (const [field, value] of [
        ['ExotelAccountSid', 'nobody'],
        ['VirtualNumber', '+918000000099'],
      ] as const)
        expect(await of([api.user('fresh', { [field]: value })])).toMatchObject({
          status: 404,
          body: { Code: 404, Error: expect.stringContaining(`"0.${field}"`) },
        });
      for (const body of [[], {}, api.user('fresh'), 'x', null, [null], [[]], Array(501).fill(api.user('fresh'))])
        expect((await of(body)).status, JSON.stringify(body).slice(0, 60)).toBe(400);
      expect((await everything()).users).toHaveLength(1);
    });

    it('makes a user once when two requests come together', async () => {
      const other = await api.newApp(await api.newCustomer());
      const make = () =>
        api.ask('POST', '/usermapping', { token: other.token, body: [api.user('fresh'), api.user('b')] });
      const answers = await Promise.all([make(), make(), make()]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
      for (const { status, body } of answers) if (status === 400) expect(body.Error).toContain('"0.AppUserId"');
      expect((await api.data('GET', '/usermapping', { token: other.token })).Total).toBe(2);
    });

    it('PUT /usermapping and PUT /device', async () => {
      const token = app.token;
      const ids = [1, '', ' x', long(129), null];
      const numbers = { VirtualNumber: [1, '', 'nobody', '12', long(33)] };
      const known = { AppUserId: 'known', VirtualNumber: server.bootstrap.exophones[0] };
      await refuses({ method: 'PUT', path: '/usermapping', token }, known, { AppUserId: ids, ...numbers });
      const device = { UserId: 'known', DeviceName: 'sip', DeviceStatus: true };
      await refuses({ method: 'PUT', path: '/device', token }, device, {
        UserId: ids,
        DeviceName: ['SIP', 'browser', 1, null],
        DeviceStatus: ['true', 1, null],
      });
      const missing = await Promise.all([
        api.ask('PUT', '/usermapping', { token, body: { ...known, AppUserId: 'nobody' } }),
        api.ask('PUT', '/device', { token, body: { ...device, UserId: 'nobody' } }),
        api.ask('PUT', '/usermapping', { token, body: { ...known, VirtualNumber: '+918000000099' } }),
      ]);
      expect(missing.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect(missing.map(({ body }) => body.Error)).toEqual([
        'record not found',
        'record not found',
        expect.stringContaining('"VirtualNumber"'),
      ]);
    });

    it('PUT /device: the telephone of a user without a number', async () => {
      const other = await api.newApp(await api.newCustomer());
      const { AgentNumber: _, ...user } = api.user('known');
      await api.data('POST', '/usermapping', { token: other.token, body: [user] });
      const body = { UserId: 'known', DeviceName: 'phone', DeviceStatus: true };
      expect(await api.ask('PUT', '/device', { token: other.token, body })).toMatchObject({
        status: 400,
        body: { Error: expect.stringContaining('"AgentNumber"') },
      });
    });

    it('POST /call/outbound_call', () =>
      refuses(
        { method: 'POST', path: '/call/outbound_call', token: app.token },
        { to: '+919876543210', user_id: 'known' },
        {
          to: [1, '', 'nobody', '12', long(65), null],
          user_id: [1, '', ' x', long(129), null],
          custom_field: [7, long(129), 'a\u0000b'],
          CustomField: [7, long(129), 'a\u0000b'],
        },
        { optional: ['custom_field', 'CustomField'] },
      ));

    it('DELETE: unknown ids and wrong bodies delete nobody', async () => {
      const before = await everything();
      const token = app.token;
      const answers = await Promise.all([
        api.ask('DELETE', '/users', { token, body: ['known', 'nobody'] }),
        api.ask('DELETE', '/usermapping/nobody', { token }),
        api.ask('DELETE', '/users', { token, body: [] }),
        api.ask('DELETE', '/users', { token, body: { users: ['known'] } }),
        api.ask('DELETE', '/users', { token, body: ['known', 1] }),
        api.ask('DELETE', '/users', { token }),
        api.ask('DELETE', '/app_setting', { token }),
        api.ask('DELETE', '/app_setting?key=unset', { token }),
        api.ask('DELETE', `/usermapping/${long(129)}`, { token }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 400, 400, 400, 400, 404, 400]);
      expect(await everything()).toEqual(before);
    });

    it.each([
      '/usermapping?page_size=0',
      '/usermapping?page_size=501',
      '/usermapping?page_size=many',
      '/usermapping?last_value=-1',
      '/usermapping?next_key=x',
      '/usermapping?user_id=',
      '/usermapping?user_id=a%00b',
      `/usermapping?user_id=${'x'.repeat(129)}`,
      '/app?entity=user',
      '/app_setting?key=',
      '/app_setting?key=__proto__',
    ])('GET %s is 400', async (path) => {
      const field = /\?(\w+)=/.exec(path)?.[1];
      const { status, body } = await api.ask('GET', path, { token: app.token });
      expect([status, body.Error]).toEqual([400, expect.stringContaining(`"${field}"`)]);
    });

    it('401 for a token that is missing, cut, changed, or of the administration API', async () => {
      const admin = await fetch(`${server.baseUrl}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(server.bootstrap.admin),
      });
      const { access_token } = (await admin.json()) as { access_token: string };
      const flipped = `${app.token.slice(0, -2)}${app.token.endsWith('AA') ? 'BB' : 'AA'}`;
      for (const token of [
        'x',
        app.token.slice(1),
        flipped,
        `Basic ${app.token}`,
        access_token,
        `Bearer ${access_token}`,
      ]) {
        const { status, body, headers } = await api.ask('GET', '/app', { token });
        expect([status, body.Code, body.Status]).toEqual([401, 401, 'Failed']);
        expect(body.Error).toContain('POST /v2/integrations/token');
        expect(headers.get('access-control-allow-origin')).toBe('*');
      }
    });

    it('makes customers for the account only: its key pair, or its administrator', async () => {
      const body = { CustomerName: 'Acme' };
      for (const token of [
        undefined,
        app.token,
        customer.token,
        'Basic x',
        api.basic({ api_key: 'a', api_token: 'b' }),
      ]) {
        const { status, body: refused } = await api.ask('POST', '/customer', { ...(token && { token }), body });
        expect([status, refused.Error]).toEqual([401, expect.stringContaining('/api/v1/auth/login')]);
      }
      const login = await fetch(`${server.baseUrl}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(server.bootstrap.admin),
      });
      const { access_token } = (await login.json()) as { access_token: string };
      expect((await api.ask('POST', '/customer', { token: `Bearer ${access_token}`, body })).status).toBe(200);
    });
  });
