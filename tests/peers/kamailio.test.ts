import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, Kamailio, type PhoneCall, repositoryRoot, SipPhone, sparePort } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageServer } from '../support/page-server.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const telephoneHz = 900;
const patience = 10_000;
const number = '+919876543210';
const domain = 'edge.example';
const password = 'a-secret-of-this-test';
const priya = { user_id: 'priya', sip_username: 'priya', sip_password: password, sip_domain: domain };

describe('the SDK on Kamailio with rtpengine', () => {
  let kamailio: Kamailio;
  let browser: TestBrowser;
  let site: PageServer;
  let telephone: SipPhone;
  let page: SdkPage;
  let call: PhoneCall;

  beforeAll(async () => {
    const telephonePort = await sparePort();
    const user = { name: priya.sip_username, password };
    [kamailio, browser, site] = await Promise.all([
      Kamailio.start({ domain, user, telephonePort, minExpiresSec: 1200 }),
      launchBrowser({ micToneHz: micHz }),
      PageServer.start(builtSdk()),
    ]);
    telephone = await SipPhone.start({ server: kamailio.sip, port: telephonePort, user: number, domain });
    page = await open(password);
  });
  afterAll(async () => {
    await telephone?.stop();
    await browser?.close();
    await Promise.all([kamailio?.stop(), site?.stop()]);
  });

  function open(secret: string): Promise<SdkPage> {
    const places = { script: `${site.origin}/exotelsdk.js`, serverUrl: kamailio.webSocketUrl };
    return SdkPage.openAt(browser, places, { ...priya, sip_password: secret });
  }

  async function expectBothWays(): Promise<void> {
    call.sendTone(telephoneHz);
    await Promise.all([expectPageTone(page.page, telephoneHz), call.expectTone(micHz, patience)]).catch((error) => {
      throw new Error(`${error.message}\n${kamailio.log.slice(-4_000)}`);
    });
  }

  it('registers with digest, for as long as the server wants it', async () => {
    await page.register();
    await page.expectEvent('registered');
    expect(kamailio.log).toMatch(/too brief: \d+/);
  });

  it('takes a call: tones both ways', async () => {
    call = await telephone.call(`sip:priya@${domain}`);
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await call.waitForAnswer(patience);
    await expectBothWays();
  });

  it('mutes: the telephone hears nothing, and everything again', async () => {
    await page.onCall('mute');
    await call.expectNoTone(patience);
    await page.onCall('unmute');
    await expectBothWays();
  });

  it('holds and resumes by re-INVITE', async () => {
    await page.onCall('hold');
    expect(call.onHold).toBe(true);
    await call.expectNoTone(patience);
    await page.onCall('unhold');
    expect(call.onHold).toBe(false);
    await expectBothWays();
  });

  it('sends digits by RFC 4733', async () => {
    await page.onCall('sendDtmf', '19#');
    await call.expectDigits('19#', patience);
  });

  it('loses its WebSocket: the audio goes on, it registers again, and hanging up reaches the telephone', async () => {
    const after = (await page.events()).length;
    await page.breakSocket();
    await page.expectEvent('registered', { after });
    await expectBothWays();
    await page.onCall('hangup');
    expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote' });
    await eventually(() => page.idle(), { timeoutMs: patience });
  });

  it('sends digits by INFO to a telephone that knows no telephone events', async () => {
    const after = (await page.events()).length;
    const plain = await SipPhone.start({ server: kamailio.sip, user: '+911130000100', domain, telephoneEvents: false });
    const incoming = await plain.call(`sip:priya@${domain}`);
    await page.expectEvent('incoming', { after });
    await page.onCall('answer');
    await incoming.waitForAnswer(patience);
    await page.onCall('sendDtmf', '7');
    await eventually(() => incoming.infos.length > 0, { timeoutMs: patience, message: 'an INFO' });
    expect(incoming.infos.join()).toMatch(/^Signal=7\r\n/);
    incoming.hangup();
    await page.expectEvent('ended', { after });
    await plain.stop();
  });

  it('calls the telephone, which hangs up', async () => {
    const after = (await page.events()).length;
    await page.dial(`sip:${number}@${domain}`);
    call = await telephone.waitForCall(patience);
    call.answer();
    await page.expectEvent('connected', { after });
    await expectBothWays();
    call.hangup();
    await page.expectEvent('ended', { after });
    await eventually(() => page.idle(), { timeoutMs: patience });
    expect(await pageTone(page.page)).toBeUndefined();
  });

  it('is told that a password is wrong', async () => {
    const stranger = await open('not-the-secret');
    stranger.register().catch(() => undefined);
    const { data } = await stranger.expectEvent('unregistered');
    expect(data).toMatchObject({ reason: 'credentials-rejected', willRetry: false });
    await stranger.close();
  });

  it('leaves no error in the page', () => {
    expect(page.opened.errors).toEqual([]);
  });
});

/** The classic script and the parts that it loads later, as built. */
function builtSdk(): Record<string, string> {
  const folder = join(repositoryRoot(), 'packages', 'voice-sdk', 'dist');
  const names = readdirSync(folder).filter((name) => /^exotelsdk[\w-]*\.js$/.test(name));
  return Object.fromEntries(names.map((name) => [`/${name}`, readFileSync(join(folder, name), 'utf8')]));
}
