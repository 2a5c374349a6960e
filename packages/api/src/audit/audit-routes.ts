import { type AuditEntryRead, AuditList, AuditQuery } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import type { AccessTokens } from '../auth/access-tokens.js';
import type { AdminDirectory } from '../auth/admin.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { timeRange } from '../http/time-range.js';
import type { AuditEntry, AuditLog } from './audit-log.js';

export interface AuditRoutesDeps {
  audit: AuditLog;
  admins: Pick<AdminDirectory, 'findAdminByEmail'>;
  tokens: AccessTokens;
}

const defaultLimit = 50;

/** `GET /api/v1/audit`: who changed what, when and from where. */
export function auditLogRoutes(app: FastifyInstance, { audit, admins, tokens }: AuditRoutesDeps): void {
  app.get<{ Querystring: AuditQuery }>(
    '/api/v1/audit',
    {
      preHandler: requireRole(tokens, 'admin'),
      schema: {
        ...{ tags: ['audit'], operationId: 'listAuditLog', security: [{ accessToken: [] }] },
        ...{ summary: 'Changes that people and machines made, newest first' },
        ...{ querystring: AuditQuery, response: { 200: AuditList } },
      },
    },
    async (request) => {
      const { person, action, resource, resource_id, limit = defaultLimit, cursor, ...times } = request.query;
      const { from, to } = timeRange({ from: times.from, to: times.to }, { from: 'from', to: 'to' });
      const actorId = person === undefined ? undefined : await idOf(person);
      const what = { action, resourceType: resource, resourceId: resource_id };
      const { accountSid } = adminOf(request);
      const page = await audit.list({ accountSid, actorId, ...what, from, to, limit, cursor });
      return { items: page.entries.map(entryRead), next_cursor: page.nextCursor ?? null };
    },
  );

  /** Whose account they are of does not matter: entries are searched in the own one. */
  async function idOf(person: string): Promise<string> {
    return person.includes('@') ? ((await admins.findAdminByEmail(person))?.id ?? person) : person;
  }
}

function entryRead(entry: AuditEntry): AuditEntryRead {
  const { id, at, actor, action, resource, changes, source, requestId } = entry;
  const what = { action, resource: { type: resource.type, id: resource.id ?? null }, changes: { ...changes } };
  return { id, at: at.toISOString(), actor, ...what, source, request_id: requestId };
}
