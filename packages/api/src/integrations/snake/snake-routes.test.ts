import { describe, expect, it } from 'vitest';
import { makeApi } from '../../testing/make-api.js';

const dayMs = 24 * 3_600_000;

async function begin() {
  const api = await makeApi();
  const { customer, app } = api.integrations;
  const ask = async (method: string, path: string, token?: string, body?: object) => {
    const answer = await api.app.inject({
      method: method as 'GET',
      url: `/v2/integrations${path}`,
      headers: token === undefined ? {} : { authorization: token },
      ...(body && { payload: body }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  const tokenOf = async (Entity: 'customer' | 'app') => {
    const { id: Id, secret: Secret } = api.integrations[Entity];
    return (await ask('POST', '/token', undefined, { Id, Secret, Entity })).body.Data as string;
  };
  const base = `/${customer.id}/apps/${app.id}`;
  return { api, ask, base, customer, appToken: await tokenOf('app'), customerToken: await tokenOf('customer') };
}

describe('tokens at the snake_case generation', () => {
  it('are taken bare and behind Bearer, for 90 days', async () => {
    const { api, ask, base, appToken } = await begin();
    for (const token of [appToken, `Bearer ${appToken}`])
      expect((await ask('GET', `${base}/settings`, token)).status).toBe(200);
    await api.clock.advance(90 * dayMs);
    const expired = await ask('GET', `${base}/settings`, appToken);
    expect(expired.status).toBe(401);
    expect(expired.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(expired.body).toEqual({
      success: false,
      error: {
        code: 401,
        message: expect.stringMatching(/expired at .*; POST \/v2\/integrations\/token gives one\.$/),
      },
    });
  });

  it('are looked at before the body is read', async () => {
    const { ask, base } = await begin();
    expect((await ask('POST', `${base}/users`, 'unknown', { user_id: 7 })).status).toBe(401);
  });

  it('of a customer open its apps, and name what is wrong of another', async () => {
    const { ask, base, customer, customerToken } = await begin();
    expect((await ask('GET', `${base}/users`, customerToken)).status).toBe(200);
    for (const odd of ['nobody', 'a%00b', '%C3%A9', 'x'.repeat(200)]) {
      const answer = await ask('GET', `/${customer.id}/apps/${odd}/users`, customerToken);
      expect([answer.status, answer.body.error.message]).toEqual([404, expect.stringContaining('"app_id"')]);
    }
  });

  it('of an app do not see its secrets: they sit in every agent’s browser', async () => {
    const { ask, base, appToken } = await begin();
    for (const [method, path] of [
      ['GET', 'webhook-secrets'],
      ['POST', 'webhook-secrets/rotate'],
    ] as const) {
      const { status, body } = await ask(method, `${base}/${path}`, appToken);
      expect([status, body.error.message]).toEqual([401, expect.stringContaining('Entity "customer"')]);
    }
  });
});

it('lets no cache keep a password or a secret', async () => {
  const { ask, base, appToken, customerToken } = await begin();
  const made = await ask('POST', `${base}/users`, appToken, { user_id: 'agent_001', name: 'Ashwini' });
  expect(made.body.data.sip_credentials.password).toMatch(/^\S{20,}$/);
  const secrets = await ask('GET', `${base}/webhook-secrets`, customerToken);
  for (const { headers } of [made, secrets]) expect(headers['cache-control']).toBe('no-store');
  const read = await ask('GET', `${base}/users/agent_001`, appToken);
  expect(read.body.data.sip_credentials).toEqual({
    username: made.body.data.sip_credentials.username,
    domain: 'one.sip.example',
  });
});

it('counts usage from the first of the month in which the period ends', async () => {
  const { api, ask, customer, customerToken } = await begin();
  const period = async (query: string) =>
    (await ask('GET', `/${customer.id}/usage${query}`, customerToken)).body.data.period;
  const now = new Date(api.clock.now());
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString();
  expect(await period('')).toEqual({ start: first, end: now.toISOString() });
  expect(await period('?end_date=2024-06-30')).toEqual({
    start: '2024-06-01T00:00:00.000Z',
    end: '2024-06-30T23:59:59.999Z',
  });
  expect(await period('?start_date=2024-06-01&end_date=2024-06-01T12:00:00Z')).toEqual({
    start: '2024-06-01T00:00:00.000Z',
    end: '2024-06-01T11:59:59.999Z',
  });
  const later = await period('?start_date=2999-01-01');
  expect(later.start).toBe('2999-01-01T00:00:00.000Z');
});

describe('POST …/users/{user_id}/session', () => {
  async function withUser() {
    const begun = await begin();
    const { ask, base, appToken } = begun;
    await ask('POST', `${base}/users`, appToken, { user_id: 'agent_001', name: 'Ashwini Sharma' });
    return { ...begun, path: `${base}/users/agent_001/session` };
  }

  it('gives either token what a page needs to register, not to be cached', async () => {
    const { api, ask, path, appToken, customerToken } = await withUser();
    for (const [token, body, seconds] of [
      [appToken, undefined, 3_600],
      [customerToken, { expires_in: 60 }, 60],
    ] as const) {
      const answer = await ask('POST', path, token, body);
      expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store']);
      expect(answer.body.data).toEqual({
        username: expect.stringMatching(/^agent-001-/),
        auth_username: expect.stringContaining('~'),
        password: 'short-lived',
        domain: 'one.sip.example',
        websocket_url: expect.stringMatching(/^ws:\/\/localhost(:\d+)?\/wss$/),
        expires_at: new Date(api.clock.now() + seconds * 1000).toISOString(),
        expires_in: seconds,
        ice_servers: [{ urls: ['stun:192.0.2.1:3478'] }],
      });
    }
  });

  it.each([
    ['59 s', { expires_in: 59 }],
    ['two days', { expires_in: 172_800 }],
    ['no number', { expires_in: 'soon' }],
    ['a list', []],
  ])('refuses %s', async (_what, body) => {
    const { ask, path, appToken } = await withUser();
    expect((await ask('POST', path, appToken, body)).status).toBe(400);
  });

  it('knows no user of that name', async () => {
    const { ask, base, appToken } = await withUser();
    const answer = await ask('POST', `${base}/users/nobody/session`, appToken);
    expect([answer.status, answer.body.error.message]).toEqual([404, expect.stringContaining('"nobody"')]);
    expect((await ask('POST', `${base}/users/agent_001/session`, 'unknown')).status).toBe(401);
  });

  it('60 a minute for one user, and others go on', async () => {
    const { api, ask, base, path, appToken } = await withUser();
    await ask('POST', `${base}/users`, appToken, { user_id: 'agent_002', name: 'Ravi Kumar' });
    for (let count = 0; count < 60; count++) expect((await ask('POST', path, appToken)).status).toBe(201);
    const refused = await ask('POST', path, appToken);
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await ask('POST', `${base}/users/agent_002/session`, appToken)).status).toBe(201);
    await api.clock.advance(60_000);
    expect((await ask('POST', path, appToken)).status).toBe(201);
  });
});
