import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SdkPage } from '../support/sdk-page.js';

type Told = [key: string, status: string | number, description: string];

let server: RunningServer;
let browser: TestBrowser;
let page: SdkPage;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: 620 })]);
  const user = server.bootstrap.users[0]!;
  page = await SdkPage.open(browser, server, user);
  await page.page.evaluate(
    ({ domain, userName, secret, sipdomain }) => {
      const window = globalThis as any;
      window.told = [];
      window.phone = new window.exotelSDK.ExotelWebClient();
      window.phone.initWebrtc({ userName, authUser: userName, sipdomain, domain, secret, port: '1', security: 'ws' });
      window.phone.initDiagnostics(
        (_status: string, report: string) => (window.report = report),
        (...line: unknown[]) => window.told.push(line),
      );
    },
    {
      domain: new URL(server.baseUrl).host,
      userName: user.sip_username,
      secret: user.sip_password,
      sipdomain: user.sip_domain,
    },
  );
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const phone = (method: string, ...args: unknown[]) =>
  page.page.evaluate(([name, values]) => (globalThis as any).phone[name](...values), [method, args] as const);

/** Waits for a line that was told under the key. */
function told(key: string, matches: (status: string | number, description: string) => boolean): Promise<Told> {
  return eventually(
    async () => {
      const lines: Told[] = await page.page.evaluate(() => (globalThis as any).told);
      return lines.find((line) => line[0] === key && matches(line[1], line[2]));
    },
    { timeoutMs: 15_000, message: `${key} told` },
  );
}

it('[SDK-D31] the network test is true against our server: registration, socket, and our own STUN', async () => {
  const [, , version] = await told('browserVersion', (status) => status === 'ready');
  expect(version).toMatch(/Chrome\/\d+\./);
  await phone('startNetworkDiagnostics');
  await told('userReg', (status) => status === 'registered');
  const [, , url] = await told('wss', (status) => status === 'connected');
  expect(url).toBe(server.bootstrap.sip_ws_url);
  const [, , line] = await told('srflx', (status) => status === 'connected');
  expect(line).toMatch(/^candidate:.* udp /i);
  await told('host', (status) => status === 'connected');
  await told('udp', (status) => status === 'connected');
  const lines: Told[] = await page.page.evaluate(() => (globalThis as any).told);
  expect(lines.some(([key]) => key === 'relay')).toBe(false); // No TURN server is configured.

  await page.breakSocket();
  await told('wss', (status) => status === 'disconnected');
  await told('userReg', (status) => status === 'unregistered');
  expect(page.opened.errors).toEqual([]);
});

it('the microphone test hears the tone, the speaker test its own ring, and both leave nothing open', async () => {
  await phone('startMicDiagnosticsTest');
  await told('mic', (level, text) => text === 'mic ok' && Number(level) > 0);
  await phone('stopMicDiagnosticsTest', 'yes');
  await phone('startSpeakerDiagnosticsTest');
  await told('speaker', (level, text) => text === 'speaker ok' && Number(level) > 0);
  await phone('stopSpeakerDiagnosticsTest', 'no');
  const report = await eventually(
    async () => {
      const text: string = await page.page.evaluate(() => (globalThis as any).report);
      return text.includes('SPEAKER_TEST_FAIL') ? text : undefined;
    },
    { message: 'the answers in the report' },
  );
  expect(report).toContain('MICROPHONE_TEST_PASS');
  expect(report).not.toContain(server.bootstrap.users[0]!.sip_password);
  expect(page.opened.errors).toEqual([]);
});
