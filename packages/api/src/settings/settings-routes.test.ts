import { systemSettingsDefaults } from '@intermix/contracts';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../auth/admin.js';
import { makeApi, type TestApi } from '../testing/make-api.js';

describe('/api/v1/settings', () => {
  let api: TestApi;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    api = await makeApi();
  });
  beforeEach(() => api.exotel.reset());

  async function tokenOf(role: Role, account: 'one' | 'two'): Promise<string> {
    const who = `${role} ${account}`;
    if (!tokens.has(who)) tokens.set(who, await api.tokenOf(role, account));
    return tokens.get(who) as string;
  }

  async function ask(route: string, body?: unknown, role: Role = 'super_admin', account: 'one' | 'two' = 'one') {
    const [method, path = ''] = route.split(' ');
    const answer = await api.app.inject({
      method: method as 'GET',
      url: path.startsWith('/') ? path : `/api/v1/settings${path && `/${path}`}`,
      headers: { authorization: `Bearer ${await tokenOf(role, account)}` },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: answer.statusCode, text: answer.body, body: answer.json() };
  }

  it('has defaults, for each account its own', async () => {
    expect((await ask('GET ')).body).toEqual(systemSettingsDefaults);
    await ask('PUT timezone', { display_timezone: 'Asia/Kolkata' });
    expect((await ask('GET display', undefined, 'agent')).body).toEqual({ display_timezone: 'Asia/Kolkata' });
    expect((await ask('GET display', undefined, 'agent', 'two')).body).toEqual({ display_timezone: 'UTC' });
  });

  it('masks every secret it was given, in the answer to the change too', async () => {
    const told = [
      await ask('PUT api-keys', { openai: 'sk-planted-secret-0001', stt: 'planted' }),
      await ask('PUT minio', { secret_key: 'xx-planted-secret-0002', access_key: 'planted' }),
      await ask('PUT knowledge', { vectordb_api_key: 'xx-planted-secret-0003' }),
      await ask('GET '),
    ];
    expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const { text } of told) expect(text).not.toContain('planted');
    const onRecord = api.people.entries.filter(({ resource }) => resource.type === 'settings');
    expect(onRecord.map(({ action }) => action).slice(-3)).toEqual(['putApiKeys', 'putMinio', 'putKnowledge']);
    expect(onRecord.at(-3)?.changes).toEqual({ api_keys: { secret: true } });
    expect(JSON.stringify(api.people.entries)).not.toContain('planted');
    expect(told[3]?.body).toMatchObject({
      api_keys: { openai: 'sk-p••••••0001', stt: '••••••••' },
      minio: { secret_key: 'xx-p••••••0002', access_key: '••••••••' },
      knowledge: { vectordb_api_key: 'xx-p••••••0003' },
    });
  });

  it.each([
    ['api-keys', { 'Not A Name': 'x' }, 'Not A Name'],
    ['api-keys', { openai: 5 }, 'openai'],
    ['api-keys', { openai: 'sk-1••••••2345' }, 'openai'],
    ['minio', { secure: 'yes' }, 'secure'],
    ['minio', { colour: 'red' }, 'colour'],
    ['agent-assist', { listen_to: 'nobody' }, 'listen_to'],
    ['knowledge', { embedding_dimensions: 0 }, 'embedding_dimensions'],
    ['knowledge', { vectordb_url: 'ftp://x' }, 'vectordb_url'],
    ['dialler', { amd: { max_words: -1 } }, 'amd.max_words'],
    ['dialler', {}, 'amd'],
    ['timezone', { display_timezone: 'Mars/Olympus' }, 'display_timezone'],
    ['fleet', { core_fleet: 'https://a.example' }, 'core_fleet'],
    ['fleet', { core_fleet: ['https://a.example', 'gopher://b.example'] }, 'core_fleet.1'],
    ['fleet', {}, 'core_fleet'],
  ])('PUT %s with %j is 400 and names %s, and nothing is changed', async (path, body, field) => {
    expect(await ask(`PUT ${path}`, body)).toMatchObject({ status: 400, body: { error: { field } } });
    expect((await ask('GET ')).body).toEqual(systemSettingsDefaults);
  });
});

describe('the fleet', () => {
  it('is reported to an admin, server by server', async () => {
    const api = await makeApi();
    const headers = async (role: Role) => ({ authorization: `Bearer ${await api.tokenOf(role)}` });
    const status = async () =>
      (await api.app.inject({ url: '/api/v1/fleet/status', headers: await headers('admin') })).json();
    expect(await status()).toEqual({ total_capacity: 0, active_calls: 0, available: 0, workers: [] });
    const payload = { core_fleet: ['https://core.example'] };
    await api.app.inject({
      method: 'PUT',
      url: '/api/v1/settings/fleet',
      headers: await headers('super_admin'),
      payload,
    });
    api.exotel.answer.body = (await api.app.inject({ url: '/health/fleet' })).body;
    expect(await status()).toEqual({
      ...{ total_capacity: 4, active_calls: 1, available: 3 },
      workers: [
        {
          ...{ url: 'https://core.example', status: 'healthy', total_capacity: 4, total_available: 3, worker_calls: 1 },
          ...{ workers: 1, problem: '' },
        },
      ],
    });
  });

  it('has this server tell of itself to anybody', async () => {
    const api = await makeApi();
    api.exotel.workers.push({ id: '2', status: 'unreachable' });
    expect((await api.app.inject({ url: '/health/fleet' })).body).toBe(
      '{"status":"ok","fleet_calls":1,"fleet_max":4,"fleet_available":3,' +
        '"workers":[{"id":"1","calls":1,"max":4,"pid":11},{"id":"2","status":"unreachable"}]}',
    );
    expect((await api.app.inject({ url: '/health' })).json()).toEqual({
      ...{ status: 'ok', worker_calls: 1, worker_max: 4, total_capacity: 4, total_available: 3, workers: 2 },
      ...{ worker_id: '1', worker_pid: 11 },
    });
  });
});
