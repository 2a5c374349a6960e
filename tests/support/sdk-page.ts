import type { BootstrapUser } from '@intermix/contracts';
import { eventually, type RunningServer } from '@intermix/testkit';
import type { TestBrowser, TestFirefox, TestPage } from '@intermix/testkit/browser';
import { PageServer } from './page-server.js';

/** One thing that the SDK told the page, with the page's own clock. */
export interface PageEvent {
  name: string;
  atMs: number;
  data?: unknown;
}

/** What the driver below leaves on `window`. Kept small: the page is the SDK's user, nothing else. */
interface DriverWindow {
  client: any;
  call: any;
  calls: any[];
  events: PageEvent[];
  exotelSDK: any;
}

// Keeps the page's WebSockets, so that a test can break one.
const keepSockets = `<script>
  window.sockets = [];
  window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.sockets.push(this); } };
</script>`;

const html = (script: string) =>
  `<!doctype html><link rel="icon" href="data:,"><title>SDK</title>${keepSockets}<script src="${script}"></script>`;

/** Whom a page registers as. */
export type PageUser = Pick<BootstrapUser, 'user_id' | 'sip_username' | 'sip_password' | 'sip_domain'>;

/** Where a page that holds no password gets short-lived credentials. */
export interface SessionSource {
  url: string;
  /** The app's. */
  token: string;
}

/** Options of `VoiceClient` beside the account. */
export interface PageOptions {
  iceTransportPolicy?: RTCIceTransportPolicy;
}

/** A page that uses the SDK's bundle by its typed face, driven from the test. */
export class SdkPage {
  private constructor(
    readonly opened: TestPage,
    readonly user: PageUser,
  ) {}

  /** Opens a page of its own origin with the server's bundle and a client for the user; not yet registered. */
  static open(
    browser: TestBrowser | TestFirefox,
    server: RunningServer,
    user: BootstrapUser,
    overrides: { password?: string; session?: SessionSource; options?: PageOptions } = {},
  ): Promise<SdkPage> {
    const { session, options } = overrides;
    const script = `${server.baseUrl}/sdk/exotelsdk.js`;
    const places = {
      script,
      serverUrl: server.bootstrap.sip_ws_url,
      ...(session && { session }),
      ...(options && { options }),
    };
    return SdkPage.openAt(browser, places, { ...user, sip_password: overrides.password ?? user.sip_password });
  }

  /** The same with the bundle from anywhere, and on any SIP server. */
  static async openAt(
    browser: TestBrowser | TestFirefox,
    places: { script: string; serverUrl: string; session?: SessionSource; options?: PageOptions },
    user: PageUser,
  ): Promise<SdkPage> {
    const site = await PageServer.start({ '/': html(places.script) });
    const opened = await browser.openPage(site.origin);
    await site.stop();
    await opened.page.evaluate(
      ({ session, options, ...account }) => {
        const page = window as unknown as DriverWindow;
        page.events = [];
        page.calls = [];
        const note = (name: string, data?: unknown) => page.events.push({ name, atMs: performance.now(), data });
        const tokenProvider = async () => {
          const headers = { authorization: `Bearer ${session?.token}` };
          return (await (await fetch(session?.url ?? '', { method: 'POST', headers })).json()).data;
        };
        page.client = new page.exotelSDK.VoiceClient({ ...(session ? { tokenProvider } : account), ...options });
        for (const name of ['registering', 'registered', 'unregistered'])
          page.client.on(name, (data: unknown) => note(name, data));
        page.client.on('callAdded', (call: any) => {
          page.call = call;
          page.calls.push(call);
          for (const name of ['ringing', 'earlyMedia', 'connected', 'held', 'unheld', 'muted', 'unmuted'])
            call.on(name, () => note(name));
          call.on('recording', (state: string) => note('recording', state));
          call.on('ended', (end: unknown) => note('ended', end));
          call.on('failed', (error: Error) => note('failed', String(error)));
        });
        page.client.on('incoming', (call: any) => note('incoming', call.details()));
      },
      {
        session: places.session,
        options: places.options,
        serverUrl: places.serverUrl,
        username: user.sip_username,
        password: user.sip_password,
        domain: user.sip_domain,
      },
    );
    return new SdkPage(opened, user);
  }

  get page() {
    return this.opened.page;
  }

  async register(): Promise<void> {
    await this.page.evaluate(() => (window as unknown as DriverWindow).client.register());
  }

  async dial(target: string): Promise<void> {
    await this.page.evaluate((to) => {
      (window as unknown as DriverWindow).client.call(to);
    }, target);
  }

  /** Calls a method of the newest call. */
  async onCall(method: string, ...args: unknown[]): Promise<unknown> {
    return this.page.evaluate(
      ([name, values]) => (window as unknown as DriverWindow).call[name as string](...(values as unknown[])),
      [method, args] as const,
    );
  }

  events(): Promise<PageEvent[]> {
    return this.page.evaluate(() => (window as unknown as DriverWindow).events);
  }

  /** Waits for an event that came after the first `after` ones. */
  async expectEvent(name: string, options: { timeoutMs?: number; after?: number } = {}): Promise<PageEvent> {
    const { timeoutMs = 10_000, after = 0 } = options;
    let seen: string[] = [];
    return eventually(
      async () => {
        const events = await this.events();
        seen = events.map((event) => event.name);
        return events.slice(after).find((event) => event.name === name);
      },
      { timeoutMs, everyMs: 15, message: `the event "${name}" of ${this.user.user_id}` },
    ).catch((error) => {
      throw new Error(
        `${error.message}; events: ${seen.join(', ')}; console: ${this.opened.console.slice(-5).join(' | ')}`,
      );
    });
  }

  /** A step of the newest call's recording: the state that it resolves with, or the problem that it rejects with. */
  async record(step: 'start' | 'pause' | 'resume' | 'stop', options?: object): Promise<unknown> {
    return this.page.evaluate(
      ([name, how]) =>
        (window as unknown as DriverWindow).call.recording[name as string](how).catch((error: any) => error.problem),
      [step, options] as unknown[],
    );
  }

  details(): Promise<Record<string, any>> {
    return this.onCall('details') as Promise<Record<string, any>>;
  }

  /** Breaks the SIP WebSocket as a network does: the connection is gone, nobody asked for it. */
  async breakSocket(): Promise<void> {
    await this.page.evaluate(() => {
      const { sockets } = window as unknown as { sockets: WebSocket[] };
      for (const socket of sockets) socket.close();
    });
  }

  /** Whether every call of this page is over and its media closed. */
  async idle(): Promise<boolean> {
    return this.page.evaluate(() => (window as unknown as DriverWindow).client.calls.length === 0);
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}
