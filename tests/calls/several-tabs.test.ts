import { eventually, type RunningServer, sparePort, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { ExotelPage, type ExotelStep } from '../support/exotel-page.js';
import { metric } from '../support/metrics.js';

const micHz = 620;
const customerHz = 800;
const bothSteps: readonly ExotelStep[] = ['SessionListener', 'DoRegister'];

describe('several tabs of one browser profile', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let first: ExotelPage | undefined;

  beforeAll(async () => {
    const debuggingPort = await sparePort();
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz, debuggingPort })]);
    admin = new AdminApi(server);
  });
  afterEach(async () => {
    await first?.close();
    first = undefined;
    await expectBindings(0);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** The tab that registers, and then the others, each registered when the next one is opened. */
  async function openTabs(
    profile: Pick<TestBrowser, 'openPage'>,
    steps: readonly ExotelStep[],
    ...others: Array<readonly ExotelStep[]>
  ): Promise<ExotelPage[]> {
    first = await ExotelPage.open(profile, server, server.bootstrap.users[0]!, { steps });
    await first.expect('register registered');
    const tabs = [first];
    for (const steps of others) {
      const tab = await first.openTab(profile, steps);
      tabs.push(tab);
      await tab.expect('register registered');
    }
    return tabs;
  }

  /** What the server counts as registered devices. */
  async function expectBindings(count: number): Promise<void> {
    let seen: number | undefined;
    const look = async () => {
      seen = await metric(server, 'intermix_sip_bindings');
      return seen === count;
    };
    await eventually(look, { timeoutMs: 10_000, everyMs: 50, message: `${count} bindings` }).catch((error) => {
      throw new Error(`${error.message}; there are ${seen}`);
    });
  }

  const customerCalls = async () => (await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' })).id;

  async function bothWays({ page }: ExotelPage, id: string): Promise<void> {
    await Promise.all([
      expectPageTone(page, customerHz),
      admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20, { id }),
    ]);
  }

  async function hangUp(tab: ExotelPage, id: string): Promise<void> {
    await tab.onCall('Hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id });
    await tab.expect('call callEnded');
  }

  it('[SDK-D50] [SDK-D51] [SDK-D53] one binding; a child answers, and its call outlives the parent', async () => {
    const [parent, child] = (await openTabs(browser, ['DoRegister'], bothSteps)) as [ExotelPage, ExotelPage];
    await expectBindings(1);
    const id = await customerCalls();
    await Promise.all([parent.expect('call incoming'), child.expect('session incoming')]);
    await child.onCall('Answer');
    await child.expect('call connected');
    await bothWays(child, id);
    await parent.expect('call callEnded'); // It did not ask for more; the call is the child's.
    await parent.closeTab();
    await child.expect('session re-register');
    await child.expect('register registered', { after: (await child.heard()).findIndex(isReRegister) });
    await expectBindings(1);
    await bothWays(child, id);
    await hangUp(child, id);
  });

  it('[SDK-D52] a parent that the browser freezes gives way to a child, and comes back as one', async () => {
    const [parent, child] = (await openTabs(await browser.ownProfile(), bothSteps, bothSteps)) as [
      ExotelPage,
      ExotelPage,
    ];
    const browserSide = await parent.page.context().newCDPSession(parent.page);
    const asParent = (await parent.heard()).length;
    const frozenAt = Date.now();
    await browserSide.send('Page.setWebLifecycleState', { state: 'frozen' });
    const told = await child.expect('session re-register');
    const after = (await child.heard()).findIndex(isReRegister);
    const back = await child.expect('register registered', { after });
    const [toldMs, backMs] = [told, back].map(({ atMs }) => Math.round(atMs - frozenAt));
    process.stdout.write(`parent frozen: re-register after ${toldMs} ms, registered after ${backMs} ms\n`);
    await expectBindings(1);
    const id = await customerCalls();
    await child.expect('call incoming');
    await child.onCall('Answer');
    await bothWays(child, id);
    await browserSide.send('Page.setWebLifecycleState', { state: 'active' });
    await parent.expect('session connected'); // It never rang here; it is told of as a call of another tab.
    await parent.expect('register registered', { after: asParent });
    await expectBindings(1);
    // From the tab that gave way, through the one that registers now.
    await parent.onCall('Hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id });
    await child.expect('call callEnded');
  });

  it('[SDK-D53] a parent crashes in a call: the child goes on with it', async () => {
    const [parent, child] = (await openTabs(browser, ['DoRegister'], bothSteps)) as [ExotelPage, ExotelPage];
    const id = await customerCalls();
    await parent.expect('call incoming');
    await parent.onCall('Answer');
    await parent.expect('call connected');
    await bothWays(parent, id);
    await child.expect('session connected');
    const crashedAt = Date.now();
    void parent.page.goto('chrome://crash').catch(() => undefined);
    const taken = await child.expect('call activeSession', { timeoutMs: 15_000 });
    process.stdout.write(`parent crashed in a call: activeSession after ${Math.round(taken.atMs - crashedAt)} ms\n`);
    await bothWays(child, id);
    await expectBindings(1);
    await hangUp(child, id);
  });

  it('[SDK-D52] a parent crashes while a call rings: it rings in the child, which answers', async () => {
    const [parent, child] = (await openTabs(browser, ['DoRegister'], bothSteps)) as [ExotelPage, ExotelPage];
    const id = await customerCalls();
    await Promise.all([parent.expect('call incoming'), child.expect('session incoming')]);
    void parent.page.goto('chrome://crash').catch(() => undefined);
    await child.expect('session callEnded'); // What rang was the parent's.
    await child.expect('call incoming');
    await child.onCall('Answer');
    await bothWays(child, id);
    await hangUp(child, id);
  });

  it('[SDK-D52] two of three tabs close one after the other: the last one rings and answers', async () => {
    const [one, two, three] = (await openTabs(browser, bothSteps, bothSteps, bothSteps)) as [
      ExotelPage,
      ExotelPage,
      ExotelPage,
    ];
    for (const [closing, left] of [
      [one, [two, three]],
      [two, [three]],
    ] as const) {
      const before = await three.heard();
      await closing.closeTab();
      const [heir] = left;
      await heir.expect('session re-register');
      await three.expect('register registered', { after: before.length });
    }
    await expectBindings(1);
    const id = await customerCalls();
    await three.expect('call incoming');
    await three.onCall('Answer');
    await bothWays(three, id);
    await hangUp(three, id);
  });

  it('[SDK-D50] each-registers: two devices, and both ring', async () => {
    const account = { tabs: 'each-registers' };
    first = await ExotelPage.open(browser, server, server.bootstrap.users[0]!, { account });
    const second = await first.openTab(browser);
    await Promise.all([first.expect('register registered'), second.expect('register registered')]);
    await expectBindings(2);
    const id = await customerCalls();
    await Promise.all([first.expect('call incoming'), second.expect('call incoming')]);
    await second.onCall('Answer');
    await bothWays(second, id);
    await first.expect('call callEnded');
    await hangUp(second, id);
  });
});

const isReRegister = ({ name }: { name: string }) => name === 'session re-register';
