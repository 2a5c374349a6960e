import { CarrierCreate, CarrierListQuery, CarrierRead, CarrierUpdate, listOf } from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import type { CarrierAdministration } from './carrier-administration.js';
import { carrierChange, carrierRead, newCarrier, requireConsistency } from './carrier-mapping.js';

export interface CarrierRoutesDeps {
  carriers: CarrierAdministration;
  tokens: AccessTokens;
  /** A carrier or a number was made, changed or removed. The answer waits for it, so that the change is in force then. */
  onChanged: () => Promise<void>;
}

const CarrierPath = Type.Object({ carrier_id: Type.String({ maxLength: 128 }) });

/** `/api/v1/carriers`. Read by admins, written by super admins. */
export function carrierRoutes(app: FastifyInstance, deps: CarrierRoutesDeps): void {
  const read = { preHandler: requireRole(deps.tokens, 'admin') };
  const write = { preHandler: requireRole(deps.tokens, 'super_admin') };
  const documented = (summary: string, operationId: string) => ({
    tags: ['carriers'],
    summary,
    operationId,
    security: [{ accessToken: [] }],
  });
  const { carriers, onChanged } = deps;
  const before = async (request: FastifyRequest<{ Params: { carrier_id: string } }>) => {
    const carrier = await carriers.getCarrier(adminOf(request).accountSid, request.params.carrier_id);
    return carrier && carrierRead(carrier);
  };

  app.get<{ Querystring: CarrierListQuery }>(
    '/api/v1/carriers',
    {
      ...read,
      schema: {
        ...documented('Carriers; the simulated network only when asked for', 'listCarriers'),
        querystring: CarrierListQuery,
        response: { 200: listOf(CarrierRead) },
      },
    },
    async (request) => {
      const all = await carriers.listCarriersOf(adminOf(request).accountSid);
      const wanted = all.filter((carrier) => request.query.simulated || !carrier.simulated);
      return { items: wanted.map(carrierRead), next_cursor: null };
    },
  );

  app.post<{ Body: CarrierCreate }>(
    '/api/v1/carriers',
    {
      ...write,
      schema: { ...documented('Add a carrier', 'createCarrier'), body: CarrierCreate, response: { 201: CarrierRead } },
    },
    async (request, reply) => {
      const carrier = await carriers.createCarrier(newCarrier(adminOf(request).accountSid, request.body));
      await onChanged();
      return reply.status(201).send(carrierRead(carrier));
    },
  );

  app.get<{ Params: { carrier_id: string } }>(
    '/api/v1/carriers/:carrier_id',
    {
      ...read,
      schema: { ...documented('One carrier', 'getCarrier'), params: CarrierPath, response: { 200: CarrierRead } },
    },
    async (request) => {
      const carrier = await carriers.getCarrier(adminOf(request).accountSid, request.params.carrier_id);
      if (carrier === undefined) throw ApiError.notFound('carrier');
      return carrierRead(carrier);
    },
  );

  app.put<{ Params: { carrier_id: string }; Body: CarrierUpdate }>(
    '/api/v1/carriers/:carrier_id',
    {
      ...write,
      config: { audit: { before } },
      schema: {
        ...documented('Change a carrier: fields that are left out stay, null clears', 'updateCarrier'),
        params: CarrierPath,
        body: CarrierUpdate,
        response: { 200: CarrierRead },
      },
    },
    async (request) => {
      const { accountSid } = adminOf(request);
      const before = await carriers.getCarrier(accountSid, request.params.carrier_id);
      if (before === undefined || before.simulated) throw ApiError.notFound('carrier');
      const change = carrierChange(request.body);
      requireConsistency({ ...before, ...change });
      const after = await carriers.updateCarrier(accountSid, before.id, change);
      if (after === undefined) throw ApiError.notFound('carrier');
      await onChanged();
      return carrierRead(after);
    },
  );

  app.delete<{ Params: { carrier_id: string } }>(
    '/api/v1/carriers/:carrier_id',
    {
      ...write,
      config: { audit: { before } },
      schema: {
        ...documented('Remove a carrier that has no numbers', 'deleteCarrier'),
        params: CarrierPath,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const carrier = await carriers.getCarrier(accountSid, request.params.carrier_id);
      if (carrier === undefined || carrier.simulated) throw ApiError.notFound('carrier');
      await carriers.deleteCarrier(accountSid, carrier.id);
      await onChanged();
      return reply.status(204).send();
    },
  );
}
