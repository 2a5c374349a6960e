import {
  type CamelApp,
  CamelAppAnswer,
  CamelAppCreate,
  CamelAppOrApps,
  CamelAppQuery,
  CamelDeleted,
} from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { auditedAppDeletion } from '../audited.js';
import { wrongScope } from '../auth/integration-auth.js';
import { camelSecret, camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import { documented } from './documented.js';
import { camelApp } from './mapping.js';

const regions = ['mumbai', 'singapore'];

const dataIn = (answer: unknown) => (answer as { Data?: CamelApp } | undefined)?.Data;

/** `/app`: applications of a customer. */
export function appRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, random, tenants, accountCheck } = parts;
  const tag = 'apps';

  app.post<{ Body: CamelAppCreate }>(
    '/app',
    {
      onRequest: auth.requireToken('customer'),
      config: { audit: { resource: 'app', shown: dataIn, id: (_request, answer) => dataIn(answer)?.AppID } },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Register an app; its secret is shown here and never again',
            operationId: 'createApp',
            token: 'token',
          },
          CamelAppAnswer,
          [400, 401, 404, 429],
        ),
        body: CamelAppCreate,
      },
    },
    async (request, reply) => {
      const { accountSid, customerId } = auth.accessOf(request);
      const { AppName: name, ExotelDomain: exotelDomain, IsActive: isActive, ...account } = request.body;
      const { ExotelAccountSid: sid, ExotelApiKey: apiKey, ExotelApiToken: apiToken } = account;
      if (!regions.includes(exotelDomain.toLowerCase()))
        throw ApiError.invalid('ExotelDomain', '"ExotelDomain" must be mumbai or singapore.');
      await accountCheck.check({ accountSid, customerId }, { sid, apiKey, apiToken });
      const made = await tenants.createApp({ accountSid, customerId, name, exotelDomain, isActive });
      const shownOnce = { AppSecret: made.secret, ExotelApiKey: apiKey, ExotelApiToken: apiToken };
      return camelSecret(reply, { ...camelApp(made.app), ...shownOnce }, random);
    },
  );

  app.get<{ Querystring: CamelAppQuery }>(
    '/app',
    {
      onRequest: auth.requireToken('either'),
      schema: {
        ...documented(
          { tag, summary: 'The app of an app token, or all of a customer’s', operationId: 'getApp', token: 'token' },
          CamelAppOrApps,
          [400, 401, 404],
        ),
        querystring: CamelAppQuery,
      },
    },
    async (request) => {
      const { accountSid, customerId, appId } = auth.accessOf(request);
      if (request.query.entity === 'customer') {
        if (appId !== undefined) throw wrongScope('customer', 'app');
        return camelSuccess((await tenants.listApps(accountSid, customerId)).map(camelApp), random);
      }
      if (appId === undefined) throw wrongScope('app', 'customer');
      return camelSuccess(camelApp(await tenants.findApp(accountSid, appId)), random);
    },
  );

  app.delete(
    '/app',
    {
      onRequest: auth.requireToken('app'),
      config: { audit: auditedAppDeletion(parts.deps, (request) => auth.appOf(request)) },
      schema: documented(
        {
          tag,
          summary: 'Delete the app with its users, settings and tokens',
          operationId: 'deleteApp',
          token: 'token',
        },
        CamelDeleted,
        [401],
      ),
    },
    async (request) => {
      const { accountSid, appId } = auth.appOf(request);
      await tenants.deleteApp(accountSid, appId);
      return camelSuccess('Deleted Successfully', random);
    },
  );
}
