import type { RunningServer } from '@intermix/testkit';

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

export interface Asking {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What a backend holds of its app. */
export interface TestApp {
  id: string;
  secret: string;
  token: string;
}

/** What a backend holds of its customer. */
export interface TestCustomer {
  id: string;
  secret: string;
  token: string;
}

/** The integrations API of a running server, as a backend uses it. */
export class IntegrationsApi {
  readonly #server: Pick<RunningServer, 'baseUrl' | 'bootstrap'>;

  constructor(server: Pick<RunningServer, 'baseUrl' | 'bootstrap'>) {
    this.#server = server;
  }

  /** `path` is what follows `/v2/integrations`. A body that is a text is sent as it is. */
  async ask(method: string, path: string, { token, body, headers }: Asking = {}): Promise<Answer> {
    const response = await fetch(`${this.#server.baseUrl}/v2/integrations${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** `Data` of an answer that must be a success. */
  async data(method: string, path: string, asking: Asking = {}): Promise<any> {
    const { status, body } = await this.ask(method, path, asking);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body.Data;
  }

  tokenOf(Entity: 'customer' | 'app', owner: { id: string; secret: string }): Promise<string> {
    return this.data('POST', '/token', { body: { Id: owner.id, Secret: owner.secret, Entity } });
  }

  /** `Authorization` of an account: the demo tenant's unless told otherwise. */
  basic(account: { api_key: string; api_token: string } = this.#server.bootstrap.account): string {
    return `Basic ${Buffer.from(`${account.api_key}:${account.api_token}`).toString('base64')}`;
  }

  async newCustomer(name = 'Another customer', account = this.#server.bootstrap.account): Promise<TestCustomer> {
    const made = await this.data('POST', '/customer', { token: this.basic(account), body: { CustomerName: name } });
    const customer = { id: made.CustomerID, secret: made.CustomerSecret };
    return { ...customer, token: await this.tokenOf('customer', customer) };
  }

  async newApp(customer: TestCustomer, account = this.#server.bootstrap.account): Promise<TestApp> {
    const body = {
      AppName: 'crm',
      ExotelAccountSid: account.sid,
      ExotelApiKey: account.api_key,
      ExotelApiToken: account.api_token,
      ExotelDomain: 'mumbai',
      IsActive: true,
    };
    const made = await this.data('POST', '/app', { token: customer.token, body });
    const app = { id: made.AppID, secret: made.AppSecret };
    return { ...app, token: await this.tokenOf('app', app) };
  }

  /** A body of `POST /usermapping` for one user that is right. */
  user(userId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      AppUserId: userId,
      AppUsername: 'Ashwini Sharma',
      Email: 'ashwini@example.com',
      ExotelAccountSid: this.#server.bootstrap.account.sid,
      ExotelUserName: 'Ashwini Sharma',
      AgentNumber: '+919876543210',
      VirtualNumber: this.#server.bootstrap.exophones[0],
      ...changes,
    };
  }
}
