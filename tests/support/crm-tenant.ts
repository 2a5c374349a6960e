import { join } from 'node:path';
import { eventually, type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { AdminApi } from './admin.js';
import { CrmPage, type CrmSdk, type CrmStart, startCrmSite } from './crm-page.js';
import { CustomerServer, type Post } from './customer-server.js';
import { IntegrationsApi } from './integrations.js';
import { quickSipTimers } from './metrics.js';
import type { PageServer } from './page-server.js';

const folder = join(repositoryRoot(), 'packages', 'sip', 'testdata', 'tls');
const certificate = {
  INTERMIX_TLS_CERT_FILE: join(folder, 'cert.pem'),
  INTERMIX_TLS_KEY_FILE: join(folder, 'key.pem'),
};

/** Compiled into the SDK: its API and its SIP edge. */
export const vendorApi = 'integrationscore.mum1.exotel.com';
export const vendorEdge = 'voip.in1.exotel.com';

/** The vendor's names lead to the server; no other name is looked up, nor the public STUN server that the SDK asks. */
function resolverRules(server: RunningServer): string {
  const { host } = new URL(server.baseUrl);
  const names = [vendorApi, vendorEdge].map((name) => `MAP ${name}:443 ${host}`);
  return [...names, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(' , ');
}

interface Parts {
  server: RunningServer;
  browser: TestBrowser;
  site: PageServer;
  backend: CustomerServer;
}

export interface CrmTenantOptions {
  micToneHz: number;
  /** Which SDK the page at a path of the site holds; the vendor's at `/` unless told otherwise. */
  sdks?: Readonly<Record<string, CrmSdk>>;
}

/**
 * A customer whose CRM uses the vendor's SDK: a server with a certificate, a browser that finds it under the vendor's
 * names, the CRM's site at an origin of its own, the CRM's backend, and an agent.
 */
export class CrmTenant {
  /** A plus sign: the SDK puts ids into the address as they are. */
  readonly agentId = 'asha+crm@acme.example';
  readonly server: RunningServer;
  /** Where webhooks go: `/popup`, `/callback`, `/hangup`, `/missed`. */
  readonly backend: CustomerServer;
  readonly admin: AdminApi;
  readonly api: IntegrationsApi;
  readonly #browser: TestBrowser;
  readonly #site: PageServer;
  readonly #pages: CrmPage[] = [];
  #token = '';

  private constructor({ server, browser, site, backend }: Parts) {
    this.server = server;
    this.backend = backend;
    this.#browser = browser;
    this.#site = site;
    this.admin = new AdminApi(server);
    this.api = new IntegrationsApi(server);
  }

  static async start({ sdks, ...options }: CrmTenantOptions): Promise<CrmTenant> {
    // `fetch` in this process has no other way to take the test's certificate.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const [server, site, backend] = await Promise.all([
      startServer({ env: { ...certificate, ...quickSipTimers } }),
      startCrmSite(sdks),
      CustomerServer.start(),
    ]);
    const browser = await launchBrowser({ ...options, args: [`--host-resolver-rules=${resolverRules(server)}`] });
    const tenant = new CrmTenant({ server, browser, site, backend });
    await tenant.#setUp();
    return tenant;
  }

  /** The app's. */
  get token(): string {
    return this.#token;
  }

  /** As webhooks and answers name the owner of a call. */
  get ids() {
    const { customer, app, account } = this.server.bootstrap;
    return { CustomerId: customer.id, AppId: app.id, ExotelAccountSid: account.sid };
  }

  /** The caller id of the agent. */
  get virtualNumber(): string {
    return this.server.bootstrap.exophones[1] ?? '';
  }

  /** A number of the account with the user whom it rings. */
  get inbound(): { exophone: string; userId: string } {
    const { exophones, users } = this.server.bootstrap;
    return { exophone: exophones[0] ?? '', userId: users[0]?.user_id ?? '' };
  }

  async openPage(path = '/'): Promise<CrmPage> {
    const page = await CrmPage.open(this.#browser, this.#site, path);
    this.#pages.push(page);
    return page;
  }

  /** A page on which the agent, or another user, is registered. */
  async agentPage(userId = this.agentId, options: CrmStart = {}): Promise<CrmPage> {
    const page = await this.openPage(options.path);
    if (!(await page.start(this.token, userId, options)))
      throw new Error(`no phone: ${page.opened.errors.join(' | ')}`);
    await page.expectEvent('register registered');
    return page;
  }

  /** Closes the pages, and waits until no call is left. */
  async closePages(): Promise<void> {
    for (const page of this.#pages.splice(0)) await page.close();
    const isOver = async () => (await this.admin.simulatedCalls()).every(({ state }) => state === 'ended');
    await eventually(isOver, { timeoutMs: 10_000, message: 'every call to end' });
  }

  /** Waits until what the backend was told of a call is as wanted, and gives that. */
  async toldOf(callSid: string, what: string, holds: (told: Post[]) => boolean): Promise<Post[]> {
    const ofCall = () => this.backend.posts.filter(({ body }) => body.CallSid === callSid);
    const look = () => (holds(ofCall()) ? ofCall() : undefined);
    return eventually(look, { timeoutMs: 10_000, message: what }).catch((error) => {
      throw new Error(`${error.message}; told: ${ofCall().map(({ path, text }) => `${path} ${text}`)}`);
    });
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#site.stop();
    await this.server.stop();
    await this.backend.stop();
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }

  /** What a backend does once, by the documented calls: where it is told of calls, and an agent. */
  async #setUp(): Promise<void> {
    const { api, agentId, backend } = this;
    this.#token = await api.tokenOf('app', this.server.bootstrap.app);
    const urls = { popup: '/popup', callback: '/callback', incomingCallHangup: '/hangup', missedCall: '/missed' };
    for (const [Key, path] of Object.entries(urls))
      await api.data('POST', '/app_setting', { token: this.token, body: { Key, Value: backend.url + path } });
    const names = { AppUsername: 'Ashalata Verma', ExotelUserName: 'Ashalata Verma', Email: agentId };
    const agent = api.user(agentId, { ...names, VirtualNumber: this.virtualNumber });
    await api.data('POST', '/usermapping', { token: this.token, body: [agent] });
  }
}
