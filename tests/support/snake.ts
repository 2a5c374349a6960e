import { eventually, type RunningServer } from '@intermix/testkit';
import { type Answer, type Asking, IntegrationsApi } from './integrations.js';

/** The app of a backend that speaks the snake_case generation. */
export class SnakeApp {
  readonly api: IntegrationsApi;
  /** `/{customer_id}/apps/{app_id}`. */
  readonly base: string;
  readonly token: string;

  constructor(api: IntegrationsApi, customerId: string, app: { id: string; token: string }) {
    this.api = api;
    this.base = `/${customerId}/apps/${app.id}`;
    this.token = app.token;
  }

  /** The app of the demo tenant, whose users its numbers ring. */
  static async demo(server: RunningServer): Promise<SnakeApp> {
    const api = new IntegrationsApi(server);
    const { customer, app } = server.bootstrap;
    return new SnakeApp(api, customer.id, { id: app.id, token: await api.tokenOf('app', app) });
  }

  /** `path` is what follows the app's id. */
  ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return this.api.ask(method, this.base + path, { token: this.token, ...asking });
  }

  /** `data` of an answer that must be a success. */
  async data(method: string, path: string, body?: unknown, token = this.token): Promise<any> {
    const answer = await this.ask(method, path, body === undefined ? { token } : { token, body });
    if (answer.status !== 200 && answer.status !== 201)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.data;
  }

  /** Waits until the newest call looks as wanted, and gives its whole story. */
  expectLastCall(what: string, holds: (call: any) => boolean): Promise<any> {
    const look = async () => {
      const [newest] = (await this.data('GET', '/calls?limit=1')).calls;
      return newest && holds(newest) ? this.data('GET', `/calls/${newest.call_sid}`) : undefined;
    };
    return eventually(look, { timeoutMs: 10_000, everyMs: 25, message: `the newest call to be ${what}` });
  }

  /** Everything that the feed has after a place, page by page. */
  async readFeed(after?: string, limit = 100): Promise<{ events: any[]; cursor: string | undefined }> {
    const events = [];
    let cursor = after;
    for (;;) {
      const from = cursor === undefined ? '' : `&after=${cursor}`;
      const page = await this.data('GET', `/events?limit=${limit}${from}`);
      events.push(...page.events);
      cursor = page.cursor ?? undefined;
      if (!page.has_more) return { events, cursor };
    }
  }
}
