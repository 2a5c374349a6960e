import { toE164 } from '@intermix/calls';
import type { FastifyRequest } from 'fastify';
import type { AuditedRoute } from '../audit/audit-hook.js';
import { changedFields, lostFields } from '../audit/field-changes.js';
import type { IntegrationDeps } from './parts.js';
import type { MappedUser } from './ports.js';
import type { AppScope } from './services/app-scope.js';

// How changes over the integrations API are put on record. Both generations tell of the same things under the same names.

type ScopeOf = (request: FastifyRequest) => AppScope;

/** Id of something within an app: several apps may have a user, or a contact, of the same id. */
export function within({ appId }: AppScope, id: string): string {
  return `${appId}/${id}`;
}

/** Stands for all of an app's. */
export const everyOne = '*';

/** A number as it is kept, so that it is found again however it was written. */
export function contactId(app: AppScope, number: string): string {
  return within(app, toE164(number.replace(/^ /, '+')) ?? number);
}

/** A change of one user of an app, its end too. */
export function auditedUser(
  { users }: Pick<IntegrationDeps, 'users'>,
  scopeOf: ScopeOf,
  userIdOf: (request: FastifyRequest) => string,
): AuditedRoute {
  const read = async (request: FastifyRequest) => {
    const { accountSid, appId } = scopeOf(request);
    const user = await users.find(accountSid, appId, userIdOf(request));
    return user && recordedUser(user);
  };
  return {
    resource: 'app-user',
    before: read,
    things: async (request, { before }) => {
      const after = await read(request);
      const changes = after === undefined ? lostFields(before) : changedFields(before, after, {});
      return [{ id: within(scopeOf(request), userIdOf(request)), changes }];
    },
  };
}

function recordedUser({ name, email, phone, virtualNumber, devices, sipUsername }: MappedUser) {
  return { name, email, phone, virtual_number: virtualNumber, devices: { ...devices }, sip_username: sipUsername };
}

/** The end of an app with everything in it. */
export function auditedAppDeletion({ apps }: Pick<IntegrationDeps, 'apps'>, scopeOf: ScopeOf): AuditedRoute {
  return {
    resource: 'app',
    before: async (request) => {
      const { accountSid, appId } = scopeOf(request);
      const app = await apps.find(accountSid, appId);
      return app && { name: app.name, customer_id: app.customerId };
    },
    id: (request) => scopeOf(request).appId,
  };
}

/** The end of a customer with its apps. */
export function auditedCustomerDeletion(
  { customers }: Pick<IntegrationDeps, 'customers'>,
  customerOf: (request: FastifyRequest) => { accountSid: string; customerId: string },
): AuditedRoute {
  return {
    resource: 'customer',
    before: async (request) => {
      const { accountSid, customerId } = customerOf(request);
      const customer = await customers.find(accountSid, customerId);
      return customer && { name: customer.name, email: customer.email };
    },
    id: (request) => customerOf(request).customerId,
  };
}
