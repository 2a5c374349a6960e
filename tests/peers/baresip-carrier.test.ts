import type { CarrierRead } from '@intermix/contracts';
import { Baresip, eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { addCarrier, addNumber, ringUser } from '../support/carriers.js';
import { HeardAudio } from '../support/heard-wav.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const carrierHz = 900;
const [ashasNumber, bilalsNumber] = ['+918047110001', '+918047110002'];
const theirNumber = '+919876543210';

describe.each(['udp', 'tcp'] as const)('baresip as a foreign carrier over %s', (transport) => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let carrier: CarrierRead;
  let asha: SdkPage;
  let baresip: Baresip;
  let heard: HeardAudio;
  let after = 0;
  let since = 0;

  beforeAll(async () => {
    const env = { ...quickSipTimers, INTERMIX_SIMULATED_PSTN: 'off' };
    [server, browser, baresip] = await Promise.all([
      startServer({ env }),
      launchBrowser({ micToneHz: micHz }),
      Baresip.start({
        accounts: [{ aor: `sip:${theirNumber}@127.0.0.1` }],
        audio: { toneHz: carrierHz },
      }),
    ]);
    heard = new HeardAudio(baresip);
    admin = new AdminApi(server);
    carrier = await addCarrier(admin, { name: 'baresip', sip_address: `127.0.0.1:${baresip.sipPort}`, transport });
    await addNumber(admin, carrier, { number: ashasNumber, target: ringUser(server, 0) });
    await addNumber(admin, carrier, { number: bilalsNumber, target: ringUser(server, 1) });
    const user = server.bootstrap.users[0];
    if (user === undefined) throw new Error('no demo user');
    asha = await SdkPage.open(browser, server, user);
    await asha.register();
  });
  afterEach(async () => {
    await eventually(() => asha.idle(), { message: 'the page to have no call' });
  });
  afterAll(async () => {
    await baresip?.stop();
    await browser?.close();
    await server?.stop();
  });

  const event = (name: string) => asha.expectEvent(name, { after });
  const tells = (type: string) => baresip.waitFor(type, { since });

  async function mark(): Promise<void> {
    after = (await asha.events()).length;
    since = baresip.events.length;
  }

  async function dialsIn(number = ashasNumber): Promise<void> {
    await mark();
    await baresip.dial(`sip:${number}@${server.sip.host}:${server.sip.port};transport=${transport}`);
  }

  /** A call from the page that baresip has taken. */
  async function isCalled(): Promise<void> {
    await mark();
    await asha.dial(theirNumber);
    await tells('CALL_INCOMING');
    await baresip.accept();
    await Promise.all([tells('CALL_ESTABLISHED'), event('connected')]);
  }

  it('calls in: tones both ways; baresip hangs up', async () => {
    await dialsIn();
    expect(((await event('incoming')).data as { remote: { displayName: string } }).remote.displayName).toBe(
      theirNumber,
    );
    await asha.onCall('answer');
    await Promise.all([tells('CALL_ESTABLISHED'), event('connected')]);
    await expectPageTone(asha.page, carrierHz);
    await heard.expectTone(micHz);
    await baresip.hangup();
    expect((await event('ended')).data).toMatchObject({ reason: 'remote-hangup' });
    await admin.expectLastCall('completed', (call) => call.status === 'completed' && call.from === theirNumber);
  });

  it('calls in, and the page hangs up', async () => {
    await dialsIn();
    await event('incoming');
    await asha.onCall('answer');
    await tells('CALL_ESTABLISHED');
    await asha.onCall('hangup');
    await tells('CALL_CLOSED');
  });

  it('calls in and gives up while it rings', async () => {
    await dialsIn();
    await event('incoming');
    await tells('CALL_RINGING');
    await baresip.hangup();
    await event('ended');
    await admin.expectLastCall('canceled', (call) => call.status === 'canceled');
  });

  it('is called: tones both ways, digits of the page, hold and resume, the page hangs up', async () => {
    await isCalled();
    await expectPageTone(asha.page, carrierHz);
    await heard.expectTone(micHz);

    await asha.onCall('sendDtmf', '19#');
    const digits = () => baresip.events.slice(since).filter(({ type }) => type === 'CALL_DTMF_START');
    await eventually(() => digits().length === 3, { timeoutMs: 10_000, message: 'three digits in baresip' });
    expect(digits().map(({ param }) => param)).toEqual(['1', '9', '#']);

    await asha.onCall('hold');
    await heard.expectNoTone(micHz);
    await eventually(async () => (await pageTone(asha.page)) === undefined, { message: 'silence in the page' });
    await asha.onCall('unhold');
    await heard.expectTone(micHz);
    await expectPageTone(asha.page, carrierHz);

    await asha.onCall('hangup');
    await tells('CALL_CLOSED');
    await admin.expectLastCall('completed', (call) => call.status === 'completed' && call.to === theirNumber);
  });

  it('is called, holds and resumes, and hangs up', async () => {
    await isCalled();
    await heard.expectTone(micHz);
    await baresip.hold();
    await heard.expectNoTone(micHz);
    await eventually(async () => (await pageTone(asha.page)) === undefined, { message: 'silence in the page' });
    await baresip.resume();
    // What it hears is not looked at: its recorder (sndfile of 1.0) stops at its own hold, though our packets reach its port
    // again, 50 a second, without a gap in their numbers and with the tone in them.
    await expectPageTone(asha.page, carrierHz);
    await baresip.hangup();
    await event('ended');
  });

  it('declines: the page hears that, the record says busy', async () => {
    await mark();
    await asha.dial(theirNumber);
    await tells('CALL_INCOMING');
    await baresip.hangup();
    await event('ended');
    await admin.expectLastCall('busy', (call) => call.status === 'busy');
  });

  it('sends digits that cross as telephone events (RFC 4733)', async () => {
    const user = server.bootstrap.users[1];
    if (user === undefined) throw new Error('no demo user');
    const { sip_username: name, sip_password: password, sip_domain: domain } = user;
    const credentials = { username: name, password };
    // At an address of its own: what comes from the carrier's is the carrier's.
    const phone = await SipPhone.start({ server: server.sip, host: '127.0.0.5', user: name, domain, credentials });
    expect((await phone.register()).status).toBe(200);
    await dialsIn(bilalsNumber);
    const call = await phone.waitForCall(10_000);
    call.answer();
    await tells('CALL_ESTABLISHED');
    await call.expectTone(carrierHz, 10_000);
    for (const digit of ['7', '*', '3']) {
      await baresip.sendDigit(digit);
      await call.expectDigits(digit, 10_000);
    }
    expect(call.digits).toBe('7*3');
    await baresip.hangup();
    await call.waitForEnd(10_000);
    await phone.unregister();
    await phone.stop();
  });

  it('leaves nothing behind, and no error in the log or in the page', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
    expect(asha.opened.errors).toEqual([]);
  });
});
