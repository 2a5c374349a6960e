import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootstrapUser } from '@intermix/contracts';
import { eventually, type RunningServer, repositoryRoot } from '@intermix/testkit';
import type { TestBrowser, TestPage } from '@intermix/testkit/browser';
import { PageServer } from './page-server.js';

/** One callback of the SDK. */
export interface Heard {
  /** `register registered`, `call incoming`, … */
  name: string;
  /** Milliseconds since 1970, to compare one page with another. */
  atMs: number;
}

/** What a page does as it loads, in this order. */
export type ExotelStep = 'SessionListener' | 'DoRegister';

interface PageWindow {
  phone: any;
  heard: Heard[];
  mediaPort: number;
}

/**
 * A page written as the integration guide has it, which registers as it loads, so that it can be reloaded. Its media takes
 * the port that `routeMedia` names, and no other: what either side writes into an SDP is changed on its way. Further tabs of
 * the same browser profile come from `openTab`.
 */
export class ExotelPage {
  private constructor(
    readonly opened: TestPage,
    readonly user: BootstrapUser,
    readonly site: PageServer,
    /** The first page of its profile: the others are closed with it. */
    readonly isFirst = true,
  ) {}

  static async open(
    browser: Pick<TestBrowser, 'openPage'>,
    server: RunningServer,
    user: BootstrapUser,
    options: { wsPort?: number; mediaPort?: number; account?: object; steps?: readonly ExotelStep[] } = {},
  ): Promise<ExotelPage> {
    const { port } = new URL(server.baseUrl);
    const account = {
      ...{ userName: user.sip_username, authUser: user.sip_username, secret: user.sip_password },
      ...{ sipdomain: user.sip_domain, domain: `127.0.0.1:${options.wsPort ?? port}`, port, security: 'ws' },
      ...options.account,
    };
    const html = `<!doctype html><link rel="icon" href="data:,"><title>SDK</title>
      <script>window.mediaPort = ${options.mediaPort ?? 0}; (${routeMedia})();</script>
      <script src="exotelsdk.js"></script>
      <script>(${start})(${JSON.stringify(account)});</script>`;
    const site = await PageServer.start({ '/': html, ...sdkFiles() });
    return new ExotelPage(await browser.openPage(address(site, options.steps)), user, site);
  }

  /** Another tab of this page's profile, with the same account. */
  async openTab(browser: Pick<TestBrowser, 'openPage'>, steps?: readonly ExotelStep[]): Promise<ExotelPage> {
    const opened = await browser.openPage(address(this.site, steps), { tabOf: this.opened });
    return new ExotelPage(opened, this.user, this.site, false);
  }

  get page() {
    return this.opened.page;
  }

  heard(): Promise<Heard[]> {
    return this.page.evaluate(() => (window as unknown as PageWindow).heard ?? []);
  }

  /** Waits for a callback after the first `after` ones. */
  async expect(name: string, options: { after?: number; timeoutMs?: number } = {}): Promise<Heard> {
    const { after = 0, timeoutMs = 10_000 } = options;
    let seen: string[] = [];
    const find = async () => {
      const heard = await this.heard().catch(() => []); // While it loads.
      seen = heard.map((one) => one.name);
      return heard.slice(after).find((one) => one.name === name);
    };
    return eventually(find, { timeoutMs, everyMs: 15, message: `"${name}" of ${this.user.user_id}` }).catch((error) => {
      throw new Error(
        `${error.message}; heard: ${seen.join(', ')}; console: ${this.opened.console.slice(-5).join(' | ')}`,
      );
    });
  }

  /** Calls a method of the Call object. */
  onCall(method: string): Promise<any> {
    return this.page.evaluate((name) => (window as unknown as PageWindow).phone.getCall()[name](), method);
  }

  /** The port of the server's media from the next offer on. */
  routeMedia(port: number): Promise<void> {
    return this.page.evaluate((to) => {
      (window as unknown as PageWindow).mediaPort = to;
    }, port);
  }

  /** As a person closes a tab. */
  closeTab(): Promise<void> {
    return this.opened.close();
  }

  /** Closes it; the first page of a profile with all tabs, also those that crashed. */
  async close(): Promise<void> {
    if (!this.isFirst) return this.closeTab();
    await Promise.all(
      this.page
        .context()
        .pages()
        .map((page) => page.close()),
    );
    await this.site.stop();
  }
}

function address(site: PageServer, steps: readonly ExotelStep[] = ['DoRegister']): string {
  return `${site.origin}/?steps=${steps.join()}`;
}

/** The classic script and its parts, as a site has them beside its own pages. */
function sdkFiles(): Record<string, string> {
  const dist = join(repositoryRoot(), 'packages', 'voice-sdk', 'dist');
  const names = readdirSync(dist).filter((name) => /^exotelsdk[\w-]*\.js$/.test(name));
  return Object.fromEntries(names.map((name) => [`/${name}`, readFileSync(join(dist, name), 'utf8')]));
}

// The two functions below run in the page.

function start(account: unknown): void {
  const page = window as unknown as PageWindow & { exotelSDK: any };
  page.heard = [];
  const note = (name: string) => page.heard.push({ name, atMs: performance.timeOrigin + performance.now() });
  page.phone = new page.exotelSDK.ExotelWebClient();
  page.phone.registerLoggerCallback((type: string, message: string) => type === 'error' && console.warn(message));
  page.phone.initWebrtc(
    account,
    (state: string) => note(`register ${state}`),
    (_call: unknown, event: string) => note(`call ${event}`),
    (state: string) => note(`session ${state}`),
  );
  for (const step of (new URLSearchParams(location.search).get('steps') ?? '').split(',')) page.phone[step]();
}

function routeMedia(): void {
  let { prototype } = RTCPeerConnection; // The browser's own, below a class that a test puts in its place.
  while (!Object.hasOwn(prototype, 'localDescription')) prototype = Object.getPrototypeOf(prototype);
  const candidate = /^(a=candidate:.* udp \d+ )(\S+) (\d+)( typ host.*)$/gim;
  const apply = prototype.setRemoteDescription as (description: RTCSessionDescriptionInit) => Promise<void>;
  prototype.setRemoteDescription = async function (this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
    const to = (window as unknown as PageWindow).mediaPort;
    if (!to) return apply.call(this, description);
    const sdp = (description.sdp ?? '').replace(candidate, `$1$2 ${to}$4`);
    return apply.call(this, { type: description.type, sdp });
  };
  const local = Object.getOwnPropertyDescriptor(prototype, 'localDescription');
  Object.defineProperty(prototype, 'localDescription', {
    get() {
      const description = local?.get?.call(this);
      if (!description || !(window as unknown as PageWindow).mediaPort) return description;
      // Without candidates the server cannot find the browser by another path.
      return { type: description.type, sdp: description.sdp.replace(/^a=candidate:.*\r\n/gm, '') };
    },
  });
}
