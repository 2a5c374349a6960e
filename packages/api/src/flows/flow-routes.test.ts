import { beforeAll, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';

const menu = {
  name: 'Menu',
  app_id: 'crm',
  start: 'menu',
  applets: {
    menu: { type: 'gather', branches: { 1: 'agents' }, next: 'bye' },
    agents: { type: 'connect', parties: [{ user_id: 'asha' }], next: { completed: 'bye', other: 'menu' } },
    bye: { type: 'hangup' },
  },
};

describe('/api/v1/flows', () => {
  let api: TestApi;
  let tokens: Record<'admin' | 'supervisor' | 'agent' | 'other', string>;

  beforeAll(async () => {
    api = await makeApi();
    tokens = {
      admin: await api.tokenOf('admin'),
      supervisor: await api.tokenOf('supervisor'),
      agent: await api.tokenOf('agent'),
      other: await api.tokenOf('admin', 'two'),
    };
  });

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    who: keyof typeof tokens = 'admin',
  ) {
    const answer = await api.app.inject({
      ...{ method, url: `/api/v1/flows${path}`, headers: { authorization: `Bearer ${tokens[who]}` } },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  }
  const made = async (name: string) => (await ask('POST', '', { ...menu, name })).body;

  it('makes a flow, changes it, lists its versions, deletes it', async () => {
    const flow = await made('First');
    expect(flow).toMatchObject({ name: 'First', version: 1, document: { ...menu, name: 'First' } });
    expect(flow.url).toMatch(new RegExp(`/one/exoml/start_voice/${flow.id}$`));
    const changed = await ask('PUT', `/${flow.id}`, { ...menu, name: 'Second' });
    expect(changed).toMatchObject({ status: 200, body: { id: flow.id, name: 'Second', version: 2 } });
    expect((await ask('GET', `/${flow.id}`)).body).toEqual(changed.body);
    const { items } = (await ask('GET', `/${flow.id}/versions`)).body;
    expect(items.map(({ version, document }: any) => [version, document.name])).toEqual([
      [2, 'Second'],
      [1, 'First'],
    ]);
    expect((await ask('GET', '')).body.items.map(({ id }: any) => id)).toContain(flow.id);
    expect((await ask('DELETE', `/${flow.id}`)).status).toBe(204);
    expect((await ask('GET', `/${flow.id}`)).status).toBe(404);
  });

  it('refuses a document with the place of what is wrong', async () => {
    const broken = {
      ...menu,
      applets: { ...menu.applets, menu: { type: 'gather', branches: { 1: 'nobody' }, next: 'bye' } },
    };
    const answer = await ask('POST', '', broken);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'ERR_FLOW', field: 'applets.menu.branches.1' } },
    });
    expect((await ask('PUT', `/${(await made('Kept')).id}`, broken)).status).toBe(400);
  });

  it('lists everything that is wrong, and keeps nothing', async () => {
    const before = (await ask('GET', '')).body.items.length;
    const { agents, menu: ask1 } = menu.applets;
    const broken = {
      ...menu,
      applets: { menu: ask1, agents: { ...agents, parties: [{ user_id: 'ravi' }] }, bye: { type: 'hangup' } },
    };
    const answer = await ask('POST', '/validate', broken, 'supervisor');
    expect(answer).toMatchObject({
      status: 200,
      body: { valid: false, problems: [{ code: 'unknown-user', path: 'applets.agents.parties.0.user_id' }] },
    });
    expect((await ask('POST', '/validate', menu)).body).toEqual({ valid: true, problems: [] });
    expect((await ask('GET', '')).body.items).toHaveLength(before);
  });

  it('runs a flow without a call', async () => {
    const { id } = await made('Tried');
    const answer = await ask('POST', `/${id}/simulate`, {
      digits: { menu: ['1', ''] },
      outcomes: { agents: ['busy'] },
    });
    expect(answer.body).toMatchObject({ path: ['menu', 'agents', 'menu', 'bye'], end: 'finished' });
    expect((await ask('POST', `/${id}/simulate`, { colour: 'red' })).status).toBe(400);
  });

  it('gives the schema of documents', async () => {
    const { body } = await ask('GET', '/schema');
    expect(body).toMatchObject({ type: 'object', required: ['name', 'start', 'applets'] });
    expect(JSON.stringify(body)).toContain('inter_digit_timeout_ms');
  });

  it('is open to the roles that it is for', async () => {
    expect((await ask('POST', '', menu, 'supervisor')).status).toBe(403);
    expect((await ask('GET', '', undefined, 'supervisor')).status).toBe(200);
    expect((await ask('GET', '', undefined, 'agent')).status).toBe(403);
  });

  it("shows and changes nothing of another account's", async () => {
    const { id } = await made('Mine');
    const other = await Promise.all([
      ask('GET', `/${id}`, undefined, 'other'),
      ask('GET', `/${id}/versions`, undefined, 'other'),
      ask('PUT', `/${id}`, { ...menu, applets: { menu: { type: 'hangup' } } }, 'other'),
      ask('DELETE', `/${id}`, undefined, 'other'),
      ask('POST', `/${id}/simulate`, {}, 'other'),
    ]);
    expect(other.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await ask('GET', '', undefined, 'other')).body.items).toEqual([]);
  });
});
