import type { FlowRead, FlowSummary } from '@intermix/contracts';
import { flowPath, type StoredFlow } from '@intermix/flows';
import type { FastifyRequest } from 'fastify';

/** A flow as lists have it. Its URL names the server as the request did. */
export function flowSummary(flow: Omit<StoredFlow, 'document'>, { protocol, host }: FastifyRequest): FlowSummary {
  const { id, name, version, accountSid, createdAt, updatedAt } = flow;
  return {
    ...{ id, name, version, url: `${protocol}://${host}${flowPath(accountSid, id)}` },
    ...{ created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() },
  };
}

export function flowRead(flow: StoredFlow, request: FastifyRequest): FlowRead {
  return { ...flowSummary(flow, request), document: flow.document as Record<string, unknown> };
}
