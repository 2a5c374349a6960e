import { describe, expect, it } from 'vitest';
import { type Role, roles } from '../auth/admin.js';
import { ask } from '../testing/ask.js';
import { makeApi, type TestApi } from '../testing/make-api.js';

const register = async (api: TestApi, as: Role, changes: object = {}) => {
  const body = { email: 'New@Example.com', password: 'long enough word', name: 'New', ...changes };
  return ask(api, 'POST', '/api/v1/auth/register', { token: await api.tokenOf(as), body });
};
const change = async (api: TestApi, as: Role, id: string, body: object) =>
  ask(api, 'PUT', `/api/v1/auth/users/${id}`, { token: await api.tokenOf(as), body });
const login = (api: TestApi, email: string, password: string) =>
  ask(api, 'POST', '/api/v1/auth/login', { body: { email, password } });

describe('adding people', () => {
  it('makes an agent, unless another role is given, who can sign in at once', async () => {
    const api = await makeApi();
    const { status, body } = await register(api, 'admin');
    expect([status, body]).toEqual([
      201,
      {
        ...{ id: expect.any(String), email: 'new@example.com', name: 'New', role: 'agent', account_sid: 'one' },
        ...{ is_active: true, last_login_at: null, created_at: expect.any(String) },
      },
    ]);
    expect((await login(api, 'NEW@example.com', 'long enough word')).status).toBe(200);
    const list = await ask(api, 'GET', '/api/v1/auth/users', { token: await api.tokenOf('admin') });
    expect(list.body.items.map(({ email }: { email: string }) => email)).toContain('new@example.com');
    expect(JSON.stringify([body, list.body])).not.toContain('argon2');
  });

  it.each(roles)('%s is made by that rank and those above it', async (role) => {
    const api = await makeApi();
    for (const own of ['admin', 'super_admin'] as const) {
      const { status } = await register(api, own, { role, email: `${own}@new.example` });
      expect([own, status]).toEqual([own, roles.indexOf(role) <= roles.indexOf(own) ? 201 : 403]);
    }
  });

  it.each([
    [{ email: 'no address' }, 400, 'email'],
    [{ password: 'short' }, 400, 'password'],
    [{ role: 'owner' }, 400, 'role'],
    [{ account_sid: 'two' }, 400, 'account_sid'],
    [{ email: 'agent.one@example.com' }, 409, 'email'],
    [{ email: 'AGENT.two@example.com' }, 409, 'email'],
  ])('with %j is %i and names %s', async (changes, status, field) => {
    const api = await makeApi();
    expect(await register(api, 'admin', changes)).toMatchObject({ status, body: { error: { field } } });
  });
});

