import {
  FlowDocumentBody,
  FlowList,
  FlowRead,
  FlowSimulation,
  FlowValidation,
  FlowVersionList,
} from '@intermix/contracts';
import {
  checkFlow,
  FlowError,
  type FlowFacts,
  type FlowStore,
  flowSchema,
  SimulationInput,
  simulateFlow,
} from '@intermix/flows';
import type { Clock } from '@intermix/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { flowRead, flowSummary } from './flow-mapping.js';

export interface FlowRoutesDeps {
  flows: FlowStore;
  /** What a document may name. */
  facts: FlowFacts;
  tokens: AccessTokens;
  clock: Clock;
}

const FlowPath = Type.Object({ flow_id: Type.String({ maxLength: 128 }) });
type FlowRequest = FastifyRequest<{ Params: { flow_id: string } }>;

const documented = (summary: string, operationId: string) => ({
  ...{ tags: ['flows'], summary, operationId, security: [{ accessToken: [] }] },
});

/** `/api/v1/flows`: what calls do when no person is named. */
export function flowRoutes(app: FastifyInstance, deps: FlowRoutesDeps): void {
  readRoutes(app, deps);
  writeRoutes(app, deps);
  trialRoutes(app, deps);
}

function readRoutes(app: FastifyInstance, { flows, tokens }: FlowRoutesDeps): void {
  const preHandler = requireRole(tokens, 'supervisor');

  app.get(
    '/api/v1/flows',
    { preHandler, schema: { ...documented('Flows, oldest first', 'listFlows'), response: { 200: FlowList } } },
    async (request) => {
      const found = await flows.list(adminOf(request).accountSid);
      return { items: found.map((flow) => flowSummary(flow, request)), next_cursor: null };
    },
  );

  app.get(
    '/api/v1/flows/schema',
    {
      preHandler,
      schema: {
        ...documented('JSON Schema of a flow’s document', 'getFlowSchema'),
        response: { 200: Type.Record(Type.String(), Type.Unknown()) },
      },
    },
    async () => flowSchema,
  );

  app.get<{ Params: { flow_id: string } }>(
    '/api/v1/flows/:flow_id',
    { preHandler, schema: { ...documented('One flow', 'getFlow'), params: FlowPath, response: { 200: FlowRead } } },
    async (request) => {
      const flow = await flows.find(adminOf(request).accountSid, request.params.flow_id);
      if (flow === undefined) throw ApiError.notFound('flow');
      return flowRead(flow, request);
    },
  );

  app.get<{ Params: { flow_id: string } }>(
    '/api/v1/flows/:flow_id/versions',
    {
      preHandler,
      schema: {
        ...documented('The last 100 versions of a flow, newest first', 'listFlowVersions'),
        ...{ params: FlowPath, response: { 200: FlowVersionList } },
      },
    },
    async (request) => {
      const found = await flows.versions(adminOf(request).accountSid, request.params.flow_id);
      if (found === undefined) throw ApiError.notFound('flow');
      const items = found.map(({ version, document, createdAt }) => ({
        ...{ version, created_at: createdAt.toISOString(), document: document as Record<string, unknown> },
      }));
      return { items, next_cursor: null };
    },
  );
}

function writeRoutes(app: FastifyInstance, deps: FlowRoutesDeps): void {
  const { flows } = deps;
  const preHandler = requireRole(deps.tokens, 'admin');
  const before = async (request: FlowRequest) => {
    const flow = await flows.find(adminOf(request).accountSid, request.params.flow_id);
    return flow && flowRead(flow, request);
  };

  app.post<{ Body: FlowDocumentBody }>(
    '/api/v1/flows',
    {
      preHandler,
      schema: { ...documented('Make a flow', 'createFlow'), body: FlowDocumentBody, response: { 201: FlowRead } },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const flow = await flows.create(accountSid, await checked(accountSid, request.body, deps));
      return reply.status(201).send(flowRead(flow, request));
    },
  );

  app.put<{ Params: { flow_id: string }; Body: FlowDocumentBody }>(
    '/api/v1/flows/:flow_id',
    {
      preHandler,
      config: { audit: { before } },
      schema: {
        ...documented('Replace a flow’s document: its next version. Calls that run keep theirs', 'updateFlow'),
        ...{ params: FlowPath, body: FlowDocumentBody, response: { 200: FlowRead } },
      },
    },
    async (request) => {
      const { accountSid } = adminOf(request);
      if (!(await flows.find(accountSid, request.params.flow_id))) throw ApiError.notFound('flow');
      const wanted = await checked(accountSid, request.body, deps);
      const flow = await flows.update(accountSid, request.params.flow_id, wanted);
      if (flow === undefined) throw ApiError.notFound('flow');
      return flowRead(flow, request);
    },
  );

  app.delete<{ Params: { flow_id: string } }>(
    '/api/v1/flows/:flow_id',
    {
      preHandler,
      config: { audit: { before } },
      schema: { ...documented('Delete a flow', 'deleteFlow'), params: FlowPath, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      if (!(await flows.delete(adminOf(request).accountSid, request.params.flow_id))) throw ApiError.notFound('flow');
      return reply.status(204).send();
    },
  );
}

function trialRoutes(app: FastifyInstance, deps: FlowRoutesDeps): void {
  const preHandler = requireRole(deps.tokens, 'supervisor');
  const config = { audit: false } as const; // Nothing is kept.

  app.post<{ Body: FlowDocumentBody }>(
    '/api/v1/flows/validate',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Everything that is wrong with a document; nothing is kept', 'validateFlow'),
        ...{ body: FlowDocumentBody, response: { 200: FlowValidation } },
      },
    },
    async (request) => {
      const { accountSid } = adminOf(request);
      const problems = await checkFlow(request.body, { accountSid, facts: deps.facts });
      return { valid: problems.length === 0, problems };
    },
  );

  app.post<{ Params: { flow_id: string }; Body: SimulationInput }>(
    '/api/v1/flows/:flow_id/simulate',
    {
      ...{ preHandler, config },
      schema: {
        ...documented(
          'Run a flow without a call: the way that it takes with these digits and outcomes',
          'simulateFlow',
        ),
        ...{ params: FlowPath, body: SimulationInput, response: { 200: FlowSimulation } },
      },
    },
    async (request: FlowRequest & { body: SimulationInput }) => {
      const { accountSid } = adminOf(request);
      const flow = await deps.flows.find(accountSid, request.params.flow_id);
      if (flow === undefined) throw ApiError.notFound('flow');
      return simulateFlow(flow.document, request.body, {
        accountSid,
        flowId: flow.id,
        now: new Date(deps.clock.now()),
      });
    },
  );
}

/** The document and its name. Throws FlowError with everything that is wrong. */
async function checked(
  accountSid: string,
  document: FlowDocumentBody,
  { facts }: FlowRoutesDeps,
): Promise<{ name: string; document: object }> {
  const problems = await checkFlow(document, { accountSid, facts });
  if (problems.length > 0) throw new FlowError(problems);
  return { name: document.name as string, document };
}
