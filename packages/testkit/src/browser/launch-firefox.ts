import type { Page } from 'playwright-core';
import type { Browser as PuppeteerBrowser, Page as PuppeteerPage } from 'puppeteer-core';
import { findExecutable } from '../executable.js';
import { recordPeerConnections } from './page-hooks.js';
import { type SoundServer, startSoundServer } from './sound-server.js';
import { TestPage } from './test-page.js';

export interface FirefoxOptions {
  /** What the fake microphone hears, hertz, without a pause. Default 440. */
  micToneHz?: number;
}

/** A fake microphone that is allowed to every page, and sound without a gesture. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
};

/** Starts Debian's Firefox ESR, headless, over WebDriver BiDi. */
export async function launchFirefox(options: FirefoxOptions = {}): Promise<TestFirefox> {
  const executablePath = findExecutable('firefox-esr', 'install it (Debian: apt-get install firefox-esr)');
  const [{ default: puppeteer }, sound] = await Promise.all([import('puppeteer-core'), startSoundServer()]);
  try {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      env: { ...process.env, ...sound.env },
      extraPrefsFirefox: { ...preferences, 'media.navigator.audio.fake_frequency': options.micToneHz ?? 440 },
    });
    return new TestFirefox(browser, sound);
  } catch (error) {
    await sound.stop();
    throw error;
  }
}

/** A running Firefox with a profile that lives as long as it does; for tests the same as a Chromium. */
export class TestFirefox {
  readonly #browser: PuppeteerBrowser;
  readonly #sound: SoundServer;

  constructor(browser: PuppeteerBrowser, sound: SoundServer) {
    this.#browser = browser;
    this.#sound = sound;
  }

  /** Opens the address and waits for its load event. */
  async openPage(url: string): Promise<TestPage> {
    const page = await this.#browser.newPage();
    await page.evaluateOnNewDocument(recordPeerConnections);
    const opened = new TestPage(asPlaywrights(page));
    await page.goto(url, { waitUntil: 'load' });
    return opened;
  }

  /** Closes every page and ends the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
    await this.#sound.stop();
  }
}

/**
 * The part of Playwright's page that tests of both browsers use, which Puppeteer's has under the same names: `evaluate` with one
 * argument, `goto`, `reload`, `close`, and the events of `TestPage`. Anything else is undefined here, and a test that uses it fails.
 */
function asPlaywrights(page: PuppeteerPage): Page {
  const part = {
    evaluate: (script: (argument: unknown) => unknown, argument?: unknown) => page.evaluate(script, argument),
    goto: (url: string) => page.goto(url),
    reload: () => page.reload(),
    close: () => page.close(),
    on: (event: 'console' | 'pageerror' | 'crash', heard: (detail: never) => void) =>
      page.on(event === 'crash' ? 'error' : event, heard as never),
  };
  return part as unknown as Page;
}
