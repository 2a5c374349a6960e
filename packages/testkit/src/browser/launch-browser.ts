import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { makeToneWav } from '../tone-wav.js';
import { recordPeerConnections } from './page-hooks.js';
import { TestPage } from './test-page.js';

export interface LaunchOptions {
  /** What the fake microphone hears, hertz. Default 440, in bursts of 0.8 s with 0.2 s between. */
  micToneHz?: number;
  /** Another microphone: a WAV file, 48 kHz mono 16-bit, looped. */
  micWav?: string;
  /** False: the browser's own autoplay policy, under which a page without a gesture makes no sound. Default true. */
  autoplay?: boolean;
  /** For `ownProfile`: where the browser takes a second connection for debugging, on loopback. */
  debuggingPort?: number;
  /** Further command line flags. */
  args?: readonly string[];
}

export interface OpenPageOptions {
  /** Storage and permissions of this page are those of that one: a second tab. Default: a person of one's own. */
  tabOf?: TestPage;
  context?: BrowserContextOptions;
}

const flags = [
  '--no-sandbox',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the system's Chromium (`INTERMIX_CHROMIUM`, else /usr/bin/chromium), headless, with a tone for a microphone. */
export async function launchBrowser(options: LaunchOptions = {}): Promise<TestBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-browser-'));
  const bursts = { onMs: 800, offMs: 200 };
  const wav = options.micWav ?? makeToneWav(join(folder, 'microphone.wav'), options.micToneHz ?? 440, 10, bursts);
  const autoplay = options.autoplay === false ? [] : ['--autoplay-policy=no-user-gesture-required'];
  const { debuggingPort } = options;
  const debugging = debuggingPort === undefined ? [] : [`--remote-debugging-port=${debuggingPort}`];
  const browser = await chromium.launch({
    executablePath: process.env.INTERMIX_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [...flags, `--use-file-for-fake-audio-capture=${wav}`, ...autoplay, ...debugging, ...(options.args ?? [])],
  });
  return new TestBrowser(browser, folder, debuggingPort);
}

/** A running browser with a profile that lives as long as it does. */
export class TestBrowser {
  readonly browser: Browser;
  readonly #folder: string;
  readonly #debuggingPort: number | undefined;

  constructor(browser: Browser, folder: string, debuggingPort?: number) {
    this.browser = browser;
    this.#folder = folder;
    this.#debuggingPort = debuggingPort;
  }

  /** Opens the address and waits for its load event. The microphone is allowed, self-signed certificates are taken. */
  async openPage(url: string, options: OpenPageOptions = {}): Promise<TestPage> {
    const context = options.tabOf?.page.context() ?? (await this.#person(options.context));
    const page = new TestPage(await context.newPage());
    await page.page.goto(url, { waitUntil: 'load' });
    return page;
  }

  /**
   * Opens pages as a person does, all in the browser's own profile: they may be hidden and frozen, while those of `openPage`
   * believe that they are in front. Needs `debuggingPort`; one at a time.
   */
  async ownProfile(): Promise<Pick<TestBrowser, 'openPage'>> {
    const endpoint = `http://127.0.0.1:${this.#debuggingPort}`;
    const [context] = (await chromium.connectOverCDP(endpoint, { noDefaults: true })).contexts();
    if (!context) throw new Error('the browser has no profile of its own');
    await context.addInitScript(recordPeerConnections);
    return {
      openPage: async (url) => {
        const page = new TestPage(await context.newPage());
        await page.page.goto(url, { waitUntil: 'load' });
        return page;
      },
    };
  }

  /** Closes every page and ends the browser. May be called twice. */
  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #person(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({ permissions: ['microphone'], ignoreHTTPSErrors: true, ...options });
    await context.addInitScript(recordPeerConnections);
    return context;
  }
}
