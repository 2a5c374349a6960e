import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootstrapUser } from '@intermix/contracts';
import { eventually, type RunningServer, repositoryRoot } from '@intermix/testkit';
import type { TestBrowser, TestPage } from '@intermix/testkit/browser';
import { PageServer } from './page-server.js';

/** One callback of the SDK, with the page's own clock. */
export interface Heard {
  /** `register registered`, `call incoming`, … */
  name: string;
  atMs: number;
}

interface PageWindow {
  phone: any;
  heard: Heard[];
  mediaPort: number;
}

/**
 * A page written as the integration guide has it, which registers as it loads, so that it can be reloaded. Its media takes
 * the port that `routeMedia` names, and no other: what either side writes into an SDP is changed on its way.
 */
export class ExotelPage {
  private constructor(
    readonly opened: TestPage,
    readonly user: BootstrapUser,
    readonly site: PageServer,
  ) {}

  static async open(
    browser: TestBrowser,
    server: RunningServer,
    user: BootstrapUser,
    options: { wsPort?: number; mediaPort?: number } = {},
  ): Promise<ExotelPage> {
    const { port } = new URL(server.baseUrl);
    const account = {
      ...{ userName: user.sip_username, authUser: user.sip_username, secret: user.sip_password },
      ...{ sipdomain: user.sip_domain, domain: `127.0.0.1:${options.wsPort ?? port}`, port, security: 'ws' },
    };
    const html = `<!doctype html><link rel="icon" href="data:,"><title>SDK</title>
      <script>window.mediaPort = ${options.mediaPort ?? 0}; (${routeMedia})();</script>
      <script src="exotelsdk.js"></script>
      <script>(${start})(${JSON.stringify(account)});</script>`;
    const site = await PageServer.start({ '/': html, ...sdkFiles() });
    return new ExotelPage(await browser.openPage(site.origin), user, site);
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

  async close(): Promise<void> {
    await this.opened.close();
    await this.site.stop();
  }
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
  const note = (name: string) => page.heard.push({ name, atMs: performance.now() });
  page.phone = new page.exotelSDK.ExotelWebClient();
  page.phone.registerLoggerCallback((type: string, message: string) => type === 'error' && console.warn(message));
  page.phone.initWebrtc(
    account,
    (state: string) => note(`register ${state}`),
    (_call: unknown, event: string) => note(`call ${event}`),
    (state: string) => note(`session ${state}`),
  );
  page.phone.DoRegister();
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
