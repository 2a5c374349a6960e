import { networkInterfaces } from 'node:os';
import type { BootstrapUser, SimulatorCallRead } from '@intermix/contracts';
import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchFirefox, pageTone, type TestFirefox, type TestPage } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { errorLines } from '../support/metrics.js';
import { PageServer } from '../support/page-server.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const from = '+911130000777';

/**
 * The page of Exotel's guide: what its callbacks are told goes into `told`. Reloaded, it registers again; while
 * `sessionStorage.refused` is set the person refuses the microphone, which Firefox asks for after each reload.
 */
const guidePage = (
  script: string,
) => `<!doctype html><link rel="icon" href="data:,"><script src="${script}"></script><script>
  const client = new exotelSDK.ExotelWebClient();
  window.told = [];
  window.phone = () => client.getCall();
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    if (sessionStorage.refused) throw new DOMException('refused', 'NotAllowedError');
    return open(wanted);
  };
  window.start = (account) => {
    sessionStorage.account = JSON.stringify(account);
    client.initWebrtc(account,
      (state) => told.push(state),
      (call, event, caller) => told.push(event === 'incoming' ? 'incoming ' + caller : event),
      (state) => state.startsWith('media') && told.push(state));
    client.DoRegister();
  };
  if (sessionStorage.account) start(JSON.parse(sessionStorage.account));
</script>`;

interface GuideWindow {
  told: string[];
  phone(): Record<string, (...values: string[]) => Promise<void>>;
  start(account: Record<string, string>): void;
}

