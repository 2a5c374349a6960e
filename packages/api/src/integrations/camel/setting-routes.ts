import {
  CamelDeleted,
  type CamelSetting,
  CamelSettingAnswer,
  CamelSettingDeletion,
  CamelSettingOrSettings,
  CamelSettingQuery,
  CamelSettingWrite,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditedRoute } from '../../audit/audit-hook.js';
import { changedFields } from '../../audit/field-changes.js';
import { ApiError } from '../../http/api-error.js';
import { camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import type { AppSettings } from '../ports.js';
import type { AppScope } from '../services/app-scope.js';
import { documented } from './documented.js';
import { knownKeys, settingPairs, settingPatch, settingSpelling, settingValue } from './setting-keys.js';

const hidden = { secret: true } as const;

/** `/app_setting`: an app's settings by key. */
export function settingRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, random, settings, deps } = parts;
  const tag = 'settings';
  const onRequest = auth.requireToken('app');

  const write = async (request: FastifyRequest<{ Body: CamelSettingWrite }>) => {
    const scope = auth.appOf(request);
    const { Key: key, Value: value } = request.body;
    await settings.write(scope, settingPatch(key, value), 'camel', settingSpelling);
    return camelSuccess(camelSetting(scope, key, value), random);
  };
  /** Values of the vendor's keys are told; what customers keep under keys of their own is theirs. */
  const audited = (
    changeIn: (request: FastifyRequest) => { key: string; value: string | undefined },
  ): AuditedRoute => ({
    resource: 'app-settings',
    before: (request) => deps.settings.find(auth.appOf(request).accountSid, auth.appOf(request).appId),
    things: (request, { before }) => {
      const { key, value } = changeIn(request);
      const from = before && settingValue(before as AppSettings, key);
      const changes = knownKeys.has(key) ? changedFields({ [key]: from }, { [key]: value }, {}) : { [key]: hidden };
      return [{ id: auth.appOf(request).appId, changes }];
    },
  });
  const written = audited(({ body }) => {
    const { Key: key, Value: value } = body as CamelSettingWrite;
    return { key, value };
  });
  const writing = (summary: string, operationId: string) => ({
    ...{ onRequest, config: { audit: written } },
    schema: {
      ...documented({ tag, summary, operationId, token: 'token' }, CamelSettingAnswer, [400, 401]),
      body: CamelSettingWrite,
    },
  });
  app.post<{ Body: CamelSettingWrite }>('/app_setting', writing('Set a setting', 'createAppSetting'), write);
  app.put<{ Body: CamelSettingWrite }>('/app_setting', writing('Change a setting', 'updateAppSetting'), write);

  app.get<{ Querystring: CamelSettingQuery }>(
    '/app_setting',
    {
      onRequest,
      schema: {
        ...documented(
          { tag, summary: 'One setting, or all that are set', operationId: 'getAppSettings', token: 'token' },
          CamelSettingOrSettings,
          [400, 401, 404],
        ),
        querystring: CamelSettingQuery,
      },
    },
    async (request) => {
      const scope = auth.appOf(request);
      const stored = await settings.read(scope);
      const { key } = request.query;
      if (key === undefined) {
        const items = settingPairs(stored).map(([name, value]) => ({
          ...camelSetting(scope, name, value),
          SettingKey: name,
          SettingVal: value,
        }));
        return camelSuccess(items, random);
      }
      const value = settingValue(stored, key);
      if (value === undefined) throw notSet(key);
      return camelSuccess(camelSetting(scope, key, value), random);
    },
  );

  const deleted = audited(({ query }) => ({ key: (query as CamelSettingDeletion).key, value: undefined }));
  app.delete<{ Querystring: CamelSettingDeletion }>(
    '/app_setting',
    {
      ...{ onRequest, config: { audit: deleted } },
      schema: {
        ...documented(
          { tag, summary: 'Take a setting away', operationId: 'deleteAppSetting', token: 'token' },
          CamelDeleted,
          [400, 401, 404],
        ),
        querystring: CamelSettingDeletion,
      },
    },
    async (request) => {
      const scope = auth.appOf(request);
      const { key } = request.query;
      if (settingValue(await settings.read(scope), key) === undefined) throw notSet(key);
      await settings.write(scope, settingPatch(key, undefined), 'camel', settingSpelling);
      return camelSuccess('Deleted Successfully', random);
    },
  );
}

function camelSetting(app: AppScope, key: string, value: string): CamelSetting {
  return { CustomerID: app.customerId, AppID: app.appId, Key: key, Value: value };
}

function notSet(key: string): ApiError {
  return new ApiError(404, 'ERR_NOT_FOUND', `The setting "${key}" is not set: POST /app_setting sets it.`, 'key');
}
