import type { SystemSettings } from '@intermix/bots';
import {
  AgentAssistUpdate,
  ApiKeysUpdate,
  DiallerUpdate,
  DisplaySettingsRead,
  FleetUpdate,
  KnowledgeUpdate,
  MinioUpdate,
  SystemSettingsRead,
  TimezoneUpdate,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';

export interface SettingsRoutesDeps {
  settings: SystemSettings;
  tokens: AccessTokens;
}

const base = '/api/v1/settings';
const documented = (summary: string, operationId: string) => ({
  tags: ['settings'],
  summary,
  operationId,
  security: [{ accessToken: [] }],
});

/** `/api/v1/settings`: what operators set for the whole platform, a block at a time. Secrets are masked when read. */
export function settingsRoutes(app: FastifyInstance, { settings, tokens }: SettingsRoutesDeps): void {
  const superAdmin = { preHandler: requireRole(tokens, 'super_admin') };

  app.get(
    base,
    {
      ...superAdmin,
      schema: {
        ...documented('All settings, secrets masked', 'getSystemSettings'),
        response: { 200: SystemSettingsRead },
      },
    },
    async (request) => settings.read(adminOf(request).accountSid),
  );

  app.get(
    `${base}/display`,
    {
      preHandler: requireRole(tokens, 'agent'),
      schema: {
        ...documented('How pages show times', 'getDisplaySettings'),
        response: { 200: DisplaySettingsRead },
      },
    },
    async (request) => ({ display_timezone: await settings.displayTimezone(adminOf(request).accountSid) }),
  );

  /** One block. Answers with all settings, as they are now. */
  function put<Update>(
    block: { path: string; body: TSchema; summary: string; operationId: string },
    change: (accountSid: string, update: Update) => Promise<SystemSettingsRead>,
  ): void {
    const { path, body, summary, operationId } = block;
    const schema = { ...documented(summary, operationId), body, response: { 200: SystemSettingsRead } };
    const before = (request: FastifyRequest) => settings.read(adminOf(request).accountSid);
    const config = { audit: { resource: 'settings', before, id: () => path } };
    app.put(`${base}/${path}`, { ...superAdmin, config, schema }, (request) =>
      change(adminOf(request).accountSid, request.body as Update),
    );
  }

  put<ApiKeysUpdate>(
    { path: 'api-keys', body: ApiKeysUpdate, summary: 'Keys of providers', operationId: 'putApiKeys' },
    (accountSid, update) => settings.putApiKeys(accountSid, update),
  );
  put<MinioUpdate>(
    { path: 'minio', body: MinioUpdate, summary: 'Store of recordings', operationId: 'putMinio' },
    (accountSid, update) => settings.putMinio(accountSid, update),
  );
  put<AgentAssistUpdate>(
    { path: 'agent-assist', body: AgentAssistUpdate, summary: 'Help for agents', operationId: 'putAgentAssist' },
    (accountSid, update) => settings.putAgentAssist(accountSid, update),
  );
  put<KnowledgeUpdate>(
    { path: 'knowledge', body: KnowledgeUpdate, summary: 'Documents that bots know', operationId: 'putKnowledge' },
    (accountSid, update) => settings.putKnowledge(accountSid, update),
  );
  put<DiallerUpdate>(
    { path: 'dialler', body: DiallerUpdate, summary: 'Detection of answering machines', operationId: 'putDialler' },
    (accountSid, update) => settings.putDialler(accountSid, update),
  );
  put<TimezoneUpdate>(
    { path: 'timezone', body: TimezoneUpdate, summary: 'Time zone of what is shown', operationId: 'putTimezone' },
    (accountSid, update) => settings.putTimezone(accountSid, update.display_timezone),
  );
  put<FleetUpdate>(
    {
      path: 'fleet',
      body: FleetUpdate,
      summary: 'Servers that run bots: the list as a whole',
      operationId: 'putFleet',
    },
    (accountSid, update) => settings.putFleet(accountSid, update.core_fleet),
  );
}
