import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';

const micHz = 620;

describe('the softphone page', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let opened: TestPage;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
  });
  afterEach(() => opened?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(query = ''): Promise<void> {
    opened = await browser.openPage(`${server.baseUrl}/softphone${query}`);
  }
  const part = (id: string) => opened.page.getByTestId(id);
  const says = (id: string, text: RegExp) =>
    eventually(async () => text.test((await part(id).textContent()) ?? ''), {
      timeoutMs: 10_000,
      message: `${id}: ${text}`,
    });

  it('takes a stranger from the first look to a finished call', async () => {
    await open();
    await part('agent').selectOption({ label: 'Asha Rao' });
    await part('register').click();
    await says('state', /Online/);

    await part('call-me').click();
    await part('incoming').waitFor();
    await says('incoming-name', /\+91 11300 00100/);
    await part('answer').click();
    await says('call-state', /Connected/);
    await expectPageTone(opened.page, 800);
    await admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);

    await part('mute').click();
    await admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await part('mute').click();
    await part('hold').click();
    await eventually(async () => (await pageTone(opened.page)) === undefined, { message: 'silence on hold' });
    await part('hold').click();
    await expectPageTone(opened.page, 800);

    await part('keypad').click();
    await opened.page.keyboard.press('4');
    await opened.page.keyboard.press('2');
    await admin.expectSimulated('digits', (call) => call.digits_heard === '42');

    await part('hangup').click();
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { timeoutMs: 1000 });
    await says('log', /\+91 11300 00100/);
    expect(opened.errors).toEqual([]);
  });

  it('is worked by keyboard alone: dial, hear, hang up', async () => {
    await open('?agent=bilal&register=1');
    await says('state', /Online/);
    await part('number').focus();
    await opened.page.keyboard.type(server.bootstrap.simulated_numbers.answer_tone);
    await opened.page.keyboard.press('Enter');
    await says('call-state', /Connected/);
    await expectPageTone(opened.page, 1000);
    await part('hangup').focus();
    await opened.page.keyboard.press('Enter');
    await admin.expectSimulated('the end', (call) => call.state === 'ended');
    expect(opened.errors).toEqual([]);
  });

  it('calls the network of the demo by one click, and tells what came of it', async () => {
    await open('?agent=chitra&register=1');
    await says('state', /Online/);
    await part('quick-busy').click();
    await says('log', /[Bb]usy/);
    await part('quick-echo').click();
    await expectPageTone(opened.page, micHz);
    await part('hangup').click();
  });

  it('names every control for a screen reader, and says call states in a live region', async () => {
    await open('?agent=asha&register=1');
    await says('state', /Online/);
    const nameless = await opened.page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, a[href]')]
        .filter((element) => (element as HTMLElement).offsetParent !== null)
        .filter((element) => {
          const labels = (element as HTMLInputElement).labels;
          const text = `${element.textContent ?? ''}${element.getAttribute('aria-label') ?? ''}${labels?.[0]?.textContent ?? ''}`;
          return text.trim() === '';
        })
        .map((element) => element.outerHTML),
    );
    expect(nameless).toEqual([]);
    const live = opened.page.locator('[aria-live]');
    expect(await live.count()).toBeGreaterThan(0);
    await part('call-me').click();
    await part('incoming').waitFor();
    await eventually(async () => /incoming/i.test((await live.allTextContents()).join(' ')), {
      message: 'the live region',
    });
    await part('decline').click();
  });
});
