import type { FastifyRequest } from 'fastify';
import { personOf } from '../auth/require-role.js';
import type { Actor, NewAuditEntry } from './audit-log.js';

/** Somebody of an account. */
export interface AccountActor {
  accountSid: string;
  actor: Actor;
}

const others = new WeakMap<FastifyRequest, AccountActor>();

/** Notes who asks, where it is not `requireRole` that knows. */
export function setActor(request: FastifyRequest, who: AccountActor): void {
  others.set(request, who);
}

/** Who asks; undefined when nobody said so. */
export function actorOf(request: FastifyRequest): AccountActor | undefined {
  const person = personOf(request);
  return person ? personActor(person) : others.get(request);
}

/** Whoever holds the account's API key. */
export function apiKeyActor(accountSid: string): AccountActor {
  return { accountSid, actor: { type: 'api-key', id: accountSid, name: 'API key' } };
}

/** Whoever holds a token of an app, or of a customer. */
export function tokenActor(owner: { accountSid: string; customerId: string; appId: string | undefined }): AccountActor {
  const { accountSid, customerId, appId } = owner;
  const actor: Actor =
    appId === undefined
      ? { type: 'customer', id: customerId, name: 'token of the customer' }
      : { type: 'app', id: appId, name: 'token of the app' };
  return { accountSid, actor };
}

export function personActor(person: { personId: string; email: string; accountSid: string }): AccountActor {
  return { accountSid: person.accountSid, actor: { type: 'person', id: person.personId, name: person.email } };
}

/** Where a request came from, and its id. */
export type Origin = Pick<NewAuditEntry, 'source' | 'requestId'>;

export function originOf(request: FastifyRequest): Origin {
  return { source: request.ip, requestId: request.id };
}
