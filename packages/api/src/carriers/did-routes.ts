import type { Did } from '@intermix/calls';
import { DidCreate, DidRead, DidUpdate, listOf } from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import type { CarrierRoutesDeps } from './carrier-routes.js';
import { didChange, didRead, newDid } from './did-mapping.js';

const DidsPath = Type.Object({ carrier_id: Type.String({ maxLength: 128 }) });
const DidPath = Type.Object({
  carrier_id: Type.String({ maxLength: 128 }),
  did_id: Type.String({ maxLength: 128 }),
});
type DidRequest = FastifyRequest<{ Params: { carrier_id: string; did_id: string } }>;

/** `/api/v1/carriers/{id}/dids`: the numbers that a carrier brings, and whom they ring. */
export function didRoutes(app: FastifyInstance, deps: CarrierRoutesDeps): void {
  const read = { preHandler: requireRole(deps.tokens, 'admin') };
  const write = { preHandler: requireRole(deps.tokens, 'super_admin') };
  const documented = (summary: string, operationId: string) => ({
    tags: ['carriers'],
    summary,
    operationId,
    security: [{ accessToken: [] }],
  });
  const { carriers, onChanged } = deps;

  const carrierOf = async (request: FastifyRequest<{ Params: { carrier_id: string } }>) => {
    const carrier = await carriers.getCarrier(adminOf(request).accountSid, request.params.carrier_id);
    if (carrier === undefined) throw ApiError.notFound('carrier');
    return carrier;
  };
  const didOf = async (request: DidRequest): Promise<Did> => {
    const did = await carriers.getDid(adminOf(request).accountSid, request.params.did_id);
    if (did === undefined || did.carrierId !== request.params.carrier_id) throw ApiError.notFound('number');
    return did;
  };
  const before = async (request: DidRequest) => didRead(await didOf(request));

  app.get<{ Params: { carrier_id: string } }>(
    '/api/v1/carriers/:carrier_id/dids',
    {
      ...read,
      schema: {
        ...documented('Numbers of a carrier', 'listDids'),
        params: DidsPath,
        response: { 200: listOf(DidRead) },
      },
    },
    async (request) => {
      const carrier = await carrierOf(request);
      const dids = await carriers.listDidsOfCarrier(carrier.accountSid, carrier.id);
      return { items: dids.map(didRead), next_cursor: null };
    },
  );

  app.post<{ Params: { carrier_id: string }; Body: DidCreate }>(
    '/api/v1/carriers/:carrier_id/dids',
    {
      ...write,
      schema: {
        ...documented('Add a number', 'createDid'),
        params: DidsPath,
        body: DidCreate,
        response: { 201: DidRead },
      },
    },
    async (request, reply) => {
      const carrier = await carrierOf(request);
      const owner = { accountSid: carrier.accountSid, carrierId: carrier.id };
      const did = await carriers.createDid(newDid(owner, request.body));
      await onChanged();
      return reply.status(201).send(didRead(did));
    },
  );

  app.get<{ Params: { carrier_id: string; did_id: string } }>(
    '/api/v1/carriers/:carrier_id/dids/:did_id',
    { ...read, schema: { ...documented('One number', 'getDid'), params: DidPath, response: { 200: DidRead } } },
    async (request) => didRead(await didOf(request)),
  );

  app.put<{ Params: { carrier_id: string; did_id: string }; Body: DidUpdate }>(
    '/api/v1/carriers/:carrier_id/dids/:did_id',
    {
      ...write,
      config: { audit: { before } },
      schema: {
        ...documented('Change a number: fields that are left out stay, null clears', 'updateDid'),
        params: DidPath,
        body: DidUpdate,
        response: { 200: DidRead },
      },
    },
    async (request) => {
      const before = await didOf(request);
      const after = await carriers.updateDid(before.accountSid, before.id, didChange(request.body));
      if (after === undefined) throw ApiError.notFound('number');
      await onChanged();
      return didRead(after);
    },
  );

  app.delete<{ Params: { carrier_id: string; did_id: string } }>(
    '/api/v1/carriers/:carrier_id/dids/:did_id',
    {
      ...write,
      config: { audit: { before } },
      schema: { ...documented('Remove a number', 'deleteDid'), params: DidPath, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const did = await didOf(request);
      await carriers.deleteDid(did.accountSid, did.id);
      await onChanged();
      return reply.status(204).send();
    },
  );
}
