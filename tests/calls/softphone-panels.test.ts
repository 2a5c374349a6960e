import { readFile } from 'node:fs/promises';
import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { axeViolations } from '../support/axe.js';

const micHz = 620;
const callerHz = 800;
const toneHz = 1000;

describe('the softphone page, panel by panel', () => {
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

  async function open(query: string, scheme: 'light' | 'dark' = 'light', width = 1280): Promise<void> {
    opened = await browser.openPage(`${server.baseUrl}/softphone/${query}`, {
      context: { colorScheme: scheme, viewport: { width, height: 800 }, permissions: ['microphone'] },
    });
    await part('agent').waitFor();
  }
  const part = (id: string) => opened.page.getByTestId(id);
  const keyboard = () => opened.page.keyboard;
  const says = (id: string, text: RegExp) =>
    eventually(async () => text.test((await part(id).allTextContents()).join(' ')), {
      timeoutMs: 10_000,
      message: `${id}: ${text}`,
    });
  const overflow = () =>
    opened.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const theme = () => opened.page.evaluate(() => document.documentElement.dataset.theme);

  it('is worked by keyboard alone: online, answer, mute, digits, history, hang up', async () => {
    await open('?agent=bilal');
    for (let stop = 0; stop < 20 && !(await isFocused('register')); stop++) await keyboard().press('Tab');
    await keyboard().press('Enter');
    await says('state', /Online/);
    await part('call-me').focus();
    await keyboard().press('Enter');
    await part('incoming').waitFor();
    await keyboard().press('a');
    await says('call-state', /Connected/);
    await expectPageTone(opened.page, callerHz);
    await keyboard().press('m');
    await admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await keyboard().press('m');
    await keyboard().press('5');
    await admin.expectSimulated('the digit', (call) => call.digits_heard === '5');
    await part('tab-contacts').focus();
    await keyboard().press('ArrowRight');
    expect(await part('tab-history').getAttribute('aria-selected')).toBe('true');
    await keyboard().press('e');
    await admin.expectSimulated('the end', (call) => call.state === 'ended');
    await says('log', /\+91 11300 00100/);
    expect(opened.errors).toEqual([]);
  });

  it('keeps two calls apart: the second waits, an answer holds the first, a swap goes back', async () => {
    await open('?agent=chitra&register=1');
    await says('state', /Online/);
    await part('quick-answer_tone').click();
    await expectPageTone(opened.page, toneHz);
    await part('call-me').click();
    await says('incoming', /Second call/);
    await part('answer').click();
    await eventually(async () => (await part('call-card').count()) === 2, { message: 'two cards' });
    await says('call-state', /On hold/);
    await expectPageTone(opened.page, callerHz);
    await keyboard().press('s');
    const first = `[...window.intermixPeers].at(0).getReceivers()[0] && new MediaStream([window.intermixPeers[0].getReceivers()[0].track])`;
    await expectPageTone(opened.page, toneHz, { expression: first });
    await eventually(async () => (await pageTone(opened.page)) === undefined, { message: 'silence of the held call' });
    await keyboard().press('e');
    await eventually(async () => (await part('mute').filter({ visible: true }).count()) === 1, {
      message: 'the held call alone',
    });
    await part('hangup').first().click();
    expect(opened.errors).toEqual([]);
  });

  it('keeps the history over a reload, counts what was missed, and dials again', async () => {
    await open('?agent=asha&register=1');
    await says('state', /Online/);
    await part('quick-echo').click();
    await expectPageTone(opened.page, micHz);
    await part('hangup').click();
    await part('call-me').click();
    await part('incoming').waitFor();
    const ringing = await admin.expectSimulated('ringing', (call) => call.state === 'ringing');
    await admin.request('DELETE', `/api/v1/simulator/calls/${ringing.id}`);
    await says('missed', /^1$/);
    await opened.page.reload();
    await part('tab-history').click();
    await says('log', /Today.*Missed.*Hear yourself/);
    await says('state', /Online/);
    await part('log')
      .getByRole('button', { name: /Hear yourself/ })
      .click();
    await expectPageTone(opened.page, micHz);
    await part('hangup').click();
  });

  it('changes the microphone within a call, measures it, and goes on with the call after a reload', async () => {
    await open('?agent=chitra&register=1');
    await says('state', /Online/);
    await part('quick-answer_tone').click();
    await says('call-state', /Connected/);
    await part('tab-sound').click();
    const choices = part('input').locator('option');
    await eventually(async () => (await choices.count()) >= 3, { message: 'several microphones' });
    const wanted = (await choices.nth(2).getAttribute('value')) as string;
    await part('input').selectOption(wanted);
    const usedInCall = () =>
      opened.page.evaluate(() => {
        const peers = (window as unknown as { intermixPeers: RTCPeerConnection[] }).intermixPeers;
        return peers.at(-1)?.getSenders()[0]?.track?.getSettings().deviceId;
      });
    await eventually(async () => (await usedInCall()) === wanted, { message: 'the other microphone in the call' });
    await admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);
    await part('input-test').click();
    await says('input-hint', /hears you/);

    await opened.page.reload();
    await says('call-state', /Connected/);
    await expectPageTone(opened.page, toneHz);
    await part('hangup').click();
    await admin.expectSimulated('the end', (call) => call.state === 'ended');
    expect(opened.errors).toEqual([]);
  });

  it('checks itself up: true values, the person’s answers in the report, and what helps', async () => {
    await open('?agent=bilal&register=1');
    await says('state', /Online/);
    await part('tab-checkup').click();
    await part('checkup-run').click();
    const isFound = (check: string, result: string, text: RegExp) =>
      eventually(
        async () => {
          const row = part(`check-${check}`);
          return (await row.getAttribute('data-result')) === result && text.test((await row.textContent()) ?? '');
        },
        { timeoutMs: 15_000, message: `${check}: ${result} ${text}` },
      );
    await part('verdict').waitFor();
    await isFound('browserVersion', 'good', /\w+\/\d+/);
    await isFound('wss', 'good', new RegExp(new URL(server.baseUrl).host));
    await isFound('userReg', 'good', /bilal/);
    await isFound('udp', 'good', /port \d+/);
    await says('verdict', /All is well/);

    await part('mic-test').click();
    const level = part('check-mic').locator('.meter-fill');
    await eventually(async () => Number(/scaleX\((.+)\)/.exec((await level.getAttribute('style')) ?? '')?.[1]) > 0.1, {
      message: 'the level of the microphone',
    });
    await part('mic-yes').click();
    await part('speaker-test').click();
    await part('speaker-no').click();
    await isFound('mic', 'good', /hears you/);
    await isFound('speaker', 'bad', /Choose another speaker/);
    await says('verdict', /One thing needs attention/);
    expect(await axeViolations(opened)).toEqual([]);

    const [saved] = await Promise.all([opened.page.waitForEvent('download'), part('save-report').click()]);
    const report = await readFile(await saved.path(), 'utf8');
    expect(saved.suggestedFilename()).toMatch(/^softphone_report_\d{4}-\d\d-\d\d\.txt$/);
    expect(report).toMatch(/answer: no/);
    expect(report).not.toContain(server.bootstrap.users[1]?.sip_password);
    expect(opened.errors).toEqual([]);
  });

  it('follows the colours of the system until the person chooses', async () => {
    await open('?agent=asha', 'dark');
    expect(await theme()).toBe('dark');
    await opened.page.emulateMedia({ colorScheme: 'light' });
    await eventually(async () => (await theme()) === 'light', { message: 'the light theme' });
    await part('theme').click();
    expect(await theme()).toBe('dark');
    await opened.page.reload();
    await part('agent').waitFor();
    expect(await theme()).toBe('dark');
  });

  it('axe finds nothing in any state, dark or light; nothing scrolls sideways at 360 px', async () => {
    await open('?agent=asha', 'light', 360);
    const clean = async (state: string) => {
      for (const turn of [1, 2]) {
        expect(await axeViolations(opened), `${state}, ${await theme()}, ${turn}`).toEqual([]);
        await opened.page.evaluate(() => document.getElementById('theme')?.click());
      }
      expect(await overflow(), state).toBeLessThanOrEqual(0);
    };
    await clean('offline');
    for (const tab of ['history', 'sound', 'checkup', 'keys', 'contacts']) {
      await part(`tab-${tab}`).click();
      await clean(tab);
    }
    await part('register').click();
    await says('state', /Online/);
    await part('quick-answer_tone').click();
    await says('call-state', /Connected/);
    await part('keypad').click();
    await part('call-me').click();
    await part('incoming').waitFor();
    await clean('a second call rings');
    await part('answer').click();
    await says('call-state', /On hold/);
    await opened.page.setViewportSize({ width: 1440, height: 900 });
    await clean('two calls, wide');
  });

  const isFocused = (id: string) => part(id).evaluate((element) => element === document.activeElement);
});