describe('changing people', { timeout: 60_000 }, () => {
  it.each(['admin', 'super_admin'] as const)('is for those below %s only', async (own) => {
    const api = await makeApi();
    const token = await api.tokenOf(own);
    for (const role of roles) {
      const isBelow = roles.indexOf(role) < roles.indexOf(own);
      const path = `/api/v1/auth/users/adm_${role}_one`;
      const named = await ask(api, 'PUT', path, { token, body: { name: 'Other' } });
      const reset = await ask(api, 'PUT', `${path}/password`, { token, body: { password: 'long enough word' } });
      expect([role, named.status, reset.status]).toEqual(isBelow ? [role, 200, 204] : [role, 403, 403]);
    }
  });

  it('raises them to the own role at most, and then no more', async () => {
    const api = await makeApi();
    expect((await change(api, 'admin', 'adm_agent_one', { role: 'super_admin' })).status).toBe(403);
    expect((await change(api, 'admin', 'adm_agent_one', { role: 'admin' })).status).toBe(200);
    expect((await change(api, 'admin', 'adm_agent_one', { role: 'agent' })).status).toBe(403);
  });

  it('is in force with the next request: the role, and being switched off', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('supervisor');
    const { body: pair } = await login(api, 'supervisor.one@example.com', 'correct horse');
    const calls = async () => (await ask(api, 'GET', '/api/v1/calls', { token })).status;
    expect(await calls()).toBe(200);
    await change(api, 'admin', 'adm_supervisor_one', { role: 'agent' });
    expect(await calls()).toBe(403);
    await change(api, 'admin', 'adm_supervisor_one', { is_active: false });
    expect(await calls()).toBe(401);
    expect((await login(api, 'supervisor.one@example.com', 'correct horse')).status).toBe(401);
    const refresh = { body: { refresh_token: pair.refresh_token } };
    expect((await ask(api, 'POST', '/api/v1/auth/refresh', refresh)).status).toBe(401);
    await change(api, 'admin', 'adm_supervisor_one', { is_active: true });
    expect(await calls()).toBe(401);
    expect((await login(api, 'supervisor.one@example.com', 'correct horse')).status).toBe(200);
  });

  it('ends their sessions with a new password', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('agent');
    const admin = await api.tokenOf('admin');
    const body = { password: 'another long word' };
    await ask(api, 'PUT', '/api/v1/auth/users/adm_agent_one/password', { token: admin, body });
    expect((await ask(api, 'GET', '/api/v1/auth/me', { token })).status).toBe(401);
    expect((await login(api, 'agent.one@example.com', 'correct horse')).status).toBe(401);
    expect((await login(api, 'agent.one@example.com', body.password)).status).toBe(200);
  });

  it('finds nobody of another account', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('super_admin', 'two');
    const path = '/api/v1/auth/users/adm_agent_one';
    expect((await ask(api, 'GET', path, { token })).status).toBe(404);
    expect((await ask(api, 'PUT', path, { token, body: { name: 'x' } })).status).toBe(404);
    const body = { password: 'long enough word' };
    expect((await ask(api, 'PUT', `${path}/password`, { token, body })).status).toBe(404);
    const list = await ask(api, 'GET', '/api/v1/auth/users', { token });
    expect(list.body.items.map((person: { account_sid: string }) => person.account_sid)).toEqual(Array(4).fill('two'));
  });
});

describe('one’s own account', () => {
  it('is shown, and its name can be changed by anybody', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('agent');
    const renamed = await ask(api, 'PUT', '/api/v1/auth/me', { token, body: { name: 'Asha' } });
    expect(renamed).toMatchObject({
      status: 200,
      body: { name: 'Asha', role: 'agent', email: 'agent.one@example.com' },
    });
    expect((await ask(api, 'GET', '/api/v1/auth/me', { token })).body).toEqual(renamed.body);
    expect((await ask(api, 'PUT', '/api/v1/auth/me', { token, body: { role: 'admin' } })).status).toBe(400);
  });

  it('takes a new password for the old one, and goes on in this session alone', async () => {
    const api = await makeApi();
    const here = await api.tokenOf('agent');
    const { body: there } = await login(api, 'agent.one@example.com', 'correct horse');
    const put = (current_password: string, new_password = 'another long word') =>
      ask(api, 'PUT', '/api/v1/auth/me/password', { token: here, body: { current_password, new_password } });
    expect(await put('wrong')).toMatchObject({ status: 400, body: { error: { field: 'current_password' } } });
    expect(await put('correct horse', 'short')).toMatchObject({
      status: 400,
      body: { error: { field: 'new_password' } },
    });
    expect((await put('correct horse')).status).toBe(204);
    const me = async (token: string) => (await ask(api, 'GET', '/api/v1/auth/me', { token })).status;
    expect([await me(here), await me(there.access_token)]).toEqual([200, 401]);
    const refresh = { body: { refresh_token: there.refresh_token } };
    expect((await ask(api, 'POST', '/api/v1/auth/refresh', refresh)).status).toBe(401);
    expect((await login(api, 'agent.one@example.com', 'another long word')).status).toBe(200);
  });

  it('does not let a stolen access token guess the password', async () => {
    const api = await makeApi();
    const token = await api.tokenOf('agent');
    const guess = (current_password: string) => {
      const body = { current_password, new_password: 'another long word' };
      return ask(api, 'PUT', '/api/v1/auth/me/password', { token, body });
    };
    const statuses = (await Promise.all(Array.from({ length: 8 }, (_, n) => guess(`${n}`)))).map((one) => one.status);
    expect(statuses.sort()).toEqual([400, 400, 400, 400, 400, 429, 429, 429]);
    expect((await guess('correct horse')).status).toBe(429);
  });
});
