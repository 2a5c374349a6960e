import { CallError } from '@intermix/calls';
import { silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { ask, type Method } from './testing/ask.js';
import { makeApi, type TestApi } from './testing/make-api.js';

describe('sign-in', () => {
  it('gives a token that opens the API, until it expires', async () => {
    const api = await makeApi();
    const { body } = await api.login('super_admin.one@example.com');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, refresh_expires_in: 604_800 });
    const list = () => ask(api, 'GET', '/api/v1/carriers', { token: body.access_token });
    expect((await list()).status).toBe(200);
    await api.clock.advance(901_000);
    expect((await list()).status).toBe(401);
  });

  it('answers a wrong password and an unknown person alike', async () => {
    const api = await makeApi();
    const wrong = await api.login('admin.one@example.com', 'wrong');
    const unknown = await api.login('nobody@example.com', 'wrong');
    expect(wrong.statusCode).toBe(401);
    expect(unknown).toMatchObject({ statusCode: 401, body: wrong.body });
  });

  it('slows guessing, without shutting out the person for ever', async () => {
    const api = await makeApi();
    for (let guess = 0; guess < 5; guess++) await api.login('admin.one@example.com', `guess ${guess}`);
    const refused = await api.login('admin.one@example.com');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await api.clock.advance(60_001);
    expect((await api.login('admin.one@example.com')).statusCode).toBe(200);
  });

  it('refuses tokens that are forged, cut or of another scheme', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('super_admin');
    const [head = '', , signature = ''] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'x', role: 'super_admin', account_sid: 'one', iss: 'intermix' }));
    for (const bad of ['', 'x', token.slice(0, -2), `${head}.${claims.toString('base64url')}.${signature}`])
      expect((await ask(api, 'GET', '/api/v1/carriers', { token: bad })).status).toBe(401);
  });
});

describe('bad input', () => {
  it.each([
    [{}, 'name'],
    [{ name: 'x' }, 'sip_address'],
    [{ name: 'x', sip_address: 'a b' }, 'sip_address'],
    [{ name: 'x', sip_address: 'host', outbound_cps: 0 }, 'outbound_cps'],
    [{ name: 'x', sip_address: 'host', outbound_channels: 501 }, 'outbound_channels'],
    [{ name: 'x', sip_address: 'host', transport: 'sctp' }, 'transport'],
    [{ name: 'x', sip_address: 'host', colour: 'red' }, 'colour'],
    [{ name: 'x', sip_address: 'host', inbound_auth_mode: 'credentials' }, 'inbound_auth_username'],
    [{ name: 'x', sip_address: 'host', outbound_auth_username: 'u' }, 'outbound_auth_password'],
  ])('POST /carriers with %j is 400 and names %s', async (body, field) => {
    const api = await makeApi();
    const token = await api.tokenOf('super_admin');
    const answer = await ask(api, 'POST', '/api/v1/carriers', { token, body });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'ERR_VALIDATION', field });
    expect(answer.body.error.message).toContain(field);
    expect(answer.body.error.message).not.toMatch(/\n\s+at /);
  });

  it('is 400 for a body that is no JSON, and 404 in our own shape for a path that is not there', async () => {
    const api = await makeApi();
    const broken = await api.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'content-type': 'application/json' },
      payload: '{"email":',
    });
    expect(broken.statusCode).toBe(400);
    expect(broken.json().error.code).toBe('ERR_REQUEST');
    expect(await ask(api, 'GET', '/nowhere')).toMatchObject({
      status: 404,
      body: { error: { code: 'ERR_NOT_FOUND' } },
    });
  });
});

