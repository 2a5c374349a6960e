import Fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';
import { type Role, roles } from './admin.js';
import { guardRoutes } from './route-access.js';

/** What was decided of each route; one without a line here fails. */
const decided = {
  'POST /api/v1/auth/login': 'public',
  'POST /api/v1/auth/refresh': 'public',
  'POST /api/v1/auth/logout': 'agent',
  'GET /api/v1/auth/me': 'agent',
  'PUT /api/v1/auth/me': 'agent',
  'PUT /api/v1/auth/me/password': 'agent',
  'POST /api/v1/auth/register': 'admin',
  'GET /api/v1/auth/users': 'admin',
  'GET /api/v1/auth/users/{user_id}': 'admin',
  'PUT /api/v1/auth/users/{user_id}': 'admin',
  'PUT /api/v1/auth/users/{user_id}/password': 'admin',
  'GET /api/v1/audit': 'admin',
  'GET /api/v1/carriers': 'admin',
  'POST /api/v1/carriers': 'super_admin',
  'GET /api/v1/carriers/{carrier_id}': 'admin',
  'PUT /api/v1/carriers/{carrier_id}': 'super_admin',
  'DELETE /api/v1/carriers/{carrier_id}': 'super_admin',
  'GET /api/v1/carriers/{carrier_id}/dids': 'admin',
  'POST /api/v1/carriers/{carrier_id}/dids': 'super_admin',
  'GET /api/v1/carriers/{carrier_id}/dids/{did_id}': 'admin',
  'PUT /api/v1/carriers/{carrier_id}/dids/{did_id}': 'super_admin',
  'DELETE /api/v1/carriers/{carrier_id}/dids/{did_id}': 'super_admin',
  'GET /api/v1/calls': 'supervisor',
  'POST /api/v1/calls': 'admin',
  'GET /api/v1/calls/{call_sid}': 'supervisor',
  'GET /api/v1/calls/{call_sid}/recordings': 'supervisor',
  'POST /api/v1/calls/{call_sid}/recordings': 'supervisor',
  'POST /api/v1/calls/{call_sid}/recordings/{recording_sid}/pause': 'supervisor',
  'POST /api/v1/calls/{call_sid}/recordings/{recording_sid}/resume': 'supervisor',
  'POST /api/v1/calls/{call_sid}/recordings/{recording_sid}/stop': 'supervisor',
  'DELETE /api/v1/calls/{call_sid}/recordings/{recording_sid}': 'admin',
  'GET /api/v1/apps/{app_id}/recording': 'supervisor',
  'PUT /api/v1/apps/{app_id}/recording': 'admin',
  'GET /api/v1/webhook-deliveries': 'supervisor',
  'GET /api/v1/webhook-deliveries/{delivery_id}': 'supervisor',
  'POST /api/v1/webhook-deliveries/{delivery_id}/replay': 'admin',
  'POST /api/v1/webhook-deliveries/replay': 'admin',
  'GET /api/v1/flows': 'supervisor',
  'POST /api/v1/flows': 'admin',
  'GET /api/v1/flows/schema': 'supervisor',
  'GET /api/v1/flows/{flow_id}': 'supervisor',
  'PUT /api/v1/flows/{flow_id}': 'admin',
  'DELETE /api/v1/flows/{flow_id}': 'admin',
  'GET /api/v1/flows/{flow_id}/versions': 'supervisor',
  'POST /api/v1/flows/validate': 'supervisor',
  'POST /api/v1/flows/{flow_id}/simulate': 'supervisor',
  'GET /api/v1/bots': 'supervisor',
  'POST /api/v1/bots': 'admin',
  'GET /api/v1/bots/{bot_id}': 'supervisor',
  'PUT /api/v1/bots/{bot_id}': 'admin',
  'DELETE /api/v1/bots/{bot_id}': 'admin',
  'GET /api/v1/bots/{bot_id}/versions': 'supervisor',
  'POST /api/v1/bots/{bot_id}/versions/{version}/restore': 'admin',
  'POST /api/v1/bots/validate': 'supervisor',
  'GET /api/v1/bot-calls': 'supervisor',
  'GET /api/v1/bot-calls/{session_id}': 'supervisor',
  'GET /api/v1/config/{bot_id}': 'core-secret',
  'POST /api/v1/call-results': 'core-secret',
  'GET /api/v1/prompts': 'supervisor',
  'POST /api/v1/prompts': 'admin',
  'GET /api/v1/prompts/{prompt_id}': 'supervisor',
  'DELETE /api/v1/prompts/{prompt_id}': 'admin',
  'GET /api/v1/prompts/{prompt_id}/audio': 'supervisor',
  'GET /api/v1/simulator/calls': 'admin',
  'POST /api/v1/simulator/calls': 'admin',
  'DELETE /api/v1/simulator/calls/{id}': 'admin',
  'GET /api/v1/integrations/exotel': 'super_admin',
  'PUT /api/v1/integrations/exotel': 'super_admin',
  'POST /api/v1/integrations/exotel/dids': 'super_admin',
  'PUT /api/v1/integrations/exotel/dids/{did_id}': 'super_admin',
  'DELETE /api/v1/integrations/exotel/dids/{did_id}': 'super_admin',
  'GET /api/v1/integrations/exotel/test-call-options': 'admin',
  'POST /api/v1/integrations/exotel/dids/{did_id}/test-call': 'admin',
  'GET /api/v1/settings': 'super_admin',
  'GET /api/v1/settings/display': 'agent',
  'PUT /api/v1/settings/api-keys': 'super_admin',
  'PUT /api/v1/settings/minio': 'super_admin',
  'PUT /api/v1/settings/agent-assist': 'super_admin',
  'PUT /api/v1/settings/knowledge': 'super_admin',
  'PUT /api/v1/settings/dialler': 'super_admin',
  'PUT /api/v1/settings/timezone': 'super_admin',
  'PUT /api/v1/settings/fleet': 'super_admin',
  'GET /api/v1/fleet/status': 'admin',
} as const;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

