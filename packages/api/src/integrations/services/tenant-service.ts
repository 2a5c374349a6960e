import { createId, type Random } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';
import type { AppRecord, AppStore, CustomerRecord, CustomerStore, Telephony } from '../ports.js';
import { conflictField } from './store-conflict.js';

export interface TenantServiceDeps {
  customers: CustomerStore;
  apps: AppStore;
  telephony: Pick<Telephony, 'forgetApp'>;
  random: Random;
}

/** How many apps a customer may have. */
export const maxAppsPerCustomer = 100;

/** Customers and apps: made with secrets that are shown once, and deleted with everything under them. */
export class TenantService {
  readonly #deps: TenantServiceDeps;

  constructor(deps: TenantServiceDeps) {
    this.#deps = deps;
  }

  /** 404: no such account. */
  async createCustomer(input: {
    accountSid: string;
    name: string;
    email: string | undefined;
  }): Promise<{ customer: CustomerRecord; secret: string }> {
    const secret = this.#newSecret();
    const customer = await this.#deps.customers.create({ ...input, secret }).catch((error: unknown) => {
      throw conflictField(error) === 'account_sid' ? ApiError.notFound('account') : error;
    });
    return { customer, secret };
  }

  /** 404: no such customer. */
  async findCustomer(accountSid: string, customerId: string): Promise<CustomerRecord> {
    const customer = await this.#deps.customers.find(accountSid, customerId);
    if (customer === undefined) throw ApiError.notFound('customer');
    return customer;
  }

  /** With its apps, their users and settings; registrations end, calls that are up go on. 404: no such customer. */
  async deleteCustomer(accountSid: string, customerId: string): Promise<void> {
    const apps = await this.#deps.apps.list(accountSid, customerId);
    if (!(await this.#deps.customers.delete(accountSid, customerId))) throw ApiError.notFound('customer');
    for (const { id: appId } of apps) this.#deps.telephony.forgetApp({ accountSid, appId });
  }

  /** 400: the customer has its 100 apps. */
  async createApp(input: {
    customerId: string;
    accountSid: string;
    name: string;
    exotelDomain: string;
    isActive: boolean;
  }): Promise<{ app: AppRecord; secret: string }> {
    const { apps } = await this.#deps.customers.counts(input.accountSid, input.customerId);
    if (apps >= maxAppsPerCustomer)
      throw ApiError.invalid('AppName', `The customer has ${maxAppsPerCustomer} apps: delete one first.`);
    const secret = this.#newSecret();
    return { app: await this.#deps.apps.create({ ...input, secret }), secret };
  }

  /** 404: no such app. */
  async findApp(accountSid: string, appId: string): Promise<AppRecord> {
    const app = await this.#deps.apps.find(accountSid, appId);
    if (app === undefined) throw ApiError.notFound('app');
    return app;
  }

  listApps(accountSid: string, customerId: string): Promise<AppRecord[]> {
    return this.#deps.apps.list(accountSid, customerId);
  }

  /** With its users and settings; registrations end, calls that are up go on. 404: no such app. */
  async deleteApp(accountSid: string, appId: string): Promise<void> {
    if (!(await this.#deps.apps.delete(accountSid, appId))) throw ApiError.notFound('app');
    this.#deps.telephony.forgetApp({ accountSid, appId });
  }

  #newSecret(): string {
    return createId('', 20, this.#deps.random);
  }
}
