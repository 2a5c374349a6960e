import { eventually, type RunningServer, SipPhone, startServer, toneWav } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { AudioWebServer } from '../support/audio-web-server.js';
import { Backend } from '../support/backend.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-page.js';
import { type BotTalk, StreamBot } from '../support/stream-bot.js';

const micHz = 620;
const noticeHz = 850;
/** What the simulated number says. */
const answerHz = 1_000;
const patience = 10_000;

describe('calls of an app that has them streamed and announced', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let backend: Backend;
  let bot: StreamBot;
  let web: AudioWebServer;

  beforeAll(async () => {
    bot = await StreamBot.open();
    const notice = toneWav(noticeHz, 1.2, { sampleRateHz: 44_100 });
    web = await AudioWebServer.open({
      files: { '/notice.wav': notice, '/page': Buffer.from('<html>') },
      speech: notice,
    });
    [server, browser] = await Promise.all([startServer({ env: quickSipTimers }), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    backend = await Backend.signIn(server);
    await backend.setSetting('streaming', bot.url);
  });
  afterEach(async () => {
    await eventually(async () => (await admin.simulatedCalls()).every(({ state }) => state === 'ended'), {
      timeoutMs: patience,
      message: 'every call to end',
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    web?.stop();
    await bot?.stop();
  });

  function asha() {
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    return user;
  }

  const near = (heard: number | undefined, hz: number) => heard !== undefined && Math.abs(heard - hz) < 15;
  const hears = (talk: BotTalk, track: string, hz: number) =>
    eventually(() => expect(near(talk.hearingOn(track), hz)).toBe(true), { timeoutMs: patience, everyMs: 50 });

  it('a page that dials: the bot hears page and telephone, each on its own track, until the call ends', async () => {
    const page = await SdkPage.open(browser, server, asha());
    await page.register();
    const to = server.bootstrap.simulated_numbers.answer_tone;
    await page.dial(to);
    await expectPageTone(page.page, answerHz);
    const talk = await bot.talk(0);
    expect(talk.start).toMatchObject({
      account_sid: server.bootstrap.account.sid,
      to,
      media_format: { sample_rate: '8000' },
    });
    await hears(talk, 'inbound', micHz);
    await hears(talk, 'outbound', answerHz);
    await page.onCall('hangup');
    expect((await talk.message('stop')).stop.reason).toBe('callended');
    await page.close();
  });

  it('a call of a backend: both hear the notice before they are joined; the bot hears both', async () => {
    await backend.setSetting('playback', `${web.url}/notice.wav`);
    const phone = await deskPhone();
    await backend.call(asha().user_id, server.bootstrap.simulated_numbers.answer_tone);
    const call = await phone.waitForCall(patience);
    call.answer();
    call.sendTone(500);
    await call.expectTone(noticeHz, patience);
    await admin.expectSimulated('the notice', ({ hearing_hz: hz }) => near(hz ?? undefined, noticeHz));
    await call.expectTone(answerHz, patience);
    const { id } = await admin.expectSimulated('the tone', ({ hearing_hz: hz }) => near(hz ?? undefined, 500));
    const talk = await bot.talk(1);
    await hears(talk, 'inbound', 500);
    await hears(talk, 'outbound', answerHz);
    call.hangup();
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id });
    expect((await talk.message('stop')).stop.reason).toBe('callended');
    await phone.stop();
  });

  it('a notice that is a web page hinders no call, and the record says so', async () => {
    await backend.setSetting('playback', `${web.url}/page`);
    const phone = await deskPhone();
    await backend.call(asha().user_id, server.bootstrap.simulated_numbers.answer_tone);
    const call = await phone.waitForCall(patience);
    call.answer();
    await call.expectTone(answerHz, patience);
    call.hangup();
    const { events } = await admin.expectLastCall('the end', ({ status }) => status === 'completed');
    const told = { type: 'audio-unplayed', data: { parameter: 'playback', why: expect.stringContaining('web page') } };
    expect(events).toEqual(expect.arrayContaining([expect.objectContaining(told)]));
    await phone.stop();
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });

  async function deskPhone(): Promise<SipPhone> {
    const { sip_username: user, sip_password: password, sip_domain: domain } = asha();
    const phone = await SipPhone.start({ server: server.sip, user, domain, credentials: { username: user, password } });
    expect((await phone.register()).status).toBe(200);
    return phone;
  }
});
