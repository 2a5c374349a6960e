import { createId, type Random } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';
import type { AppRecord, AppStore, CustomerRecord, CustomerStore, MappedUserStore, Telephony } from '../ports.js';
import { conflictField } from './store-conflict.js';

export interface TenantServiceDeps {
  customers: CustomerStore;
  apps: AppStore;
  users: Pick<MappedUserStore, 'list'>;
  telephony: Pick<Telephony, 'forgetUser'>;
  random: Random;
}

/** How many apps a customer may have. */
export const maxAppsPerCustomer = 100;
const usersPerRead = 500;

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
    const users = (await Promise.all(apps.map((app) => this.#usersOf(app)))).flat();
    if (!(await this.#deps.customers.delete(accountSid, customerId))) throw ApiError.notFound('customer');
    for (const user of users) this.#deps.telephony.forgetUser(user);
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
    const users = await this.#usersOf({ accountSid, id: appId });
    if (!(await this.#deps.apps.delete(accountSid, appId))) throw ApiError.notFound('app');
    for (const user of users) this.#deps.telephony.forgetUser(user);
  }

  async #usersOf(app: { accountSid: string; id: string }) {
    const all = [];
    for (;;) {
      const { users, total } = await this.#deps.users.list(app.accountSid, app.id, {
        limit: usersPerRead,
        offset: all.length,
      });
      all.push(...users);
      if (users.length === 0 || all.length >= total) return all;
    }
  }

  #newSecret(): string {
    return createId('', 20, this.#deps.random);
  }
}
