import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import type { IntegrationAuth } from '../auth/integration-auth.js';
import type { AppRecord } from '../ports.js';
import type { AppScope } from '../services/app-scope.js';
import type { TenantService } from '../services/tenant-service.js';

/** Whose path it is. */
export interface CustomerScope {
  accountSid: string;
  customerId: string;
}

const idShape = /^[\x21-\x7e]{1,128}$/;

/**
 * Holds the ids in a path against the token. An app's token opens its own app; a customer's token opens the customer and
 * each of its apps. Anything else is 404, so that nobody learns whose ids exist.
 */
export class PathScope {
  readonly #auth: IntegrationAuth;
  readonly #tenants: Pick<TenantService, 'findApp'>;
  readonly #appOf = new WeakMap<FastifyRequest, AppScope>();

  constructor(deps: { auth: IntegrationAuth; tenants: Pick<TenantService, 'findApp'> }) {
    this.#auth = deps.auth;
    this.#tenants = deps.tenants;
  }

  /** An onRequest hook for `/{customer_id}…`. Then `customer` tells whose it is. */
  requireCustomer() {
    const requireToken = this.#auth.requireToken('customer');
    return async (request: FastifyRequest): Promise<void> => {
      await requireToken(request);
      this.#checkCustomer(request);
    };
  }

  /** An onRequest hook for `/{customer_id}/apps/{app_id}/…`. Then `app` tells whose it is. `customer`: not for the app's own token. */
  requireApp(by: 'either' | 'customer' = 'either') {
    const requireToken = this.#auth.requireToken(by);
    return async (request: FastifyRequest): Promise<void> => {
      await requireToken(request);
      this.#checkCustomer(request);
      this.#appOf.set(request, await this.#appInPath(request));
    };
  }

  /** Only behind `requireCustomer`. */
  customer(request: FastifyRequest): CustomerScope {
    const { accountSid, customerId } = this.#auth.accessOf(request);
    return { accountSid, customerId };
  }

  /** Only behind `requireApp`. */
  app(request: FastifyRequest): AppScope {
    const scope = this.#appOf.get(request);
    if (scope === undefined) throw new Error('the route lacks requireApp');
    return scope;
  }

  #checkCustomer(request: FastifyRequest): void {
    const { customer_id: named } = request.params as { customer_id: string };
    if (named !== this.#auth.accessOf(request).customerId) throw notOfToken('customer', 'customer_id');
  }

  async #appInPath(request: FastifyRequest): Promise<AppScope> {
    const { app_id: named } = request.params as { app_id: string };
    const { accountSid, customerId, appId } = this.#auth.accessOf(request);
    if (appId === undefined) await this.#checkOwned(named, { accountSid, customerId });
    else if (named !== appId) throw notOfToken('app', 'app_id');
    return { accountSid, customerId, appId: named };
  }

  async #checkOwned(appId: string, { accountSid, customerId }: CustomerScope): Promise<void> {
    const app = idShape.test(appId) ? await this.#find(accountSid, appId) : undefined;
    if (app?.customerId === customerId) return;
    const message = 'There is no such app: "app_id" in the address must be one of the customer’s apps.';
    throw new ApiError(404, 'ERR_NOT_FOUND', message, 'app_id');
  }

  async #find(accountSid: string, appId: string): Promise<AppRecord | undefined> {
    return this.#tenants.findApp(accountSid, appId).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    });
  }
}

function notOfToken(what: 'customer' | 'app', field: string): ApiError {
  const message = `There is no such ${what}: "${field}" in the address must be that of the token.`;
  return new ApiError(404, 'ERR_NOT_FOUND', message, field);
}
