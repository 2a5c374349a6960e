import { eventually } from '@intermix/testkit';
import type { TestBrowser, TestPage } from '@intermix/testkit/browser';
import { bundlePageScript } from './page-script.js';
import { PageServer } from './page-server.js';

/** A callback of the SDK, with what it was given. */
export interface CrmEvent {
  /** A call's event, or `register <state>`, or `session <state>`. */
  name: string;
  data?: any;
}

/** What `MakeCall` told its callback; of an Error its message. */
export interface MakeCallResult {
  status: 'success' | 'failed';
  data: any;
}

type PhoneMethod =
  | 'RegisterDevice'
  | 'UnRegisterDevice'
  | 'AcceptCall'
  | 'HangupCall'
  | 'ToggleHold'
  | 'ToggleMute'
  | 'SendDTMF';

interface CrmWindow {
  crm: {
    events: CrmEvent[];
    start(token: string, userId: string, autoConnect: boolean, options?: unknown): Promise<boolean>;
    phone: any;
    sdk: any;
  };
}

/** Which SDK a page holds, by the name that it imports it by. */
export interface CrmSdk {
  module: string;
  alias?: Record<string, string>;
}

/** Bundled with the page as its README says, and nothing of ours. */
const vendorSdk: CrmSdk = { module: '@exotel-npm-dev/exotel-ip-calling-crm-websdk' };

/** A CRM's page. The vendor's SDK has no fourth argument. */
const sourceOf = ({ module }: CrmSdk) => `
  import ExotelCRMWebSDK from '${module}';
  const events = [];
  window.crm = {
    events,
    async start(token, userId, autoConnect, options) {
      this.sdk = new ExotelCRMWebSDK(token, userId, autoConnect, options);
      this.phone = await this.sdk.Initialize(
        (event, callData) => events.push({ name: event, data: { ...callData } }),
        (state) => events.push({ name: 'register ' + state }),
        (state) => events.push({ name: 'session ' + state }),
      );
      return this.phone !== undefined;
    },
  };`;

export interface CrmStart {
  /** Of the site's pages; `/` unless told otherwise. */
  path?: string;
  autoConnect?: boolean;
  /** Of our SDK: the server, in place of Exotel's. */
  host?: string;
}

/** The site that serves a page at each path, from an origin that is not the server's. */
export async function startCrmSite(sdks: Readonly<Record<string, CrmSdk>> = { '/': vendorSdk }): Promise<PageServer> {
  const pages: Record<string, string> = {};
  for (const [path, sdk] of Object.entries(sdks)) {
    const script = `${path === '/' ? '/crm' : path}.js`;
    pages[path] = `<!doctype html><link rel="icon" href="data:,"><title>CRM</title><script src="${script}"></script>`;
    pages[script] = await bundlePageScript(sourceOf(sdk), sdk.alias);
  }
  return PageServer.start(pages);
}

/** A page with a CRM SDK, driven from the test. */
export class CrmPage {
  private constructor(readonly opened: TestPage) {}

  static async open(browser: TestBrowser, site: PageServer, path = '/'): Promise<CrmPage> {
    return new CrmPage(await browser.openPage(`${site.origin}${path}`));
  }

  get page() {
    return this.opened.page;
  }

  /** Makes the SDK and initialises it; false when `Initialize` resolved to `undefined`. Rejects when it threw. */
  start(token: string, userId: string, { autoConnect = true, host }: CrmStart = {}): Promise<boolean> {
    return this.page.evaluate(
      ([accessToken, agentUserId, connects, options]) =>
        (window as unknown as CrmWindow).crm.start(accessToken, agentUserId, connects, options),
      [token, userId, autoConnect, host === undefined ? undefined : { host }] as const,
    );
  }

  /** Calls a method of the phone that `Initialize` gave. */
  async run(method: PhoneMethod, ...args: string[]): Promise<void> {
    await this.page.evaluate(
      ([name, values]) => {
        (window as unknown as CrmWindow).crm.phone[name](...values);
      },
      [method, args] as const,
    );
  }

  makeCall(number: string, customField?: string): Promise<MakeCallResult> {
    return this.page.evaluate(
      ([to, value]) =>
        new Promise<MakeCallResult>((resolve) => {
          const tell = (status: MakeCallResult['status'], data: any) =>
            resolve({ status, data: data instanceof Error ? data.message : data });
          void (window as unknown as CrmWindow).crm.phone.MakeCall(to, tell, value);
        }),
      [number, customField] as const,
    );
  }

  events(): Promise<CrmEvent[]> {
    return this.page.evaluate(() => (window as unknown as CrmWindow).crm.events);
  }

  /** Forgets the events so far: the next wait is for one that is still to come. */
  async forget(): Promise<void> {
    await this.page.evaluate(() => {
      (window as unknown as CrmWindow).crm.events.length = 0;
    });
  }

  async expectEvent(name: string, timeoutMs = 10_000): Promise<CrmEvent> {
    let seen: string[] = [];
    return eventually(
      async () => {
        const events = await this.events();
        seen = events.map((event) => event.name);
        return events.find((event) => event.name === name);
      },
      { timeoutMs, everyMs: 15, message: `the page's "${name}"` },
    ).catch((error) => {
      throw new Error(
        `${error.message}; events: ${seen.join(', ')}; errors: ${this.opened.errors.slice(-3).join(' | ')}`,
      );
    });
  }

  /** A call that the agent places and takes, as a CRM does. */
  async talkTo(number: string): Promise<{ callSid: string }> {
    const made = await this.makeCall(number);
    if (made.status !== 'success') throw new Error(`MakeCall: ${made.data}; ${this.opened.errors.join(' | ')}`);
    await this.expectEvent('incoming');
    await this.run('AcceptCall');
    await this.expectEvent('connected');
    return { callSid: made.data.Data.CallSid };
  }

  /** Errors of the page besides those that the test provoked. */
  errorsBeside(...provoked: RegExp[]): string[] {
    return this.opened.errors.filter((line) => !provoked.some((pattern) => pattern.test(line)));
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}
