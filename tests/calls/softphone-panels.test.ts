import { readFile } from 'node:fs/promises';
import { expectPageTone, pageTone } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.js';
import { micHz, SoftphoneRoom } from '../support/softphone-room.js';

const callerHz = 800;
const toneHz = 1000;

describe('the softphone page, panel by panel', () => {
  let room: SoftphoneRoom;

  beforeAll(async () => {
    room = await SoftphoneRoom.start();
  });
  afterEach(() => room?.closePage());
  afterAll(() => room?.stop());

  const part = (id: string) => room.part(id);
  const says = (id: string, text: RegExp) => room.says(id, text);
  const open = (query: string, colorScheme: 'light' | 'dark' = 'light', width = 1280) =>
    room.open(query, { colorScheme, viewport: { width, height: 800 }, permissions: ['microphone'] });
  const keyboard = () => room.page.keyboard;
  const overflow = () =>
    room.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const theme = () => room.page.evaluate(() => document.documentElement.dataset.theme);

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
    await expectPageTone(room.page, callerHz);
    await keyboard().press('m');
    await room.admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await keyboard().press('m');
    await keyboard().press('5');
    await room.admin.expectSimulated('the digit', (call) => call.digits_heard === '5');
    await part('tab-contacts').focus();
    await keyboard().press('ArrowRight');
    expect(await part('tab-history').getAttribute('aria-selected')).toBe('true');
    await keyboard().press('e');
    await room.admin.expectSimulated('the end', (call) => call.state === 'ended');
    await says('log', /\+91 11300 00100/);
    expect(room.opened.errors).toEqual([]);
  });

  it('keeps two calls apart: the second waits, an answer holds the first, a swap goes back', async () => {
    await open('?agent=chitra&register=1');
    await says('state', /Online/);
    await part('quick-answer_tone').click();
    await expectPageTone(room.page, toneHz);
    await part('call-me').click();
    await says('incoming', /Second call/);
    await part('answer').click();
    await room.sees('two cards', async () => (await part('call-card').count()) === 2);
    await says('call-state', /On hold/);
    await expectPageTone(room.page, callerHz);
    await keyboard().press('s');
    const first = `[...window.intermixPeers].at(0).getReceivers()[0] && new MediaStream([window.intermixPeers[0].getReceivers()[0].track])`;
    await expectPageTone(room.page, toneHz, { expression: first });
    await room.sees('silence of the held call', async () => (await pageTone(room.page)) === undefined);
    await keyboard().press('e');
    await room.sees('the held call alone', async () => (await part('mute').filter({ visible: true }).count()) === 1);
    await part('hangup').first().click();
    expect(room.opened.errors).toEqual([]);
  });

  it('keeps the history over a reload, counts what was missed, and dials again', async () => {
    await open('?agent=asha&register=1');
    await says('state', /Online/);
    await part('quick-echo').click();
    await expectPageTone(room.page, micHz);
    await part('hangup').click();
    await part('call-me').click();
    await part('incoming').waitFor();
    const ringing = await room.admin.expectSimulated('ringing', (call) => call.state === 'ringing');
    await room.admin.request('DELETE', `/api/v1/simulator/calls/${ringing.id}`);
    await says('missed', /^1$/);
    await room.page.reload();
    await part('tab-history').click();
    await says('log', /Today.*Missed.*Hear yourself/);
    await says('state', /Online/);
    await part('log')
      .getByRole('button', { name: /Hear yourself/ })
      .click();
    await expectPageTone(room.page, micHz);
    await part('hangup').click();
    await part('tab-checkup').click();
    const [saved] = await Promise.all([room.page.waitForEvent('download'), part('save-log').click()]);
    const log = await readFile(await saved.path(), 'utf8');
    expect(saved.suggestedFilename()).toMatch(/^webrtc_sdk_logs_\d{4}-\d\d-\d\d\.txt$/);
    expect(log.match(/\[INFO\] registered/g)).toHaveLength(2); // Before the reload, and after it.
    expect(log).not.toContain(room.server.bootstrap.users[0]?.sip_password);
  });

  it('changes microphone and speaker within a call, measures it, and goes on with the call after a reload', async () => {
    await open('?agent=chitra&register=1');
    await says('state', /Online/);
    await room.page.evaluate(keepAudioElements);
    await part('quick-answer_tone').click();
    await says('call-state', /Connected/);
    await part('tab-sound').click();
    const choices = part('input').locator('option');
    await room.sees('several microphones', async () => (await choices.count()) >= 3);
    const wanted = (await choices.nth(2).getAttribute('value')) as string;
    await part('input').selectOption(wanted);
    const usedInCall = () =>
      room.page.evaluate(() => {
        const peers = (window as unknown as { intermixPeers: RTCPeerConnection[] }).intermixPeers;
        return peers.at(-1)?.getSenders()[0]?.track?.getSettings().deviceId;
      });
    await room.sees('the other microphone in the call', async () => (await usedInCall()) === wanted);
    await room.admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);
    await part('input-test').click();
    await says('input-hint', /hears you/);

    const playedThrough = () => room.page.evaluate(sinksOfCalls);
    expect(await playedThrough()).toEqual(['']);
    const speaker = (await part('output').locator('option').nth(2).getAttribute('value')) as string;
    await part('output').selectOption(speaker);
    await room.sees('the call on the other speaker', async () => (await playedThrough()).join() === speaker);
    await expectPageTone(room.page, toneHz);
    await part('output').selectOption('default');
    await room.sees('the call on the default speaker', async () => /^(default)?$/.test((await playedThrough()).join()));

    await room.page.reload();
    await says('call-state', /Connected/);
    await expectPageTone(room.page, toneHz);
    await part('hangup').click();
    await room.admin.expectSimulated('the end', (call) => call.state === 'ended');
    expect(room.opened.errors).toEqual([]);
  });

  it('checks itself up: true values, the person’s answers in the report, and what helps', async () => {
    await open('?agent=bilal&register=1');
    await says('state', /Online/);
    await part('tab-checkup').click();
    await part('checkup-run').click();
    const isFound = (check: string, result: string, text: RegExp) =>
      room.sees(
        `${check}: ${result} ${text}`,
        async () => {
          const row = part(`check-${check}`);
          return (await row.getAttribute('data-result')) === result && text.test((await row.textContent()) ?? '');
        },
        15_000,
      );
    await part('verdict').waitFor();
    await isFound('browserVersion', 'good', /\w+\/\d+/);
    await isFound('wss', 'good', new RegExp(new URL(room.server.baseUrl).host));
    await isFound('userReg', 'good', /bilal/);
    await isFound('udp', 'good', /port \d+/);
    await says('verdict', /All is well/);

    await part('mic-test').click();
    const level = part('check-mic').locator('.meter-fill');
    await room.sees(
      'the level of the microphone',
      async () => Number(/scaleX\((.+)\)/.exec((await level.getAttribute('style')) ?? '')?.[1]) > 0.1,
    );
    await part('mic-yes').click();
    await part('speaker-test').click();
    await part('speaker-no').click();
    await isFound('mic', 'good', /hears you/);
    await isFound('speaker', 'bad', /Choose another speaker/);
    await says('verdict', /One thing needs attention/);
    expect(await axeViolations(room.opened)).toEqual([]);

    const [saved] = await Promise.all([room.page.waitForEvent('download'), part('save-report').click()]);
    const report = await readFile(await saved.path(), 'utf8');
    expect(saved.suggestedFilename()).toMatch(/^softphone_report_\d{4}-\d\d-\d\d\.txt$/);
    expect(report).toMatch(/answer: no/);
    expect(report).not.toContain(room.server.bootstrap.users[1]?.sip_password);
    expect(room.opened.errors).toEqual([]);
  });

  it('follows the colours of the system until the person chooses', async () => {
    await open('?agent=asha', 'dark');
    expect(await theme()).toBe('dark');
    await room.page.emulateMedia({ colorScheme: 'light' });
    await room.sees('the light theme', async () => (await theme()) === 'light');
    await part('theme').click();
    expect(await theme()).toBe('dark');
    await room.page.reload();
    await part('agent').waitFor();
    expect(await theme()).toBe('dark');
  });

  it('axe finds nothing in any state, dark or light; nothing scrolls sideways at 360 px', async () => {
    await open('?agent=asha', 'light', 360);
    const clean = async (state: string) => {
      for (const turn of [1, 2]) {
        expect(await axeViolations(room.opened), `${state}, ${await theme()}, ${turn}`).toEqual([]);
        await room.page.evaluate(() => document.getElementById('theme')?.click());
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
    await room.page.setViewportSize({ width: 1440, height: 900 });
    await clean('two calls, wide');
  });

  const isFocused = (id: string) => part(id).evaluate((element) => element === document.activeElement);
});

// The two functions below run in the page. The SDK's element is not in the document.

function keepAudioElements(): void {
  const page = window as unknown as { Audio: typeof Audio; audioElements: HTMLAudioElement[] };
  page.audioElements = [];
  page.Audio = class extends Audio {
    constructor(source?: string) {
      super(source);
      page.audioElements.push(this);
    }
  };
}

/** Outputs of the elements that are heard: those that the tests themselves measure with are muted. */
function sinksOfCalls(): string[] {
  const { audioElements } = window as unknown as { audioElements: HTMLAudioElement[] };
  return audioElements
    .filter(({ srcObject, paused, muted }) => srcObject && !paused && !muted)
    .map((one) => one.sinkId);
}
