import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { PageServer } from '../support/page-server.js';
import { SdkPage } from '../support/sdk-page.js';

/** What the guide's page below leaves on `window`. */
interface GuidePage {
  phone: any;
  start(account: object): void;
  heard: string[];
  rendered: OfflineAudioContext | undefined;
}

const html = (
  script: string,
) => `<!doctype html><link rel="icon" href="data:,"><script src="${script}"></script><script>
  window.heard = [];
  window.phone = new exotelSDK.ExotelWebClient();
  window.start = (account) => {
    phone.initWebrtc(account, (state) => heard.push(state), (call, event) => heard.push(event), (state) => heard.push(state));
    return phone.DoRegister();
  };
</script>`;

describe("the face of Exotel's SDK in a browser", () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let site: PageServer;
  let admin: AdminApi;
  const opened: Array<{ close(): Promise<void> }> = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: 620 })]);
    site = await PageServer.start({ '/': html(`${server.baseUrl}/sdk/exotelsdk.js`) });
    admin = new AdminApi(server);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await site?.stop();
    await browser?.close();
    await server?.stop();
  });

  async function open(): Promise<TestPage> {
    const page = await browser.openPage(site.origin);
    opened.push(page);
    return page;
  }

  /** Registers as the first demo user; `extra` are further fields of the account. */
  async function register({ page }: TestPage, extra: object = {}): Promise<void> {
    const user = server.bootstrap.users[0]!;
    const { host } = new URL(server.bootstrap.sip_ws_url);
    const account = {
      userName: user.sip_username,
      secret: user.sip_password,
      sipdomain: user.sip_domain,
      domain: host,
    };
    await page.evaluate((info) => (window as unknown as GuidePage).start(info), {
      ...account,
      port: '443',
      security: 'ws',
      ...extra,
    });
    await heard({ page } as TestPage, 'registered');
  }

  async function heard({ page }: TestPage, event: string): Promise<void> {
    let all: string[] = [];
    await eventually(
      async () => {
        all = await page.evaluate(() => (window as unknown as GuidePage).heard);
        return all.includes(event) ? true : undefined;
      },
      { timeoutMs: 10_000, everyMs: 15, message: `the page to hear ${event}` },
    ).catch((error) => {
      throw new Error(`${error.message}; it heard ${all.join(', ')}`);
    });
  }

  const onCall = ({ page }: TestPage, method: string) =>
    page.evaluate((name) => (window as unknown as GuidePage).phone.getCall()[name](), method);

  it('[SDK-D21] with Opus preferred, a telephone is heard in G.711 and a colleague in Opus', async () => {
    const asha = await open();
    await asha.page.evaluate(() => (window as unknown as GuidePage).phone.setPreferredCodec('opus'));
    await register(asha, { remoteHangupEvent: 'terminated' });
    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await heard(asha, 'incoming');
    await onCall(asha, 'Answer');
    await expectPageTone(asha.page, 800);
    await admin.expectSimulated('the microphone', (seen) => seen.hearing_hz !== null, { id: call.id });
    await admin.request('DELETE', `/api/v1/simulator/calls/${call.id}`);
    await heard(asha, 'terminated');
    const codecs = (record: { legs: Array<{ quality?: { codec?: string } | null }> }) =>
      record.legs.map((leg) => leg.quality?.codec);
    const first = await admin.expectLastCall('completed', (seen) => seen.status === 'completed');
    expect(codecs(first as never)).toEqual(['PCMU', 'PCMU']);

    await asha.page.evaluate(() => (window as unknown as GuidePage).heard.splice(0));
    const ravi = await SdkPage.open(browser, server, server.bootstrap.users[1]!);
    opened.push(ravi);
    await ravi.register();
    await ravi.dial(server.bootstrap.users[0]!.sip_username);
    await heard(asha, 'incoming');
    await onCall(asha, 'Answer');
    await expectPageTone(ravi.page, 620);
    await onCall(asha, 'Hangup');
    await heard(asha, 'callEnded');
    const second = await admin.expectLastCall(
      'internal',
      (seen) => seen.direction === 'internal' && seen.status === 'completed',
    );
    expect(codecs(second as never)).toEqual(['opus', 'opus']);
    expect(asha.errors).toEqual([]);
  });

  it('[SDK-D2] [SDK-D13] downloads a log that goes back before the reload, without a password or a whole number', async () => {
    const asha = await open();
    await register(asha);
    const from = '+911130000555';
    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '', from });
    await heard(asha, 'incoming');
    await admin.request('DELETE', `/api/v1/simulator/calls/${call.id}`);
    await heard(asha, 'callEnded');
    await asha.page.reload();
    const outlived = await asha.page.evaluate(() => localStorage.getItem('webrtc_sdk_logs') ?? '');
    expect(outlived).toContain('call ringing');
    const download = asha.page.waitForEvent('download');
    await asha.page.evaluate(() => (window as unknown as GuidePage).phone.downloadLogs());
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^webrtc_sdk_logs_\d{4}-\d\d-\d\d\.txt$/);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/\[INFO\] registered\n.*INVITE sip:.*call ringing.*"remote":"\*\*\*0555"/s);
    const stored = await asha.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    for (const kept of [text, stored]) {
      expect(kept).not.toContain(server.bootstrap.users[0]!.sip_password);
      expect(kept).not.toContain(from);
    }
    expect(asha.console).toEqual([]);
  });

  it('[SDK-D9] is ready, and has the microphone of the check back', async () => {
    const asha = await open();
    await register(asha);
    const seen = await asha.page.evaluate(async () => {
      const tracks: MediaStreamTrack[] = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await ask(constraints);
        tracks.push(...stream.getTracks());
        return stream;
      };
      const { phone } = window as unknown as GuidePage;
      const status = await new Promise((resolve) => phone.checkClientStatus(resolve));
      return { status, tracks: tracks.map((track) => track.readyState) };
    });
    expect(seen).toEqual({ status: 'registered', tracks: ['ended'] });
  });

  it('rings with the sound and the cadence that the table says', async () => {
    const asha = await open();
    await register(asha, { country: 'DE' });
    await asha.page.evaluate(() => {
      window.AudioContext = function offline() {
        const context = new OfflineAudioContext(1, 96_000, 48_000);
        Object.defineProperty(context, 'state', { value: 'running' });
        (window as unknown as GuidePage).rendered = context;
        return context;
      } as never;
    });
    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await heard(asha, 'incoming');
    const levels = await asha.page.evaluate(async () => {
      const samples = (await (window as unknown as GuidePage).rendered!.startRendering()).getChannelData(0);
      /** Level of a frequency in a stretch of the sound, seconds (Goertzel). */
      const level = (hertz: number, from: number, to: number) => {
        const part = samples.subarray(from * 48_000, to * 48_000);
        const turn = 2 * Math.cos((2 * Math.PI * hertz) / 48_000);
        let [one, two] = [0, 0];
        for (const sample of part) [one, two] = [sample + turn * one - two, one];
        return (2 * Math.sqrt(Math.max(0, one * one + two * two - turn * one * two))) / part.length;
      };
      return {
        bell: [level(523.25, 0.1, 0.9), level(659.25, 0.1, 0.9)],
        other: level(440, 0.1, 0.9),
        pause: Math.max(level(523.25, 1.1, 1.9), level(659.25, 1.1, 1.9)),
      };
    });
    for (const level of levels.bell) expect(level).toBeCloseTo(0.16, 2); // Germany: one second, then four of silence.
    expect(levels.other).toBeLessThan(0.01);
    expect(levels.pause).toBe(0);
    await admin.request('DELETE', `/api/v1/simulator/calls/${call.id}`);
  });
});