describe('carriers and numbers', () => {
  const body = {
    name: 'Carrier',
    sip_address: '203.0.113.7:5070',
    outbound_auth_username: 'u',
    outbound_auth_password: 'p',
  };

  it('are made, read, changed and removed; passwords never come back', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('super_admin');
    const made = await ask(api, 'POST', '/api/v1/carriers', { token, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: 'Carrier',
      transport: 'auto',
      outbound_cps: 5,
      outbound_auth_password_set: true,
    });
    expect(JSON.stringify(made.body)).not.toContain('"p"');
    const path = `/api/v1/carriers/${made.body.id}`;

    const changed = await ask(api, 'PUT', path, { token, body: { outbound_cps: 2.5, destination_country: 'IN' } });
    expect(changed.body).toMatchObject({ outbound_cps: 2.5, destination_country: 'IN', name: 'Carrier' });

    const opened = await ask(api, 'PUT', path, { token, body: { outbound_allowed_prefixes: ['+44', '+8816'] } });
    expect(opened.body).toMatchObject({ outbound_allowed_prefixes: ['+44', '+8816'], outbound_cps: 2.5 });

    const target = { type: 'users', app_id: 'app', user_ids: ['a', 'b'] };
    const did = await ask(api, 'POST', `${path}/dids`, { token, body: { number: '080 1234 5678', target } });
    expect(did).toMatchObject({ status: 201, body: { number: '+918012345678', direction: 'both', target } });
    const didPath = `${path}/dids/${did.body.id}`;
    expect(
      (await ask(api, 'PUT', didPath, { token, body: { label: 'Sales', ring_timeout_sec: 5 } })).body,
    ).toMatchObject({
      label: 'Sales',
      ring_timeout_sec: 5,
      target,
    });
    const flow = { type: 'flow', flow_id: 'flow_1' };
    expect((await ask(api, 'PUT', didPath, { token, body: { target: flow } })).body).toMatchObject({ target: flow });
    expect((await ask(api, 'GET', `${path}/dids`, { token })).body.items).toHaveLength(1);
    expect((await ask(api, 'DELETE', didPath, { token })).status).toBe(204);
    expect((await ask(api, 'DELETE', path, { token })).status).toBe(204);
    expect((await ask(api, 'GET', path, { token })).status).toBe(404);
    expect(api.carriersChanged()).toBe(8);
  });

  it('refuses a number that is none, naming the field', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('super_admin');
    const { body: carrier } = await ask(api, 'POST', '/api/v1/carriers', { token, body });
    const answer = await ask(api, 'POST', `/api/v1/carriers/${carrier.id}/dids`, { token, body: { number: '12' } });
    expect(answer).toMatchObject({ status: 400, body: { error: { field: 'number' } } });
  });

  it('belong to one account: the other sees nothing of them', async () => {
    const api = await makeApi();
    const one = await api.tokenOf('super_admin', 'one');
    const two = await api.tokenOf('super_admin', 'two');
    const { body: carrier } = await ask(api, 'POST', '/api/v1/carriers', { token: one, body });
    const path = `/api/v1/carriers/${carrier.id}`;
    const { body: did } = await ask(api, 'POST', `${path}/dids`, { token: one, body: { number: '+918012345678' } });
    expect((await ask(api, 'GET', '/api/v1/carriers', { token: two })).body.items).toEqual([]);
    const attempts: [Method, string, unknown?][] = [
      ['GET', path],
      ['PUT', path, { name: 'mine' }],
      ['DELETE', path],
      ['GET', `${path}/dids`],
      ['POST', `${path}/dids`, { number: '+918012345679' }],
      ['GET', `${path}/dids/${did.id}`],
      ['PUT', `${path}/dids/${did.id}`, { label: 'mine' }],
      ['DELETE', `${path}/dids/${did.id}`],
      ['GET', '/api/v1/calls/c1'],
    ];
    for (const [method, url, change] of attempts)
      expect([method, url, (await ask(api, method, url, { token: two, body: change })).status]).toEqual([
        method,
        url,
        404,
      ]);
  });
});

describe('a call placed for a user', () => {
  async function placeable() {
    const api = await makeApi();
    const { deps, app } = api.integrations;
    const user = {
      accountSid: 'one',
      appId: app.id,
      userId: 'asha',
      name: 'Asha',
      sipUsername: 'asha',
      sipPassword: 'x',
    };
    const rest = { email: undefined, exotelUserName: undefined, phone: undefined, virtualNumber: '+918000000001' };
    await deps.users.create([{ ...user, ...rest, role: 'agent', devices: { sip: true, phone: false } }]);
    const place = async (changes: object = {}, account: 'one' | 'two' = 'one') => {
      const body = { app_id: app.id, user_id: 'asha', to: '+919876543210', ...changes };
      return ask(api, 'POST', '/api/v1/calls', { token: await api.tokenOf('admin', account), body });
    };
    return { api, place };
  }

  it('is answered with its record', async () => {
    const { place } = await placeable();
    const { status, body } = await place({ custom_field: 'order-42' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ custom_field: 'order-42' });
    expect((await place()).body.custom_field).toBeNull();
    expect(body).toMatchObject({ user_id: 'asha', exophone: '+918000000001', to: '+919876543210' });
  });

  it.each([
    [{ to: 'nobody' }, 'one', 400, 'ERR_VALIDATION'],
    [{ custom_field: 'x'.repeat(129) }, 'one', 400, 'ERR_VALIDATION'],
    [{ user_id: 'nobody' }, 'one', 404, 'ERR_CALL_REFUSED'],
    [{ app_id: 'none' }, 'one', 404, 'ERR_CALL_REFUSED'],
    [{}, 'two', 404, 'ERR_CALL_REFUSED'],
  ] as const)('%j by account %s: %i', async (changes, account, status, code) => {
    const { place } = await placeable();
    expect(await place(changes, account)).toMatchObject({ status, body: { error: { code } } });
  });

  it('is refused as the switch says', async () => {
    const { api, place } = await placeable();
    api.integrations.callFails.with = CallError.deviceBusy('asha');
    expect(await place()).toMatchObject({ status: 404, body: { error: { code: 'ERR_CALL_REFUSED' } } });
    api.integrations.callFails.with = new CallError('carrier-channels', 'full');
    expect((await place()).status).toBe(503);
  });
});