describe('who may call what of /api/v1', () => {
  let api: TestApi;
  let declared: Map<string, string | undefined>;
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    api = await makeApi();
    await api.app.ready();
    for (const role of roles) tokens.set(role, await api.tokenOf(role));
    const { paths = {} } = api.app.swagger() as { paths?: Record<string, Record<string, Record<string, string>>> };
    declared = new Map(
      Object.entries(paths)
        .filter(([path]) => path.startsWith('/api/v1/'))
        .flatMap(([path, methods]) =>
          Object.entries(methods).map(([method, operation]) => [
            `${method.toUpperCase()} ${path}`,
            operation['x-role'],
          ]),
        ),
    );
  });

  /** The status of a request with nothing in it. */
  async function statusOf(route: string, token?: string): Promise<number> {
    const [method = '', path = ''] = route.split(' ');
    const answer = await api.app.inject({
      method: method as Method,
      url: path.replace(/\{\w+\}/g, 'x'),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return answer.statusCode;
  }

  it('is declared on every route, and is what was decided', () => {
    const known: readonly (string | undefined)[] = [...roles, 'public', 'core-secret'];
    expect([...declared].filter(([, role]) => !known.includes(role))).toEqual([]);
    expect(Object.fromEntries(declared)).toEqual(decided);
  });

  it('is checked before anything else of a request: 401 without a token, 403 for a lower role, and no such thing for a higher', async () => {
    for (const [route, least] of declared) {
      if (!roles.includes(least as Role) || route.endsWith('/logout')) continue; // It ends the tokens with which all are tried.
      expect([route, await statusOf(route)]).toEqual([route, 401]);
      for (const role of roles) {
        const status = await statusOf(route, tokens.get(role));
        const isAllowed = roles.indexOf(role) >= roles.indexOf(least as Role);
        expect([route, role, status === 403, status === 401]).toEqual([route, role, !isAllowed, false]);
      }
    }
  });

  it('is demanded when a route is made', () => {
    const app = Fastify() as unknown as FastifyInstance;
    guardRoutes(app);
    expect(() => app.get('/api/v1/open', async () => ({}))).toThrow('use requireRole or config.access');
    expect(() => app.get('/elsewhere', async () => ({}))).not.toThrow();
  });
});
