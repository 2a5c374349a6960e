import {
  CamelInboundCallAnswer,
  CamelInboundCallQuery,
  CamelOutboundCallAnswer,
  CamelOutboundCallRequest,
} from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ApiError } from '../../http/api-error.js';
import { RequestRate } from '../auth/request-rate.js';
import { camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import type { AppScope } from '../services/app-scope.js';
import { documented } from './documented.js';
import { camelOutboundCall } from './mapping.js';

const AppPath = Type.Object({
  app_id: Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x1f\\x7f]+$' }),
});
const tag = 'calls';

/** `/call/…`: calls that a backend asks for, and what a flow elsewhere tells of its own. */
export function callRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  outboundCall(app, parts);
  inboundCall(app, parts);
}

function outboundCall(app: FastifyInstance, { auth, random, calls, tenants }: IntegrationParts): void {
  app.post<{ Body: CamelOutboundCallRequest }>(
    '/call/outbound_call',
    {
      onRequest: auth.requireToken('app'),
      config: { audit: false }, // No change: the call's own record tells of it.
      schema: {
        ...documented(
          {
            tag,
            summary: 'Call somebody for a user: the user’s device rings first, then the other party',
            description:
              'A refusal of telephony has a JSON document in Error: 404 with 10706 (busy), 10731 (no such user) or 10716 (no such number), 409 with 1012 (no device on).',
            operationId: 'createOutboundCall',
            token: 'token',
          },
          CamelOutboundCallAnswer,
          [400, 401, 404, 409, 503],
        ),
        body: CamelOutboundCallRequest,
      },
    },
    async (request) => {
      const scope = auth.appOf(request);
      const { customer_id: customerId, app_id: appId, to, user_id: userId } = request.body;
      refuseOther('customer_id', customerId, scope.customerId);
      refuseOther('app_id', appId, scope.appId);
      const own = await tenants.findApp(scope.accountSid, scope.appId);
      const customField = request.body.custom_field ?? request.body.CustomField;
      const { call, user } = await calls.place(scope, { userId, to, customField }, { to: 'to' });
      return camelSuccess(camelOutboundCall(own, call, user, to), random);
    },
  );
}

/** An id in the body may only say what the token says. */
function refuseOther(field: string, given: string | null | undefined, own: AppScope[keyof AppScope]): void {
  if (given === undefined || given === null || given === own) return;
  throw new ApiError(404, 'ERR_NOT_FOUND', `"${field}" is not that of the token: leave it out, or send ${own}.`, field);
}

const maxQueryEntries = 50;
const maxQueryText = 2_000;

/** Of an app: far above a flow's, and strangers who know the address cannot fill the outbox. */
const notificationsPerMinute = 1_200;
/** Of an app from one source address: a stranger alone cannot use up what the flow needs. */
const notificationsPerSource = 600;

function inboundCall(app: FastifyInstance, { random, deps, clock }: IntegrationParts): void {
  const perSource = new RequestRate({ clock, perMinute: notificationsPerSource });
  const perApp = new RequestRate({ clock, perMinute: notificationsPerMinute });
  app.get<{ Params: { app_id: string }; Querystring: CamelInboundCallQuery }>(
    '/call/inbound_call/:app_id',
    {
      schema: {
        ...documented(
          {
            tag,
            summary: 'A flow elsewhere tells of its call: the app’s URL for it is told',
            description: 'No token: the address stands in a flow. The applet’s query goes along.',
            operationId: 'tellInboundCall',
            token: 'none',
          },
          CamelInboundCallAnswer,
          [400, 404, 429],
        ),
        params: AppPath,
        querystring: CamelInboundCallQuery,
      },
    },
    async (request) => {
      const { type = 'popup', ...query } = request.query;
      const found = await deps.apps.findById(request.params.app_id);
      if (found === undefined || !found.isActive) throw ApiError.notFound('app');
      perSource.take(`${request.ip} ${found.id}`); // First: what this refuses does not count against the app.
      perApp.take(found.id);
      await deps.notifications.trigger({ app: found, type, query: boundedQuery(query) });
      return camelSuccess('Success', random);
    },
  );
}

/** The first value of each key, within bounds: this is everybody's to send. Throws a 400 for text that cannot be kept. */
function boundedQuery(query: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = Object.entries(query).slice(0, maxQueryEntries);
  const bad = pairs.find((pair) => pair.flat().some((text) => String(text).includes('\0')));
  if (bad) throw ApiError.invalid(bad[0], 'The query holds NUL: take it out.');
  return Object.fromEntries(
    pairs.map(([key, value]) => [key.slice(0, 100), String([value].flat()[0] ?? '').slice(0, maxQueryText)]),
  );
}
