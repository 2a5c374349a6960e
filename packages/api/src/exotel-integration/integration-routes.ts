import type { ExotelIntegration } from '@intermix/bots';
import {
  ExotelCredentialsUpdate,
  ExotelDidCreate,
  ExotelDidRead,
  ExotelDidUpdate,
  ExotelIntegrationRead,
  ExotelTestCallOptions,
  ExotelTestCallRequest,
  ExotelTestCallResult,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';

export interface ExotelIntegrationRoutesDeps {
  exotel: ExotelIntegration;
  tokens: AccessTokens;
}

const base = '/api/v1/integrations/exotel';
const DidPath = Type.Object({ did_id: Type.String({ maxLength: 128 }) });
type DidParams = { Params: { did_id: string } };

const documented = (summary: string, operationId: string) => ({
  tags: ['exotel integration'],
  summary,
  operationId,
  security: [{ accessToken: [] }],
});

/** `/api/v1/integrations/exotel`: the account at Exotel, its numbers, and test calls through its API. */
export function exotelIntegrationRoutes(app: FastifyInstance, deps: ExotelIntegrationRoutesDeps): void {
  recordRoutes(app, deps);
  didRoutes(app, deps);
  testCallRoutes(app, deps);
}

function recordRoutes(app: FastifyInstance, { exotel, tokens }: ExotelIntegrationRoutesDeps): void {
  const superAdmin = { preHandler: requireRole(tokens, 'super_admin') };

  app.get(
    base,
    {
      ...superAdmin,
      schema: {
        ...documented('The integration; its key and token are never returned', 'getExotelIntegration'),
        response: { 200: ExotelIntegrationRead },
      },
    },
    async (request) => exotel.read(adminOf(request).accountSid),
  );

  app.put<{ Body: ExotelCredentialsUpdate }>(
    base,
    {
      ...superAdmin,
      config: {
        audit: { resource: 'exotel-integration', before: (request) => exotel.read(adminOf(request).accountSid) },
      },
      schema: {
        ...documented('Set credentials: what is left out stays, an empty text clears', 'putExotelIntegration'),
        body: ExotelCredentialsUpdate,
        response: { 200: ExotelIntegrationRead },
      },
    },
    async (request) => exotel.putCredentials(adminOf(request).accountSid, request.body),
  );
}

function didRoutes(app: FastifyInstance, { exotel, tokens }: ExotelIntegrationRoutesDeps): void {
  const superAdmin = { preHandler: requireRole(tokens, 'super_admin') };
  const before = async (request: FastifyRequest<DidParams>) => {
    const { dids } = await exotel.read(adminOf(request).accountSid);
    return dids.find(({ did_id }) => did_id === request.params.did_id);
  };
  const config = { audit: { resource: 'exotel-did', before } };

  app.post<{ Body: ExotelDidCreate }>(
    `${base}/dids`,
    {
      ...superAdmin,
      config: {
        audit: { resource: 'exotel-did', id: (_request, answer) => (answer as ExotelDidRead | undefined)?.did_id },
      },
      schema: {
        ...documented('Add a number', 'addExotelDid'),
        body: ExotelDidCreate,
        response: { 201: ExotelDidRead },
      },
    },
    async (request, reply) => {
      const did = await exotel.addDid(adminOf(request).accountSid, request.body);
      return reply.status(201).send(did);
    },
  );

  app.put<DidParams & { Body: ExotelDidUpdate }>(
    `${base}/dids/:did_id`,
    {
      ...{ ...superAdmin, config },
      schema: {
        ...documented('Change a number: what is left out stays, an empty text clears', 'updateExotelDid'),
        params: DidPath,
        body: ExotelDidUpdate,
        response: { 200: ExotelDidRead },
      },
    },
    async (request) => {
      const did = await exotel.updateDid(adminOf(request).accountSid, request.params.did_id, request.body);
      if (did === undefined) throw ApiError.notFound('number');
      return did;
    },
  );

  app.delete<DidParams>(
    `${base}/dids/:did_id`,
    {
      ...{ ...superAdmin, config },
      schema: { ...documented('Remove a number', 'removeExotelDid'), params: DidPath, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const wasThere = await exotel.removeDid(adminOf(request).accountSid, request.params.did_id);
      if (!wasThere) throw ApiError.notFound('number');
      return reply.status(204).send();
    },
  );
}

function testCallRoutes(app: FastifyInstance, { exotel, tokens }: ExotelIntegrationRoutesDeps): void {
  const admin = { preHandler: requireRole(tokens, 'admin') };

  app.get(
    `${base}/test-call-options`,
    {
      ...admin,
      schema: {
        ...documented('Numbers from which a test call may be placed, and what is missing', 'listExotelTestCallOptions'),
        response: { 200: ExotelTestCallOptions },
      },
    },
    async (request) => exotel.testCallOptions(adminOf(request).accountSid),
  );

  app.post<DidParams & { Body: ExotelTestCallRequest }>(
    `${base}/dids/:did_id/test-call`,
    {
      ...{ ...admin, config: { audit: { resource: 'exotel-did' } } },
      schema: {
        ...documented("Ring a customer and join them with the number's flow, by Exotel's API", 'placeExotelTestCall'),
        params: DidPath,
        body: ExotelTestCallRequest,
        response: { 200: ExotelTestCallResult },
      },
    },
    async (request) => {
      const { accountSid } = adminOf(request);
      const call = await exotel.testCall(accountSid, request.params.did_id, request.body.to_number);
      if (call === undefined) throw ApiError.notFound('number');
      return call;
    },
  );
}