describe('Firefox ESR', () => {
  let server: RunningServer;
  let firefox: TestFirefox;
  let admin: AdminApi;

  beforeAll(async () => {
    const env = { INTERMIX_MEDIA_ADDRESS: ownAddress() };
    [server, firefox] = await Promise.all([startServer({ env }), launchFirefox({ micToneHz: micHz })]);
    admin = new AdminApi(server);
  });
  afterAll(async () => {
    await firefox?.close();
    await server?.stop();
  });

  const near = (seen: SimulatorCallRead) => Math.abs((seen.hearing_hz ?? 0) - micHz) < 20;
  const silent = (seen: SimulatorCallRead) => seen.hearing_hz === null;
  const hearsMic = (id: string) => admin.expectSimulated('the microphone', near, { id });
  const hearsNothing = (id: string) => admin.expectSimulated('silence', silent, { id });

  it('by the typed face: takes a call, tones both ways, mute, hold, digits; the telephone hangs up', async () => {
    const [user, exophone] = [server.bootstrap.users[0], server.bootstrap.exophones[0] ?? ''];
    if (!user) throw new Error('no demo user');
    const asha = await SdkPage.open(firefox, server, user);
    await asha.register();
    const { id } = await admin.simulatedCall({ to: exophone, from });
    expect((await asha.expectEvent('incoming')).data).toMatchObject({ remote: { displayName: from } });
    await asha.onCall('answer');
    await asha.expectEvent('connected');
    await Promise.all([expectPageTone(asha.page, 800), hearsMic(id)]);

    await asha.onCall('mute');
    await hearsNothing(id);
    await asha.onCall('unmute');
    await hearsMic(id);

    await asha.onCall('hold');
    await hearsNothing(id);
    await expectQuiet(asha.opened);
    await asha.onCall('unhold');
    await Promise.all([expectPageTone(asha.page, 800), hearsMic(id)]);

    await asha.onCall('sendDtmf', '19#');
    await admin.expectSimulated('the digits', (seen) => seen.digits_heard === '19#', { id });
    await admin.request('DELETE', `/api/v1/simulator/calls/${id}`);
    expect((await asha.expectEvent('ended')).data).toMatchObject({ reason: 'remote-hangup' });
    await eventually(() => asha.idle(), { timeoutMs: 10_000 });
    expect(asha.opened.errors).toEqual([]);
    await asha.close();
  });

  it('by the typed face: calls a telephone, hears it, is heard, and hangs up', async () => {
    const user = server.bootstrap.users[1];
    if (!user) throw new Error('no second demo user');
    const bilal = await SdkPage.open(firefox, server, user);
    await bilal.register();
    await bilal.dial(server.bootstrap.simulated_numbers.answer_tone);
    await bilal.expectEvent('ringing');
    await bilal.expectEvent('connected');
    await expectPageTone(bilal.page, 1000);
    const { id } = await admin.expectSimulated('the microphone', near);
    await bilal.onCall('hangup');
    await admin.expectSimulated('the end', ({ end }) => end?.by === 'intermix', { id });
    expect(bilal.opened.errors).toEqual([]);
    await bilal.close();
  });

  it("by Exotel's face: registers, takes a call, mutes, holds, sends a digit, hangs up", async () => {
    const [user, exophone] = [server.bootstrap.users[0], server.bootstrap.exophones[0] ?? ''];
    if (!user) throw new Error('no demo user');
    const site = await PageServer.start({ '/': guidePage(`${server.baseUrl}/sdk/exotelsdk.js`) });
    const opened = await firefox.openPage(site.origin);
    await site.stop();
    await start(opened, user);
    await expectTold(opened, 'registered');
    const { id } = await admin.simulatedCall({ to: exophone, from });
    await expectTold(opened, `incoming ${from}`);
    await onPhone(opened, 'Answer');
    await expectTold(opened, 'connected');
    await Promise.all([expectPageTone(opened.page, 800), hearsMic(id)]);
    await onPhone(opened, 'Mute');
    await hearsNothing(id);
    await onPhone(opened, 'UnMute');
    await hearsMic(id);
    await onPhone(opened, 'Hold');
    await hearsNothing(id);
    await onPhone(opened, 'UnHold');
    await Promise.all([expectPageTone(opened.page, 800), hearsMic(id)]);
    await onPhone(opened, 'sendDTMF', '7');
    await admin.expectSimulated('the digit', (seen) => seen.digits_heard === '7', { id });
    await onPhone(opened, 'Hangup');
    await admin.expectSimulated('the end', ({ end }) => end?.by === 'intermix', { id });
    await expectTold(opened, 'callEnded');
    expect(opened.errors).toEqual([]);
    await opened.close();
  });

  it('[SDK-D25] [SDK-D60] reloaded in a call with the microphone refused: hears on, is told, and is heard when it is allowed', async () => {
    const [user, exophone] = [server.bootstrap.users[0], server.bootstrap.exophones[0] ?? ''];
    if (!user) throw new Error('no demo user');
    const site = await PageServer.start({ '/': guidePage(`${server.baseUrl}/sdk/exotelsdk.js`) });
    const opened = await firefox.openPage(site.origin);
    await start(opened, user);
    await expectTold(opened, 'registered');
    const { id } = await admin.simulatedCall({ to: exophone, from });
    await expectTold(opened, `incoming ${from}`);
    await onPhone(opened, 'Answer');
    await Promise.all([expectPageTone(opened.page, 800), hearsMic(id)]);

    await opened.page.evaluate(() => sessionStorage.setItem('refused', '1'));
    await opened.page.reload();
    await expectTold(opened, 'activeSession');
    await expectTold(opened, 'media_permission_denied');
    await Promise.all([expectPageTone(opened.page, 800), hearsNothing(id)]);
    await opened.page.evaluate(() => sessionStorage.removeItem('refused'));
    await onPhone(opened, 'UnMute');
    await Promise.all([expectPageTone(opened.page, 800), hearsMic(id)]);
    await onPhone(opened, 'Hangup');
    await admin.expectSimulated('the end', ({ end }) => end?.by === 'intermix', { id });
    expect(opened.errors).toEqual([]);
    await opened.close();
    await site.stop();
  });

  /** As the guide's page does it when an agent signs in. */
  async function start(opened: TestPage, user: BootstrapUser): Promise<void> {
    const { host, port } = new URL(server.baseUrl);
    await opened.page.evaluate((account) => (window as unknown as GuideWindow).start(account), {
      ...{ userName: user.sip_username, authUser: user.sip_username, displayname: user.name },
      ...{ sipdomain: user.sip_domain, domain: host, secret: user.sip_password, port, security: 'ws', endpoint: 'wss' },
    });
  }

  it('leaves no error in the log', () => {
    expect(errorLines(server)).toEqual([]);
  });
});

/**
 * Firefox offers no candidate on loopback, whatever its preferences say, and pairs none of another interface with one there. So
 * media, and nothing else, has this machine's own address.
 */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

async function onPhone({ page }: TestPage, method: string, ...values: string[]): Promise<void> {
  await page.evaluate(([name, given]) => (window as unknown as GuideWindow).phone()[name]?.(...given), [
    method,
    values,
  ] as const);
}

async function expectTold({ page, errors }: TestPage, what: string): Promise<void> {
  let told: string[] = [];
  const look = async () => {
    told = await page.evaluate(() => (window as unknown as GuideWindow).told);
    return told.includes(what);
  };
  await eventually(look, { timeoutMs: 10_000, everyMs: 30 }).catch(() => {
    throw new Error(`the page was told ${told.join(', ')}, not ${what}; ${errors.slice(-3).join(' | ')}`);
  });
}

async function expectQuiet({ page }: TestPage): Promise<void> {
  const look = async () => (await pageTone(page)) === undefined;
  await eventually(look, { timeoutMs: 10_000, message: 'silence in the page' });
}