describe('the simulated network', () => {
  it('places a call with normalised numbers and a script', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('admin');
    const body = { to: '080 0000 0001', answer_script: [{ wait_ms: 10 }, { dtmf: '1#' }, { hangup: true }] };
    const answer = await ask(api, 'POST', '/api/v1/simulator/calls', { token, body });
    expect(answer).toMatchObject({ status: 201, body: { id: 'sim1', state: 'dialling', answered_at: null } });
    expect(api.placed).toEqual([{ to: '+918000000001', answerScript: body.answer_script }]);
  });

  it('names the step of a script that cannot be', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('admin');
    const body = { to: '+918000000001', answer_script: [{ tone_hz: 9, ms: 10 }] };
    const answer = await ask(api, 'POST', '/api/v1/simulator/calls', { token, body });
    expect(answer.status).toBe(400);
    expect(answer.body.error.field).toContain('answer_script');
  });
});

describe('operations', () => {
  it('is ready only when every part is', async () => {
    const api = await makeApi();
    expect(await ask(api, 'GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    api.ready.media = false;
    expect(await ask(api, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'not-ready', media: false },
    });
    expect((await ask(api, 'GET', '/healthz')).status).toBe(200);
  });
});

describe('the softphone page', () => {
  const agentsAs = (api: TestApi, host: string) =>
    api.app.inject({ method: 'GET', url: '/softphone/agents', headers: { host } });

  it('gives the demo agents to the person at this machine, and to nobody whose page goes by another name', async () => {
    const api = await makeApi({ isLocalOnly: true });
    for (const host of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'])
      expect((await agentsAs(api, host)).statusCode).toBe(200);
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:8080'])
      expect((await agentsAs(api, host)).statusCode).toBe(401);
  });

  it('asks for sign-in through a proxy, which may name the server as the person at this machine does', async () => {
    const api = await makeApi({ isLocalOnly: true });
    for (const header of ['x-forwarded-for', 'forwarded']) {
      const headers = { host: '127.0.0.1:8080', [header]: 'for=203.0.113.5' };
      expect((await api.app.inject({ method: 'GET', url: '/softphone/agents', headers })).statusCode).toBe(401);
    }
  });

  it('asks for sign-in on a server that others can reach', async () => {
    const api = await makeApi({ isLocalOnly: false });
    expect((await agentsAs(api, '127.0.0.1:8080')).statusCode).toBe(401);
    const token = await api.tokenOf('agent');
    expect((await ask(api, 'GET', '/softphone/agents', { token })).body).toMatchObject({
      ws_url: 'ws://localhost:80/wss',
    });
  });
});

describe('a reverse proxy on this machine', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.5' };

  async function warningsOf(trustedProxies?: readonly string[]) {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, text: string) => void warnings.push(text) };
    const { app } = await makeApi({ logger, ...(trustedProxies ? { trustedProxies } : {}) });
    const look = async (remoteAddress: string, headers: Record<string, string> = {}) =>
      app.inject({ method: 'GET', url: '/healthz', remoteAddress, headers });
    await look('127.0.0.1');
    await look('203.0.113.7', forwarded); // A stranger who says so is no proxy of ours.
    expect(warnings).toEqual([]);
    for (let time = 0; time < 2; time++) await look('127.0.0.1', forwarded);
    return warnings;
  }

  it('that is not trusted is told of once, with the setting', async () => {
    expect(await warningsOf()).toEqual([expect.stringContaining('set INTERMIX_TRUSTED_PROXIES=127.0.0.1')]);
  });

  it('that is trusted is not', async () => {
    expect(await warningsOf(['127.0.0.1'])).toEqual([]);
  });
});
