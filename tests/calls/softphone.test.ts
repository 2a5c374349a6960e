import { expectPageTone, pageTone } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { micHz, SoftphoneRoom } from '../support/softphone-room.js';

describe('the softphone page', () => {
  let room: SoftphoneRoom;

  beforeAll(async () => {
    room = await SoftphoneRoom.start();
  });
  afterEach(() => room?.closePage());
  afterAll(() => room?.stop());

  const part = (id: string) => room.part(id);
  const says = (id: string, text: RegExp) => room.says(id, text);

  it('takes a stranger from the first look to a finished call', async () => {
    await room.open();
    await part('agent').selectOption({ label: 'Asha Rao' });
    await part('register').click();
    await says('state', /Online/);

    await part('call-me').click();
    await part('incoming').waitFor();
    await says('incoming-name', /\+91 11300 00100/);
    await part('answer').click();
    await says('call-state', /Connected/);
    await expectPageTone(room.page, 800);
    await room.admin.expectSimulated('the microphone', (call) => Math.abs((call.hearing_hz ?? 0) - micHz) < 20);

    await part('mute').click();
    await room.admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await part('mute').click();
    await part('hold').click();
    await room.sees('silence on hold', async () => (await pageTone(room.page)) === undefined);
    await part('hold').click();
    await expectPageTone(room.page, 800);

    await part('keypad').click();
    await room.page.keyboard.press('4');
    await room.page.keyboard.press('2');
    await room.admin.expectSimulated('digits', (call) => call.digits_heard === '42');

    await part('hangup').click();
    await room.admin.expectSimulated('the end', (call) => call.state === 'ended');
    await says('log', /\+91 11300 00100/);
    expect(room.opened.errors).toEqual([]);
  });

  it('says in a second tab that another one keeps the connection, and takes its place when it closes', async () => {
    const query = '?agent=asha&register=1';
    await room.open(query);
    await says('state', /^Online$/);
    const second = await room.browser.openPage(`${room.server.baseUrl}/softphone/${query}`, { tabOf: room.opened });
    try {
      const pill = second.page.getByTestId('state');
      const shows = (look: string, text: string) =>
        room.sees(
          `"${text}" in the second tab`,
          async () => (await pill.getAttribute('data-state')) === look && (await pill.textContent()) === text,
        );
      await shows('follows', 'Online, shared');
      await room.closePage();
      await shows('online', 'Online');
      expect(second.errors).toEqual([]);
    } finally {
      await second.close();
    }
  });

  it('is worked by keyboard alone: dial, hear, hang up', async () => {
    await room.open('?agent=bilal&register=1');
    await says('state', /Online/);
    await part('number').focus();
    await room.page.keyboard.type(room.server.bootstrap.simulated_numbers.answer_tone);
    await room.page.keyboard.press('Enter');
    await says('call-state', /Connected/);
    await expectPageTone(room.page, 1000);
    await part('hangup').focus();
    await room.page.keyboard.press('Enter');
    await room.admin.expectSimulated('the end', (call) => call.state === 'ended');
    expect(room.opened.errors).toEqual([]);
  });

  it('calls the network of the demo by one click, and tells what came of it', async () => {
    await room.open('?agent=chitra&register=1');
    await says('state', /Online/);
    await part('quick-busy').click();
    await says('log', /[Bb]usy/);
    await part('quick-echo').click();
    await expectPageTone(room.page, micHz);
    await part('hangup').click();
  });

  it('names every control for a screen reader, and says call states in a live region', async () => {
    await room.open('?agent=asha&register=1');
    await says('state', /Online/);
    const nameless = await room.page.evaluate(() =>
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
    const live = room.page.locator('[aria-live]');
    expect(await live.count()).toBeGreaterThan(0);
    await part('call-me').click();
    await part('incoming').waitFor();
    await room.sees('the live region', async () => /incoming/i.test((await live.allTextContents()).join(' ')));
    await part('decline').click();
  });
});
