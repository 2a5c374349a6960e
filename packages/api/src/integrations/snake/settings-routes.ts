import { SnakeSettingsAnswer, SnakeSettingsUpdate } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import type { AuditedRoute } from '../../audit/audit-hook.js';
import type { IntegrationParts } from '../parts.js';
import { snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase } from './paths.js';
import { settingsPatch, settingsSpelling, snakeSettings } from './settings-mapping.js';

/** `…/settings`: where an app wants to be told of calls, and how these are treated. */
export function settingsRoutes(app: FastifyInstance, parts: IntegrationParts, scope: PathScope): void {
  const { settings, tenants, deps } = parts;
  const tag = 'settings';
  const onRequest = scope.requireApp();
  const audit: AuditedRoute = {
    resource: 'app-settings',
    before: async (request) => {
      const { accountSid, appId } = scope.app(request);
      const [app, now] = await Promise.all([deps.apps.find(accountSid, appId), deps.settings.find(accountSid, appId)]);
      return app && now && snakeSettings(app, now);
    },
    shown: (answer) => (answer as { data?: { settings?: object } } | undefined)?.data?.settings,
    id: (request) => scope.app(request).appId,
  };

  app.put<{ Body: SnakeSettingsUpdate }>(
    `${appBase}/settings`,
    {
      ...{ onRequest, config: { audit } },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Change settings: fields that are left out stay, null clears',
            operationId: 'updateSettings',
          },
          SnakeSettingsAnswer,
          [400],
        ),
        params: AppPath,
        body: SnakeSettingsUpdate,
      },
    },
    async (request) => {
      const own = scope.app(request);
      const written = await settings.write(own, settingsPatch(request.body), 'snake', settingsSpelling);
      const { created_at: _, ...told } = snakeSettings(await tenants.findApp(own.accountSid, own.appId), written);
      return snakeSuccess({ app_id: own.appId, settings: told });
    },
  );

  app.get(
    `${appBase}/settings`,
    {
      onRequest,
      schema: {
        ...documented({ tag, summary: 'The app’s settings', operationId: 'getSettings' }, SnakeSettingsAnswer, []),
        params: AppPath,
      },
    },
    async (request) => {
      const own = scope.app(request);
      const record = await tenants.findApp(own.accountSid, own.appId);
      return snakeSuccess({ app_id: own.appId, settings: snakeSettings(record, await settings.read(own)) });
    },
  );
}
