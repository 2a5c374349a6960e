import { CallError } from '@intermix/calls';
import { describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';

const base = '/v2/integrations';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const dayMs = 24 * 3_600_000;

interface Asked {
  status: number;
  headers: Record<string, unknown>;
  body: any;
}

async function ask(
  api: TestApi,
  method: string,
  path: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Asked> {
  const answer = await api.app.inject({
    method: method as 'GET',
    url: `${base}${path}`,
    headers: { ...(options.token ? { authorization: options.token } : {}), ...options.headers },
    ...(options.body === undefined ? {} : { payload: options.body as object }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === '' ? undefined : answer.json(),
  };
}

async function tokenOf(api: TestApi, entity: 'customer' | 'app', secret?: string): Promise<Asked> {
  const own = api.integrations[entity];
  return ask(api, 'POST', '/token', { body: { Id: own.id, Secret: secret ?? own.secret, Entity: entity } });
}

async function begin() {
  const api = await makeApi();
  const app = (await tokenOf(api, 'app')).body.Data as string;
  const customer = (await tokenOf(api, 'customer')).body.Data as string;
  return { api, app, customer };
}

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

const person = {
  AppUserId: 'agent_001',
  AppUsername: 'Ashwini Sharma',
  Email: 'ashwini@example.com',
  ExotelAccountSid: 'one',
  ExotelUserName: 'Ashwini Sharma',
  AgentNumber: '+919876543210',
  VirtualNumber: '+918000000001',
};

describe('tokens', () => {
  it('are taken bare and behind Bearer, and expire after 90 days', async () => {
    const { api, app } = await begin();
    for (const token of [app, `Bearer ${app}`, `bearer  ${app}`])
      expect((await ask(api, 'GET', '/app', { token })).status).toBe(200);
    await api.clock.advance(90 * dayMs - 1);
    expect((await ask(api, 'GET', '/app', { token: app })).status).toBe(200);
    await api.clock.advance(1);
    const expired = await ask(api, 'GET', '/app', { token: app });
    expect(expired).toMatchObject({ status: 401, body: { Status: 'Failed', Code: 401, Data: null } });
    expect(expired.body.Error).toMatch(/expired at .*; POST \/v2\/integrations\/token/);
  });

  it('are worth nothing once revoked, and only the one that was sent', async () => {
    const { api, app } = await begin();
    const other = (await tokenOf(api, 'app')).body.Data;
    expect(await ask(api, 'DELETE', '/token', { token: app })).toMatchObject({
      status: 200,
      body: { Data: 'Deleted Successfully' },
    });
    expect((await ask(api, 'GET', '/app', { token: app })).status).toBe(401);
    expect((await ask(api, 'GET', '/app', { token: other })).status).toBe(200);
  });

  it('answer a wrong secret and an unknown id alike', async () => {
    const { api } = await begin();
    const wrong = await tokenOf(api, 'app', 'wrong');
    const unknown = await ask(api, 'POST', '/token', { body: { Id: 'nobody', Secret: 'wrong', Entity: 'app' } });
    const otherEntity = await ask(api, 'POST', '/token', {
      body: { Id: api.integrations.app.id, Secret: api.integrations.app.secret, Entity: 'customer' },
    });
    expect([wrong.status, unknown.status, otherEntity.status]).toEqual([401, 401, 401]);
    expect(unknown.body.Error).toBe(wrong.body.Error);
  });

  it('slow guessing per id and per source, and let the owner in again after a minute', async () => {
    const { api } = await begin();
    for (let guess = 0; guess < 5; guess++) expect((await tokenOf(api, 'app', `guess ${guess}`)).status).toBe(401);
    const refused = await tokenOf(api, 'app');
    expect(refused).toMatchObject({ status: 429, body: { Status: 'Failed', Code: 429 } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (let guess = 0; guess < 294; guess++)
      await ask(api, 'POST', '/token', { body: { Id: `id ${guess}`, Secret: 'x', Entity: 'app' } });
    expect((await tokenOf(api, 'customer')).status).toBe(200);
    await ask(api, 'POST', '/token', { body: { Id: 'one more', Secret: 'x', Entity: 'app' } });
    expect((await tokenOf(api, 'customer')).status).toBe(429);
    await api.clock.advance(60_001);
    expect((await tokenOf(api, 'app')).status).toBe(200);
  });

  it('count wrong secrets by the address that a trusted proxy tells, and by no other', async () => {
    const guessFrom = async (api: TestApi, forwardedFor: string, remoteAddress: string) => {
      const { statusCode } = await api.app.inject({
        ...{ method: 'POST', url: `${base}/token`, remoteAddress },
        headers: { 'x-forwarded-for': forwardedFor },
        payload: { Id: api.integrations.app.id, Secret: 'wrong', Entity: 'app' },
      });
      return statusCode;
    };
    const trusting = await makeApi({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    for (let guess = 0; guess < 5; guess++) await guessFrom(trusting, '203.0.113.5, 10.1.2.3', '127.0.0.1');
    expect(await guessFrom(trusting, '203.0.113.5', '127.0.0.1')).toBe(429);
    expect(await guessFrom(trusting, '203.0.113.6', '127.0.0.1')).toBe(401);
    expect(await guessFrom(trusting, '203.0.113.5', '203.0.113.7')).toBe(401); // No proxy: it may say what it likes.
    for (let guess = 0; guess < 4; guess++) await guessFrom(trusting, `203.0.113.${10 + guess}`, '203.0.113.7');
    expect(await guessFrom(trusting, '203.0.113.30', '203.0.113.7')).toBe(429);
  });

  it.each([
    ['GET', '/app', 'customer', 'app'],
    ['GET', '/app?entity=customer', 'app', 'customer'],
    ['GET', '/customer', 'app', 'customer'],
    ['GET', '/app_setting', 'customer', 'app'],
    ['DELETE', '/app', 'customer', 'app'],
  ] as const)('%s %s with the token of the %s says that the %s’s is needed', async (method, path, held, needed) => {
    const { api, ...tokens } = await begin();
    const answer = await ask(api, method, path, { token: tokens[held] });
    expect(answer.status).toBe(401);
    expect(answer.body.Error).toContain(`Entity "${needed}"`);
  });

  it('must be printable and short', async () => {
    const { api } = await begin();
    for (const token of ['', 'a b', 'Basic eDp5', 'x'.repeat(257), 'Bearer'])
      expect((await ask(api, 'GET', '/app', { token })).status).toBe(401);
  });
});

describe('POST /customer', () => {
  const make = (api: TestApi, token: string) =>
    ask(api, 'POST', '/customer', { token, body: { CustomerName: 'Acme' } });

  it.each([
    ['agent', 401],
    ['supervisor', 401],
    ['admin', 200],
    ['super_admin', 200],
  ] as const)('by the access token of role %s is %i', async (role, status) => {
    const api = await makeApi();
    expect((await make(api, `Bearer ${await api.tokenOf(role)}`)).status).toBe(status);
  });

  it('by Basic is for the right pair, and guessing it is slowed', async () => {
    const api = await makeApi();
    expect((await make(api, basic('key:token'))).body.Data.CustomerSecret).toMatch(/^[0-9a-f]{40}$/);
    for (const pair of ['key:wrong', 'wrong:token', 'key', ':', '', 'key:token:more'])
      expect((await make(api, basic(pair))).status, pair).toBe(401);
    for (let guess = 0; guess < 20; guess++) await make(api, basic(`other:${guess}`));
    expect((await make(api, basic('other:x'))).status).toBe(429);
    expect((await make(api, basic('key:token'))).status).toBe(200);
    for (let guess = 0; guess < 8; guess++) await make(api, basic(`key:${guess}`));
    expect((await make(api, basic('key:token'))).status).toBe(429);
    await api.clock.advance(60_001);
    expect((await make(api, basic('key:token'))).status).toBe(200);
  });
});

describe('the envelope', () => {
  const rid = expect.stringMatching(uuid);

  it('is around every answer of this generation', async () => {
    const { api, app } = await begin();
    const json = { 'content-type': 'application/json' };
    const answers = await Promise.all([
      ask(api, 'GET', '/app', { token: app }),
      ask(api, 'GET', '/app'),
      ask(api, 'GET', '/nowhere'),
      ask(api, 'GET', '/call/nowhere'),
      ask(api, 'PATCH', '/app'),
      ask(api, 'GET', '/token'),
      ask(api, 'POST', '/token', { body: '{"Id":', headers: json }),
      ask(api, 'POST', '/token', { body: 'Id=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      ask(api, 'POST', '/token', { body: 'x', headers: { 'content-type': 'text/plain' } }),
      ask(api, 'POST', '/token', { body: { Id: 'x'.repeat(300_000) } }),
      ask(api, 'POST', '/token', { body: '', headers: json }),
      ask(api, 'GET', '/usermapping/%zz'),
      ask(api, 'POST', '/token', { body: '{"__proto__":{"Id":1}}', headers: json }),
    ]);
    const statuses = [200, 401, 404, 404, 405, 405, 400, 415, 415, 413, 400, 400, 400];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    for (const { status, body } of answers) {
      const Status = status === 200 ? 'Success' : 'Failed';
      expect(body).toEqual({ RequestId: rid, Status, Code: status, Error: body.Error, Data: body.Data });
      expect(body.Error === '').toBe(status === 200);
      if (status !== 200) expect(body.Data).toBeNull();
    }
    expect(new Set(answers.map(({ body }) => body.RequestId)).size).toBe(answers.length);
  });

  it('tells in Allow what a path takes', async () => {
    const { api } = await begin();
    expect((await ask(api, 'PATCH', '/usermapping')).headers.allow).toBe('DELETE, GET, HEAD, POST, PUT');
    expect((await ask(api, 'GET', '/token')).headers.allow).toBe('DELETE, POST');
  });

  it('is the other one for paths of the other generation', async () => {
    const { api } = await begin();
    const id = api.integrations.customer.id;
    const nowhere = await ask(api, 'GET', `/${id}/nowhere`);
    expect(nowhere).toMatchObject({ status: 404, body: { success: false, error: { code: 404 } } });
    expect((await ask(api, 'POST', `/${id}`)).body).toMatchObject({ success: false });
  });

  it('tells nothing of what is unforeseen, and is logged by its id', async () => {
    const { api, app } = await begin();
    api.integrations.deps.apps.find = async () => {
      throw new Error('secret detail');
    };
    const answer = await ask(api, 'GET', '/app', { token: app });
    expect(answer).toMatchObject({ status: 500, body: { Code: 500, Status: 'Failed', RequestId: rid } });
    expect(JSON.stringify(answer.body)).not.toContain('secret detail');
  });

  it('leaves the administration API as it is', async () => {
    const { api } = await begin();
    const answer = await api.app.inject({ method: 'GET', url: '/api/v1/nowhere' });
    expect(answer.json()).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('pages of other origins', () => {
  const preflight = {
    origin: 'https://crm.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, content-type',
  };

  it('may ask, and may read refusals', async () => {
    const { api } = await begin();
    for (const path of ['/app', '/usermapping?user_id=x', '/token', `/${'a'.repeat(32)}/apps/x/settings`]) {
      const { status, headers } = await ask(api, 'OPTIONS', path, { headers: preflight });
      expect(status).toBe(204);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-allow-headers']).toBe('authorization, content-type');
      expect(Number(headers['access-control-max-age'])).toBeGreaterThan(0);
    }
    for (const path of ['/app', '/nowhere', '/token', '/usermapping/%zz'])
      expect((await ask(api, 'GET', path, { headers: preflight })).headers['access-control-allow-origin']).toBe('*');
  });

  it('are those of the list, when there is one', async () => {
    const api = await makeApi({ origins: ['https://crm.example'] });
    const allowed = (origin: string) =>
      ask(api, 'OPTIONS', '/app', { headers: { ...preflight, origin } }).then(
        ({ headers }) => headers['access-control-allow-origin'],
      );
    expect(await allowed('https://crm.example')).toBe('https://crm.example');
    expect(await allowed('https://evil.example')).toBeUndefined();
  });
});

describe('users', () => {
  const map = async (api: TestApi, token: string, ...changes: object[]) =>
    ask(api, 'POST', '/usermapping', { token, body: changes.map((change) => ({ ...person, ...change })) });

  it('are found by an id with a plus that the SDK did not encode', async () => {
    const { api, app } = await begin();
    await map(api, app, { AppUserId: '+asha+rao@example.com' }, { AppUserId: 'with space' });
    const find = async (query: string) => (await ask(api, 'GET', `/usermapping?user_id=${query}`, { token: app })).body;
    expect((await find('+asha+rao@example.com')).Data.AppUserId).toBe('+asha+rao@example.com');
    expect((await find('%2Basha%2Brao%40example.com')).Data.AppUserId).toBe('+asha+rao@example.com');
    expect((await find('with%20space')).Data.AppUserId).toBe('with space');
    expect(await find('nobody')).toMatchObject({ Code: 404, Error: 'record not found' });
  });

  it('are made all or none', async () => {
    const { api, app } = await begin();
    const answer = await map(api, app, { AppUserId: 'a' }, { AppUserId: 'b', VirtualNumber: '+918000000099' });
    expect(answer).toMatchObject({ status: 404, body: { Error: expect.stringContaining('1.VirtualNumber') } });
    expect((await ask(api, 'GET', '/usermapping', { token: app })).body.Data).toEqual({
      Users: [],
      NextKey: '',
      Total: 0,
    });
  });

  it('have user names that are safe in URLs and SIP, whatever their ids are', async () => {
    const { api, app } = await begin();
    const ids = ['Agent One', 'अशा', '9876543210', 'a/b;c@d', '<x>"'];
    const made = await map(api, app, ...ids.map((AppUserId) => ({ AppUserId })));
    const names = made.body.Data.map(({ SipId }: { SipId: string }) => SipId);
    for (const name of names) expect(name).toMatch(/^sip:[a-z][a-z0-9-]*-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(ids.length);
  });

  it('are deleted with their registrations; a list with an unknown id deletes nobody', async () => {
    const { api, app } = await begin();
    await map(api, app, { AppUserId: 'a' }, { AppUserId: 'b' }, { AppUserId: 'c' }, { AppUserId: 'd' });
    const refused = await ask(api, 'DELETE', '/users', { token: app, body: ['a', 'nobody'] });
    expect(refused).toMatchObject({ status: 404, body: { Error: expect.stringContaining('"nobody"') } });
    expect(api.integrations.forgotten).toEqual([]);
    expect((await ask(api, 'DELETE', '/users', { token: app, body: ['a', 'a'] })).body.Data).toBe(
      'Deleted Successfully',
    );
    expect((await ask(api, 'DELETE', '/usermapping/b', { token: app })).body.Data).toBe('Deleted Successfully');
    expect((await ask(api, 'DELETE', '/usermapping', { token: app })).body.Data).toBe('Deleted Successfuly');
    expect(api.integrations.forgotten).toEqual(['a', 'b', 'c', 'd']);
  });

  it('end their registrations with the app and with the customer', async () => {
    const { api, app, customer } = await begin();
    const { id } = api.integrations.app;
    const account = { ExotelAccountSid: 'one', ExotelApiKey: 'key', ExotelApiToken: 'token' };
    const body = { AppName: 'second', ExotelDomain: 'mumbai', IsActive: true, ...account };
    const { AppID: second } = (await ask(api, 'POST', '/app', { token: customer, body })).body.Data;
    expect((await ask(api, 'DELETE', '/app', { token: app })).body.Data).toBe('Deleted Successfully');
    expect(api.integrations.forgotten).toEqual([`all of one ${id}`]);
    expect((await ask(api, 'GET', '/app', { token: app })).status).toBe(401);
    expect((await ask(api, 'DELETE', '/customer', { token: customer })).status).toBe(200);
    expect(api.integrations.forgotten.slice(1)).toEqual([`all of one ${second}`]);
    expect((await ask(api, 'GET', '/customer', { token: customer })).status).toBe(401);
  });

  it('are paged, and the last page has no next', async () => {
    const { api, app } = await begin();
    await map(api, app, ...Array.from({ length: 5 }, (_, n) => ({ AppUserId: `u${n}` })));
    const seen: string[] = [];
    for (let key: string | undefined = '0'; key; ) {
      const { body } = await ask(api, 'GET', `/usermapping?page_size=2&next_key=${key}`, { token: app });
      seen.push(...body.Data.Users.map(({ AppUserId }: { AppUserId: string }) => AppUserId));
      key = body.Data.NextKey;
    }
    expect(seen).toEqual(['u0', 'u1', 'u2', 'u3', 'u4']);
    const byValue = await ask(api, 'GET', '/usermapping?last_value=3', { token: app });
    expect(byValue.body.Data.Users).toHaveLength(2);
  });

  it('are paged without one that is deleted meanwhile', async () => {
    const { api, app } = await begin();
    await map(api, app, ...Array.from({ length: 3 }, (_, n) => ({ AppUserId: `u${n}` })));
    const { users } = api.integrations.deps;
    const { sipPassword } = users;
    users.sipPassword = async (sid, appId, userId) => {
      if (userId === 'u1') await users.delete(sid, appId, ['u1']);
      return sipPassword(sid, appId, userId);
    };
    const { status, body } = await ask(api, 'GET', '/usermapping?page_size=2', { token: app });
    expect([status, body.Data.Users.map(({ AppUserId }: any) => AppUserId)]).toEqual([200, ['u0']]);
    expect(body.Data.NextKey).toBe('2');
  });

  it('are in no cache where their passwords are told, nor are tokens and secrets', async () => {
    const { api, app, customer } = await begin();
    const account = { ExotelAccountSid: 'one', ExotelApiKey: 'key', ExotelApiToken: 'token' };
    const newApp = { AppName: 'second', ExotelDomain: 'mumbai', IsActive: true, ...account };
    const answers = [
      await tokenOf(api, 'app'),
      await ask(api, 'POST', '/customer', { token: basic('key:token'), body: { CustomerName: 'Acme' } }),
      await ask(api, 'POST', '/app', { token: customer, body: newApp }),
      await map(api, app, { AppUserId: 'u1' }),
      await ask(api, 'GET', '/usermapping?user_id=u1', { token: app }),
      await ask(api, 'GET', '/usermapping', { token: app }),
      await ask(api, 'PUT', '/usermapping', {
        token: app,
        body: { AppUserId: 'u1', VirtualNumber: person.VirtualNumber },
      }),
      await ask(api, 'PUT', '/device', {
        token: app,
        body: { UserId: 'u1', DeviceName: 'phone', DeviceStatus: true },
      }),
    ];
    expect(answers.map(({ status, headers }) => [status, headers['cache-control']])).toEqual(
      answers.map(() => [200, 'no-store']),
    );
  });
});

describe('outbound_call', () => {
  const order = { to: '+919876543210', user_id: 'agent_001' };

  async function withUser() {
    const { api, app } = await begin();
    await ask(api, 'POST', '/usermapping', { token: app, body: [person] });
    const place = (body: object = order) => ask(api, 'POST', '/call/outbound_call', { token: app, body });
    return { api, place };
  }

  it.each([
    [CallError.deviceBusy('x'), 404, 10706],
    [CallError.deviceOff('x'), 409, 1012],
    [CallError.noVirtualNumber('x'), 404, 10716],
  ])('%o is %i with the inner code %i', async (thrown, status, code) => {
    const { api, place } = await withUser();
    api.integrations.callFails.with = thrown;
    const answer = await place();
    expect(answer.status).toBe(status);
    const { response } = JSON.parse(answer.body.Error);
    expect(response.error_data).toEqual({ code, message: expect.any(String), description: expect.any(String) });
  });

  it.each([
    [{ custom_field: 'order-42' }, 'order-42'],
    [{ CustomField: 'order-42' }, 'order-42'],
    [{ custom_field: 'ours', CustomField: 'theirs' }, 'ours'],
    [{ custom_field: 'x'.repeat(128) }, 'x'.repeat(128)],
    [{ custom_field: '' }, undefined],
    [{ custom_field: null }, undefined],
    [{}, undefined],
  ])('places the call with what %j says', async (field, kept) => {
    const { api, place } = await withUser();
    expect((await place({ ...order, ...field })).status).toBe(200);
    expect(api.integrations.placed.map(({ customField }) => customField)).toEqual([kept]);
  });

  it.each([
    ['custom_field', 'x'.repeat(129)],
    ['custom_field', 7],
    ['custom_field', 'a\nb'],
    ['CustomField', 'x'.repeat(129)],
    ['CustomField', { a: 1 }],
  ])('refuses %s: %j, and names it', async (field, value) => {
    const { api, place } = await withUser();
    const { status, body } = await place({ ...order, [field]: value });
    expect([status, body.Error]).toEqual([400, expect.stringContaining(`"${field}"`)]);
    expect(api.integrations.placed).toEqual([]);
  });

  it('tells an unknown user, a bad number, and another’s ids apart', async () => {
    const { api, place } = await withUser();
    const unknown = await place({ ...order, user_id: 'nobody' });
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.body.Error).response.error_data.code).toBe(10731);
    const bad = await place({ ...order, to: 'asha' });
    expect(bad).toMatchObject({ status: 400, body: { Error: expect.stringContaining('"to"') } });
    expect((await place({ ...order, customer_id: 'other' })).status).toBe(404);
    expect((await place({ ...order, app_id: 'other' })).status).toBe(404);
    const { customer, app } = api.integrations;
    expect((await place({ ...order, customer_id: customer.id, app_id: app.id })).status).toBe(200);
    api.integrations.callFails.with = CallError.unavailable();
    expect((await place()).status).toBe(503);
  });
});

describe('inbound_call', () => {
  it('needs no token and hands the applet’s query on', async () => {
    const { api } = await begin();
    const { id } = api.integrations.app;
    const path = `/call/inbound_call/${id}?type=missedcall&CallSid=c1&CallFrom=09876543210`;
    expect((await ask(api, 'GET', path)).body.Data).toBe('Success');
    const [notified] = api.integrations.notified;
    expect(notified).toMatchObject({ type: 'missedcall', query: { CallSid: 'c1', CallFrom: '09876543210' } });
    expect(notified?.app.id).toBe(id);
    expect((await ask(api, 'GET', `/call/inbound_call/${id}?type=other`)).status).toBe(400);
    expect((await ask(api, 'GET', '/call/inbound_call/nobody?type=popup')).status).toBe(404);
    expect((await ask(api, 'GET', `/call/inbound_call/${id}?type=popup&CallSid=a%00b`)).status).toBe(400);
  });

  it('is limited per source, so that a stranger cannot starve the flow, and per app', async () => {
    const { api } = await begin();
    const url = `${base}/call/inbound_call/${api.integrations.app.id}?type=popup`;
    const tell = async (remoteAddress: string) =>
      (await api.app.inject({ method: 'GET', url, remoteAddress })).statusCode;
    for (let count = 0; count < 600; count++) await tell('203.0.113.1');
    for (let count = 0; count < 700; count++) expect(await tell('203.0.113.1')).toBe(429);
    for (let count = 0; count < 600; count++) expect(await tell('203.0.113.2')).toBe(200);
    expect(await tell('203.0.113.3')).toBe(429);
    await api.clock.advance(60_001);
    expect(await tell('203.0.113.1')).toBe(200);
  });
});
