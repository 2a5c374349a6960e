import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { launchBrowser, type OpenPageOptions, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { AdminApi } from './admin.js';

/** What the microphone of the room's browser hears, hertz. */
export const micHz = 620;

/** A server, a browser with a tone for a microphone, and one `/softphone` page at a time. */
export class SoftphoneRoom {
  readonly admin: AdminApi;
  #opened: TestPage | undefined;

  private constructor(
    readonly server: RunningServer,
    readonly browser: TestBrowser,
  ) {
    this.admin = new AdminApi(server);
  }

  static async start(): Promise<SoftphoneRoom> {
    const [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    return new SoftphoneRoom(server, browser);
  }

  /** `query` is that of the page's address: `?agent=asha&register=1`. */
  async open(query = '', context?: OpenPageOptions['context']): Promise<void> {
    const address = `${this.server.baseUrl}/softphone/${query}`;
    this.#opened = await this.browser.openPage(address, context && { context });
    await this.part('agent').waitFor();
  }

  get opened(): TestPage {
    if (!this.#opened) throw new Error('no page is open');
    return this.#opened;
  }

  get page() {
    return this.opened.page;
  }

  part(testId: string) {
    return this.page.getByTestId(testId);
  }

  /** Waits until the parts of that id say so, together. */
  says(testId: string, text: RegExp): Promise<true> {
    return this.sees(`${testId}: ${text}`, async () =>
      text.test((await this.part(testId).allTextContents()).join(' ')),
    );
  }

  /** Waits for something that a page does in its own time. */
  sees(message: string, look: () => Promise<boolean>, timeoutMs = 10_000): Promise<true> {
    return eventually(look, { timeoutMs, message }) as Promise<true>;
  }

  async closePage(): Promise<void> {
    await this.#opened?.close();
    this.#opened = undefined;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }
}
