import { silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { ask, type Method } from '../testing/ask.js';
import { makeApi, type TestApi } from '../testing/make-api.js';

const carrier = {
  ...{ name: 'Carrier', sip_address: 'sip.example:5060' },
  ...{ outbound_auth_username: 'us', outbound_auth_password: 'planted-password' },
};

/** Everything but the sign-ins. */
const changesIn = (api: TestApi) => api.people.entries.filter(({ action }) => action !== 'signIn');

async function begin(options: Parameters<typeof makeApi>[0] = {}) {
  const api = await makeApi(options);
  const token = await api.tokenOf('super_admin');
  const as = (method: Method, url: string, body?: unknown) =>
    ask(api, method, url, { token, body, from: '203.0.113.9' });
  return { api, token, as };
}

describe('the audit log', { timeout: 60_000 }, () => {
  it('tells who changed which fields of what, when, from where, by which request', async () => {
    const { api, as } = await begin();
    const made = await as('POST', '/api/v1/carriers', carrier);
    const path = `/api/v1/carriers/${made.body.id}`;
    const changed = await as('PUT', path, { outbound_cps: 2, outbound_auth_password: 'planted-again' });
    await as('DELETE', path);
    const common = {
      ...{ accountSid: 'one', source: '203.0.113.9', at: expect.any(Date), id: expect.any(String) },
      actor: { type: 'person', id: 'adm_super_admin_one', name: 'super_admin.one@example.com' },
      ...{ resource: { type: 'carrier', id: made.body.id }, requestId: expect.stringMatching(/^req_/) },
    };
    const [create, update, remove] = changesIn(api);
    expect(create).toMatchObject({ ...common, action: 'createCarrier', requestId: made.headers['x-request-id'] });
    expect(create?.changes).toMatchObject({ name: { to: 'Carrier' }, outbound_auth_password: { secret: true } });
    expect(update).toMatchObject({ ...common, action: 'updateCarrier', requestId: changed.headers['x-request-id'] });
    expect(update?.changes).toEqual({ outbound_cps: { from: 5, to: 2 }, outbound_auth_password: { secret: true } });
    expect(remove).toMatchObject({ ...common, action: 'deleteCarrier', changes: { name: { from: 'Carrier' } } });
    expect(JSON.stringify(api.people.entries)).not.toContain('planted');
  });

  it('tells of settings, bots and the record of Exotel without their secrets', async () => {
    const { api, as } = await begin();
    await as('PUT', '/api/v1/settings/timezone', { display_timezone: 'Asia/Kolkata' });
    await as('PUT', '/api/v1/settings/api-keys', { openai_api_key: 'planted-key' });
    await as('PUT', '/api/v1/integrations/exotel', { account_sid: 'acme', api_key: 'planted', api_token: 'planted' });
    const bot = await as('POST', '/api/v1/bots', { name: 'Echo', kind: 'echo' });
    await as('PUT', `/api/v1/bots/${bot.body.bot_id}`, { name: 'Other' });
    const told = changesIn(api).map(({ action, resource }) => [action, resource.type, resource.id]);
    expect(told).toEqual([
      ['putTimezone', 'settings', 'timezone'],
      ['putApiKeys', 'settings', 'api-keys'],
      ['putExotelIntegration', 'exotel-integration', undefined],
      ['createBot', 'bot', bot.body.bot_id],
      ['updateBot', 'bot', bot.body.bot_id],
    ]);
    expect(changesIn(api)[0]?.changes).toMatchObject({ display_timezone: { to: 'Asia/Kolkata' } });
    expect(changesIn(api)[4]?.changes).toMatchObject({ name: { from: 'Echo', to: 'Other' } });
    expect(JSON.stringify(api.people.entries)).not.toContain('planted');
  });

  it('has nothing of what was refused, read, or only tried out', async () => {
    const { api, as } = await begin();
    expect((await as('POST', '/api/v1/carriers', { name: 'x' })).status).toBe(400);
    expect((await as('DELETE', '/api/v1/carriers/none')).status).toBe(404);
    expect((await as('GET', '/api/v1/carriers')).status).toBe(200);
    expect((await as('POST', '/api/v1/flows/validate', { name: 'x' })).status).toBe(200);
    const agent = await api.tokenOf('agent');
    expect((await ask(api, 'POST', '/api/v1/carriers', { token: agent, body: carrier })).status).toBe(403);
    expect(changesIn(api)).toEqual([]);
  });

  it('has changes of people, their passwords only as such', async () => {
    const { api, as } = await begin();
    const person = { email: 'asha@example.com', name: 'Asha', password: 'planted-password' };
    const { body } = await as('POST', '/api/v1/auth/register', person);
    const path = `/api/v1/auth/users/${body.id}`;
    await as('PUT', path, { role: 'supervisor', is_active: false });
    await as('PUT', `${path}/password`, { password: 'planted-another' });
    await as('PUT', '/api/v1/auth/me/password', {
      current_password: 'correct horse',
      new_password: 'planted-own-word',
    });
    await as('PUT', '/api/v1/auth/me', { name: 'Root' });
    expect(changesIn(api).map(({ action, resource, changes }) => [action, resource.id, changes])).toEqual([
      [
        ...['registerUser', body.id],
        { email: { to: person.email }, name: { to: 'Asha' }, role: { to: 'agent' }, password: { secret: true } },
      ],
      ['updatePerson', body.id, { role: { from: 'agent', to: 'supervisor' }, is_active: { from: true, to: false } }],
      ['resetPassword', body.id, { password: { secret: true } }],
      ['changeOwnPassword', 'adm_super_admin_one', { password: { secret: true } }],
      ['updateOwnUser', 'adm_super_admin_one', { name: { from: 'super_admin', to: 'Root' } }],
    ]);
    expect(JSON.stringify(api.people.entries)).not.toContain('planted');
  });

  it('has the customers that an administrator, or a machine with the account’s key, makes over the integrations API', async () => {
    const { api, as } = await begin();
    const made = await as('POST', '/v2/integrations/customer', { CustomerName: 'Acme', Email: 'a@acme.example' });
    expect(made.status).toBe(200);
    expect(changesIn(api)).toMatchObject([
      {
        ...{ action: 'createCustomer', resource: { type: 'customer', id: made.body.Data.CustomerID } },
        ...{ actor: { name: 'super_admin.one@example.com' }, changes: { CustomerName: { to: 'Acme' } } },
      },
    ]);
    expect(JSON.stringify(api.people.entries)).not.toContain(made.body.Data.CustomerSecret);
  });

  it('is read by admins, each account its own, by person and by resource', async () => {
    const { api, as, token } = await begin();
    await as('POST', '/api/v1/carriers', carrier);
    const read = async (query: string, by = token) =>
      (await ask(api, 'GET', `/api/v1/audit${query}`, { token: by })).body.items.map(
        (entry: { action: string }) => entry.action,
      );
    expect(await read('?resource=carrier')).toEqual(['createCarrier']);
    expect(await read('?person=SUPER_ADMIN.one@example.com')).toEqual(['createCarrier', 'signIn']);
    expect(await read('?person=nobody@example.com')).toEqual([]);
    expect(await read('?action=createCarrier&limit=1')).toEqual(['createCarrier']);
    expect(await read('', await api.tokenOf('super_admin', 'two'))).toEqual(['signIn']);
    expect((await ask(api, 'GET', '/api/v1/audit?from=yesterday', { token })).body.error.field).toBe('from');
  });

  it('is written before the answer: when it cannot be, the answer is 500 and the server’s log has the entry', async () => {
    const lines: object[] = [];
    const logger = { ...silentLogger, error: (fields: object) => void lines.push(fields) };
    const { api, as } = await begin({ logger });
    api.people.auditFails.with = new Error('the disk is full');
    const { status, body } = await as('POST', '/api/v1/carriers', carrier);
    expect([status, body.error.code]).toEqual([500, 'ERR_INTERNAL']);
    expect(lines[0]).toMatchObject({ entry: { action: 'createCarrier', changes: { name: { to: 'Carrier' } } } });
    expect(JSON.stringify(lines)).not.toContain('planted');
    expect((await as('PUT', '/api/v1/auth/me', { name: 'Root' })).status).toBe(500);
    api.people.auditFails.with = undefined;
    expect((await as('GET', '/api/v1/auth/me')).body.name).toBe('super_admin');
  });

  it('misses no route of /api/v1 that changes something', async () => {
    const { api } = await begin();
    await api.app.ready();
    const { paths = {} } = api.app.swagger() as { paths?: Record<string, Record<string, Record<string, unknown>>> };
    const unrecorded = Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/v1/'))
      .flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([method, operation]) => method !== 'get' && operation['x-audit'] === undefined)
          .map(([method]) => `${method.toUpperCase()} ${path}`),
      );
    expect(unrecorded.sort()).toEqual([
      'DELETE /api/v1/simulator/calls/{id}',
      'POST /api/v1/bots/validate',
      'POST /api/v1/call-results',
      'POST /api/v1/flows/validate',
      'POST /api/v1/flows/{flow_id}/simulate',
      'POST /api/v1/simulator/calls',
    ]);
  });
});
