import { silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { ask, type Method } from '../testing/ask.js';
import { makeApi } from '../testing/make-api.js';

const secretName = /pass(word|wd)|secret|token$|credential|api_?key|access_?key|private_?key|^headers$/i;

/** `[route, body]`: every secret that the route takes, planted; also where the request is refused. */
const plants: readonly (readonly [route: string, body: unknown])[] = [
  ['POST /api/v1/auth/login', { email: 'planted@example.com', password: 'planted-password' }],
  ['POST /api/v1/auth/refresh', { refresh_token: 'planted-refresh' }],
  ['POST /api/v1/auth/register', { email: 'asha@example.com', name: 'Asha', password: 'planted-password' }],
  ['PUT /api/v1/auth/me/password', { current_password: 'correct horse', new_password: 'planted-password' }],
  ['PUT /api/v1/auth/me/password', { current_password: 'planted-wrong', new_password: 'planted-password' }],
  ['PUT /api/v1/auth/users/adm_agent_one/password', { password: 'planted-password' }],
  [
    'POST /api/v1/carriers',
    {
      ...{ name: 'C', sip_address: 'sip.example:5060', inbound_auth_mode: 'credentials', inbound_auth_username: 'u' },
      ...{ inbound_auth_password: 'planted-in', outbound_auth_username: 'u', outbound_auth_password: 'planted-out' },
    },
  ],
  ['PUT /api/v1/carriers/car_1', { outbound_auth_password: 'planted-other', inbound_auth_password: 'planted-more' }],
  ['POST /api/v1/carriers', { name: 'C', outbound_auth_password: 'planted-refused' }],
  [
    'POST /api/v1/bots',
    {
      ...{ name: 'Agent', kind: 'agent', auth: { type: 'basic', username: 'u', password: 'planted-basic-password' } },
      config: {
        ...{ url: 'wss://u:planted@model.example/v1?token=planted', api_key: 'planted-key' },
        ...{ secret_headers: { 'x-own': 'planted-header' } },
        tools: [{ name: 't', url: 'https://u:planted@crm.example', secret_headers: { 'x-key': 'planted-tool' } }],
      },
    },
  ],
  ['PUT /api/v1/bots/bot_1', { auth: { type: 'token', token: 'planted-token-of-the-bot' } }],
  ['POST /api/v1/bots', { name: 'R', kind: 'remote', config: { url: 'wss://u:planted@h.example/?key=planted' } }],
  ['POST /api/v1/bots', { name: 'R', kind: 'remote', config: { url: 'planted' } }],
  [
    'POST /api/v1/bots/validate',
    { name: 'V', kind: 'agent', config: { url: 'planted', api_key: 'planted', auth: { token: 'planted' } } },
  ],
  ['PUT /api/v1/settings/api-keys', { openai: 'sk--planted-0123456789' }],
  ['PUT /api/v1/settings/minio', { access_key: 'xx-planted-0123456789', secret_key: 'xx-planted-9876543210' }],
  ['PUT /api/v1/settings/minio', { access_key: 'planted', endpoint: 'evil.example:9000' }],
  ['PUT /api/v1/settings/knowledge', { vectordb_api_key: 'xx-planted-0123456789' }],
  ['PUT /api/v1/settings/knowledge', { vectordb_url: 'https://u:planted@vectors.example' }],
  ['PUT /api/v1/integrations/exotel', { account_sid: 'acme1', api_key: 'planted-key', api_token: 'planted-token' }],
  ['PUT /api/v1/integrations/exotel', { api_key: 'planted:colon', api_base_url: 'https://u:planted@h.example' }],
  ['POST /v2/integrations/token', { Id: 'nobody', Secret: 'planted-secret', Entity: 'app' }],
  [
    'POST /v2/integrations/app',
    {
      ...{ AppName: 'a', ExotelDomain: 'mumbai', IsActive: true, ExotelAccountSid: 'one' },
      ...{ ExotelApiKey: 'planted-key', ExotelApiToken: 'planted-token' },
    },
  ],
];
/** What shows everything again. */
const reads = [
  ...[
    '/auth/users',
    '/audit?limit=200',
    '/carriers',
    '/carriers/car_1',
    '/bots',
    '/bots/bot_1',
    '/bots/bot_1/versions',
  ],
  ...['/settings', '/integrations/exotel', '/integrations/exotel/test-call-options', '/fleet/status'],
];

describe('a secret that is given to any route', { timeout: 60_000 }, () => {
  it('stands in no answer, in no line of the log and nowhere in the audit log', async () => {
    const lines: unknown[] = [];
    const write = (...line: unknown[]) => void lines.push(line);
    const logger = { ...silentLogger, error: write, warn: write, info: write, debug: write };
    const api = await makeApi({ logger });
    const token = await api.tokenOf('super_admin');
    const { id: Id, secret: Secret } = api.integrations.customer;
    const ofCustomer = { Id, Secret, Entity: 'customer' };
    const customer = (await ask(api, 'POST', '/v2/integrations/token', { body: ofCustomer })).body.Data;
    const told: string[] = [];
    const statuses = new Map<string, number[]>();
    for (const [route, body] of plants) {
      const [method, url = ''] = route.split(' ');
      const by = url.startsWith('/v2') ? customer : token;
      const { status, ...answer } = await ask(api, method as Method, url, { token: by, body });
      expect([route, status < 500]).toEqual([route, true]);
      statuses.set(route, [...(statuses.get(route) ?? []), status]);
      told.push(`${route} ${JSON.stringify(answer)}`);
    }
    for (const path of reads) {
      const { status, body } = await ask(api, 'GET', `/api/v1${path}`, { token });
      expect([path, status]).toEqual([path, 200]);
      told.push(`${path} ${JSON.stringify(body)}`);
    }
    expect(told.filter((text) => text.includes('planted'))).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain('planted');
    expect(api.people.entries.map(({ action }) => action)).toContain('putMinio');
    expect(JSON.stringify(api.people.entries)).not.toContain('planted');
    const refused = [...statuses].filter(([, all]) => !all.some((status) => status < 300)).map(([route]) => route);
    expect(refused).toEqual([
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/refresh',
      'POST /v2/integrations/token',
      'POST /v2/integrations/app', // Its keys are the account's, or it is refused.
    ]);
  });

  it('is tried here: no route that takes one is missing', async () => {
    const { app } = await makeApi();
    await app.ready();
    const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, object>> };
    const takes = Object.entries(paths)
      .filter(([path]) => /^\/(api\/v1|v2\/integrations)\//.test(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([, operation]) => namesIn((operation as { requestBody?: unknown }).requestBody).some(isSecret))
          .map(([method]) => `${method.toUpperCase()} ${path}`),
      );
    const pattern = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
    const missing = takes.filter((route) => !plants.some(([planted]) => pattern(route).test(planted)));
    expect(takes.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

function isSecret(name: string): boolean {
  return secretName.test(name);
}

/** Names of all properties in a schema. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties = (schema as { properties?: object }).properties ?? {};
  return [...Object.keys(properties), ...Object.values(schema).flatMap(namesIn)];
}
