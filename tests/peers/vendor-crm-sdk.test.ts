import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { SimulatorCallRead } from '@intermix/contracts';
import { eventually, type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { CrmPage, startCrmSite } from '../support/crm-page.js';
import { CustomerServer, type Post } from '../support/customer-server.js';
import { IntegrationsApi } from '../support/integrations.js';
import { errorLines, expectNothingLeft } from '../support/metrics.js';
import type { PageServer } from '../support/page-server.js';

const micHz = 620;
const folder = join(repositoryRoot(), 'packages', 'sip', 'testdata', 'tls');
const certificate = {
  INTERMIX_TLS_CERT_FILE: join(folder, 'cert.pem'),
  INTERMIX_TLS_KEY_FILE: join(folder, 'key.pem'),
};
/** Compiled into the SDK: its API and its SIP edge. */
const vendorApi = 'integrationscore.mum1.exotel.com';
const vendorHosts = [vendorApi, 'voip.in1.exotel.com'];
/** A plus sign: the SDK puts ids into the address as they are. */
const agentId = 'asha+crm@acme.example';

describe("the vendor's CRM SDK 1.2.2, unmodified", () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let site: PageServer;
  let receiver: CustomerServer;
  let admin: AdminApi;
  let api: IntegrationsApi;
  let customerToken: string;
  let token: string;
  const pages: CrmPage[] = [];

  beforeAll(async () => {
    // `fetch` in this process has no other way to take the test's certificate.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    [server, site, receiver] = await Promise.all([
      startServer({ env: certificate }),
      startCrmSite(),
      CustomerServer.start(),
    ]);
    const { host } = new URL(server.baseUrl);
    // The vendor's names lead to the server; no other name may be looked up from here, nor the SDK's public STUN server.
    const rules = [...vendorHosts.map((name) => `MAP ${name}:443 ${host}`), 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'];
    browser = await launchBrowser({ micToneHz: micHz, args: [`--host-resolver-rules=${rules.join(' , ')}`] });
    admin = new AdminApi(server);
    api = new IntegrationsApi(server);
    await setUp();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    const isOver = async () => (await admin.simulatedCalls()).every(({ state }) => state === 'ended');
    await eventually(isOver, { timeoutMs: 10_000, message: 'every call to end' });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await server?.stop();
    await receiver?.stop();
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });

  /** What a backend does once, by the documented calls: where it is told of calls, and an agent. */
  async function setUp(): Promise<void> {
    const { customer, app, exophones } = server.bootstrap;
    customerToken = await api.tokenOf('customer', customer);
    token = await api.tokenOf('app', app);
    const urls = {
      popup: '/popup',
      callback: '/callback',
      incomingCallHangup: '/hangup',
      missedCall: '/missed',
    };
    for (const [Key, path] of Object.entries(urls))
      await api.data('POST', '/app_setting', { token, body: { Key, Value: receiver.url + path } });
    const names = { AppUsername: 'Ashalata Verma', ExotelUserName: 'Ashalata Verma', Email: agentId };
    const agent = api.user(agentId, { ...names, VirtualNumber: exophones[1] });
    await api.data('POST', '/usermapping', { token, body: [agent] });
  }

  async function open(): Promise<CrmPage> {
    const page = await CrmPage.open(browser, site);
    pages.push(page);
    return page;
  }

  /** A page whose agent is registered. */
  async function agentPage(userId = agentId): Promise<CrmPage> {
    const page = await open();
    expect(await page.start(token, userId)).toBe(true);
    await page.expectEvent('register registered');
    return page;
  }

  /** A call that the agent places and takes, as a CRM does. */
  async function talking(page: CrmPage, to: string): Promise<{ callSid: string }> {
    const made = await page.makeCall(to);
    expect(made).toMatchObject({ status: 'success', data: { Status: 'Success', Code: 200 } });
    await page.expectEvent('incoming');
    await page.run('AcceptCall');
    await page.expectEvent('connected');
    return { callSid: made.data.Data.CallSid };
  }

  const ids = () => ({ CustomerId: server.bootstrap.customer.id, AppId: server.bootstrap.app.id });
  /** The agent whom the first ExoPhone rings. */
  const numberOwner = () => server.bootstrap.users[0]?.user_id ?? '';
  const numbers = () => server.bootstrap.simulated_numbers;
  const isMic = ({ state, hearing_hz: hz }: SimulatorCallRead) =>
    state === 'answered' && hz !== null && Math.abs(hz - micHz) <= 20;
  const isSilent = ({ state, hearing_hz: hz }: SimulatorCallRead) => state === 'answered' && hz === null;
  const silence = (page: CrmPage) =>
    eventually(async () => (await pageTone(page.page)) === undefined, {
      timeoutMs: 10_000,
      message: 'silence in the page',
    });

  /** Nothing but what the test provoked: the SDK's own line about it, and the browser's about the status. */
  function expectErrors(page: CrmPage, ...allowed: RegExp[]): void {
    expect(page.opened.errors.filter((line) => !allowed.some((pattern) => pattern.test(line)))).toEqual([]);
  }

  it('initialises and registers with a bare token, at the names that are compiled into it', async () => {
    const page = await open();
    const asked: string[] = [];
    page.page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    page.page.on('websocket', (socket) => asked.push(socket.url()));
    expect(await page.start(token, agentId)).toBe(true);
    await page.expectEvent('register registered');
    const root = `https://${vendorApi}/v2/integrations`;
    expect(asked).toEqual([
      `GET ${root}/app`,
      `GET ${root}/app_setting`,
      `GET ${root}/usermapping?user_id=${agentId}`,
      expect.stringMatching(/^wss:\/\/voip\.in1\.exotel\.com(:443)?\/wss$/),
    ]);
    expectErrors(page);
  });

  it('calls a number, talks both ways, holds, mutes, hangs up; the backend is told of each step', async () => {
    const page = await agentPage();
    const to = numbers().answer_tone;
    const made = await page.makeCall(to);
    expect(made.status).toBe('success');
    const { Data } = made.data;
    expect(Data).toMatchObject({ ...ids(), AppUserID: agentId, Direction: 'outbound' });
    const incoming = await page.expectEvent('incoming');
    expect(incoming.data).toMatchObject({ callSid: Data.CallSid, callFromNumber: to });
    expect(incoming.data.callId).toMatch(/./);
    expect(incoming.data.sipHeaders).toMatchObject({ 'X-Exotel-Callsid': Data.CallSid });
    await page.run('AcceptCall');
    await page.expectEvent('connected');
    await expectPageTone(page.page, 1000);
    const { id } = await admin.expectSimulated('the microphone', isMic);

    await page.run('ToggleHold');
    expect((await page.expectEvent('holdtoggle')).data).toMatchObject({ callSid: Data.CallSid, callFromNumber: to });
    await Promise.all([admin.expectSimulated('silence', isSilent, { id }), silence(page)]);
    await page.run('ToggleHold');
    await Promise.all([admin.expectSimulated('the microphone', isMic, { id }), expectPageTone(page.page, 1000)]);

    await page.run('ToggleMute');
    expect((await page.expectEvent('mutetoggle')).data).toMatchObject({ callSid: Data.CallSid });
    await admin.expectSimulated('silence', isSilent, { id });
    await expectPageTone(page.page, 1000); // The other way goes on.
    await page.run('ToggleMute');
    await admin.expectSimulated('the microphone', isMic, { id });

    await page.run('HangupCall');
    const end = await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: 1000 });
    expect(end.end?.by).toBe('intermix');
    await page.expectEvent('callEnded');
    expectErrors(page);
    await expectOutboundTold(Data.CallSid, to);
  });

  /** Waits until what the backend was told of a call is as wanted, and gives that. */
  async function toldOf(callSid: string, what: string, holds: (told: Post[]) => boolean): Promise<Post[]> {
    const ofCall = () => receiver.posts.filter(({ body }) => body.CallSid === callSid);
    const look = () => (holds(ofCall()) ? ofCall() : undefined);
    return eventually(look, { timeoutMs: 10_000, message: what }).catch((error) => {
      throw new Error(`${error.message}; told: ${ofCall().map(({ path, text }) => path + text)}`);
    });
  }

  /** The flat body of this generation, from the first step to the end. */
  async function expectOutboundTold(callSid: string, to: string): Promise<void> {
    const isOver = (told: Post[]) => told.some(({ body }) => body.CallState === 'terminal');
    const told = await toldOf(callSid, 'the end of the call', isOver);
    expect(new Set(told.map(({ path }) => path))).toEqual(new Set(['/callback']));
    const national = `0${to.slice('+91'.length)}`;
    for (const { body } of told) {
      expect(body).toMatchObject({
        ...{ ...ids(), ExotelAccountSid: server.bootstrap.account.sid },
        ...{ AppUserID: agentId, VirtualNumber: server.bootstrap.exophones[1], Direction: 'outbound' },
        ...{ DialWhomNumber: national, ToNumber: national, FromNumber: expect.stringMatching(/^sip:/) },
      });
      expect(body).not.toHaveProperty('event');
    }
    const states = told.map(({ body }) => `${body.CallStatus} ${body.CallState}`);
    expect(states.slice(0, -1).every((state) => state === 'busy active')).toBe(true);
    expect(states.at(-1)).toBe('free terminal');
    expect(told.at(-1)?.body.TotalDuration).toBeGreaterThan(0);
  }

  it('hears its own microphone from the echo number; a far end that hangs up is told as callEnded', async () => {
    const page = await agentPage();
    await talking(page, numbers().echo);
    await expectPageTone(page.page, micHz);
    const { id } = await admin.expectSimulated('the microphone', isMic);
    await admin.request('DELETE', `/api/v1/simulator/calls/${id}`);
    await page.expectEvent('callEnded', 1000);
    expectErrors(page);
  });

  it('sends digits, and hears them read back', async () => {
    const page = await agentPage();
    await talking(page, numbers().dtmf_readback);
    const { id } = await admin.expectSimulated('the microphone', isMic); // The number has answered too.
    for (const digit of ['1', '*', '#']) await page.run('SendDTMF', digit);
    await admin.expectSimulated('three digits', ({ digits_heard: heard }) => heard === '1*#', { id });
    // 7 is 852 and 1209 Hz, for 200 ms: asked for again until a look falls into it.
    const readBack = async () => {
      await page.run('SendDTMF', '7');
      const isPair = async () => {
        const { hz } = (await pageTone(page.page)) ?? { hz: 0 };
        return [852, 1209].some((part) => Math.abs(hz - part) <= 15);
      };
      return eventually(isPair, { timeoutMs: 1000 });
    };
    await eventually(readBack, { timeoutMs: 10_000, message: 'the digit read back in the page' });
    await page.run('HangupCall');
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: 1000 });
    await page.expectEvent('callEnded');
    expectErrors(page);
  });

  it('takes a call to its ExoPhone, and hangs up; the backend is told by popup and by hang-up', async () => {
    const page = await agentPage(numberOwner());
    const from = '+911130000777';
    const [exophone = ''] = server.bootstrap.exophones;
    const { id } = await admin.simulatedCall({ to: exophone, from });
    const { data } = await page.expectEvent('incoming');
    expect(data.callFromNumber).toBe(from);
    const [popup] = await toldOf(data.callSid, 'the popup', (told) => told.length === 1);
    expect(popup).toMatchObject({
      path: '/popup',
      body: {
        ...{ ...ids(), CallSid: data.callSid, AppUserID: numberOwner(), Direction: 'inbound' },
        ...{ CallStatus: 'busy', CallState: 'active', FromNumber: '01130000777', VirtualNumber: exophone },
      },
    });
    await page.run('AcceptCall');
    await page.expectEvent('connected');
    await expectPageTone(page.page, 800);
    await admin.expectSimulated('the microphone', isMic, { id });
    await page.run('HangupCall');
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: 1000 });
    const told = await toldOf(data.callSid, 'the end', (of) => of.length === 2);
    expect(told[1]).toMatchObject({ path: '/hangup', body: { CallStatus: 'free', CallState: 'terminal' } });
    expectErrors(page);
  });

  it('declines a call: the caller is refused, the page is told, the backend hears of a missed call', async () => {
    const page = await agentPage(numberOwner());
    const { id } = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    const { data } = await page.expectEvent('incoming');
    await page.run('HangupCall');
    await admin.expectSimulated('busy', ({ end }) => end?.sip_status === 486, { id });
    await page.expectEvent('callEnded');
    const told = await toldOf(data.callSid, 'the missed call', (of) => of.length === 2);
    expect(told.map(({ path }) => path)).toEqual(['/popup', '/missed']);
    expectErrors(page);
  });

  it('a second call of a busy agent fails, with 10706 in the answer; the first goes on', async () => {
    const page = await agentPage();
    await talking(page, numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    expect(await page.makeCall(numbers().echo)).toEqual({ status: 'failed', data: 'Not Found' });
    const answer = await page.page.evaluate(askFromPage, {
      url: `https://${vendorApi}/v2/integrations/call/outbound_call`,
      token: token,
      body: { to: numbers().echo, user_id: agentId },
    });
    expect(answer).toMatchObject({ status: 404, body: { Status: 'Failed', Code: 404, Data: null } });
    expect(JSON.parse(answer.body.Error).response.error_data.code).toBe(10706);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    expectErrors(page, /status of 404/, /\[crm-websdk\]/);
  });

  it.each([
    ['0 and ten digits', '01130000002', '+911130000002'],
    ['the ten digits of a mobile', '9876543210', '+919876543210'],
    ['the country without a plus', '911130000002', '+911130000002'],
  ])('calls a number that is written as %s', async (_how, written, number) => {
    const page = await agentPage();
    await talking(page, written);
    const { to } = await admin.expectSimulated('the microphone', isMic);
    expect(to).toBe(number);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    expectErrors(page);
  });

  it('an agent that does not take its own call: the number is never dialled', async () => {
    const page = await agentPage();
    const before = (await admin.simulatedCalls()).length;
    const made = await page.makeCall(numbers().answer_tone);
    await page.expectEvent('incoming');
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    const isOver = (told: Post[]) => told.at(-1)?.body.CallState === 'terminal';
    await toldOf(made.data.Data.CallSid, 'the end of the call', isOver);
    expect(await admin.simulatedCalls()).toHaveLength(before);
    expectErrors(page);
  });

  it('a number that is busy ends the call', async () => {
    const page = await agentPage();
    const { callSid } = await talking(page, numbers().busy);
    await page.expectEvent('callEnded');
    const told = await toldOf(callSid, 'the end of the call', (of) => of.at(-1)?.body.CallState === 'terminal');
    expect(told.at(-1)).toMatchObject({ path: '/callback', body: { CallStatus: 'free', AppUserID: agentId } });
    expectErrors(page);
  });

  it('what is no number: the call fails, with the field in the answer', async () => {
    const page = await agentPage();
    expect(await page.makeCall('nobody')).toEqual({ status: 'failed', data: 'Bad Request' });
    expect(page.opened.errors.join('\n')).toMatch(/error making call: Bad Request \{.*"Error":"[^}]*\\"to\\"/);
    expectErrors(page, /status of 400/, /\[crm-websdk\]/);
  });

  it('unregisters, cannot call, and registers again', async () => {
    const page = await agentPage();
    await page.run('UnRegisterDevice');
    await page.expectEvent('register unregistered');
    const isOff = async () => (await page.makeCall(numbers().echo)).status === 'failed';
    await eventually(isOff, { timeoutMs: 10_000, message: 'the call to be refused' });
    await page.forget();
    await page.run('RegisterDevice');
    await page.expectEvent('register registered');
    await talking(page, numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
  });

  it('registers when it is told to, not before', async () => {
    const page = await open();
    expect(await page.start(token, agentId, { autoConnect: false })).toBe(true);
    expect(await page.events()).toEqual([]);
    await page.run('RegisterDevice');
    await page.expectEvent('register registered');
    expectErrors(page);
  });

  describe('Initialize resolves to undefined, with the answer read as JSON', () => {
    it.each([
      ['an unknown user', () => token, 'nobody', /User mapping not found for user_id: nobody/],
      ['an unknown token', () => 'not-a-token', agentId, /Error fetching app\. Status: 401, Error: ".+"/],
      ["a customer's token", () => customerToken, agentId, /Error fetching app\. Status: 40[01], Error: ".+"/],
    ])('for %s', async (_who, accessToken, userId, complaint) => {
      const page = await open();
      expect(await page.start(accessToken(), userId)).toBe(false);
      expect(page.opened.errors.join('\n')).toMatch(complaint);
      expectErrors(page, /status of 40[014]/, /\[crm-websdk\] Initialization failed {2}Error: /);
    });

    it('for a token that was revoked, and works with a new one', async () => {
      const revoked = await api.tokenOf('app', server.bootstrap.app);
      await api.data('DELETE', '/token', { token: revoked });
      const page = await open();
      expect(await page.start(revoked, agentId)).toBe(false);
      expect(page.opened.errors.join('\n')).toMatch(/Error fetching app\. Status: 401/);
      expect(await page.start(token, agentId)).toBe(true);
      await page.expectEvent('register registered');
    });
  });

  it('finds a server again that was away, by itself, and calls with the same token', async () => {
    const page = await agentPage();
    await page.forget();
    await server.restart();
    await page.expectEvent('register registered', 20_000); // It tries each five seconds.
    await talking(page, numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });

  it("each webhook has an event of its own and a signature by the app's secret", async () => {
    expect(receiver.posts.length).toBeGreaterThan(10);
    const ids = receiver.posts.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    const { customer, app } = server.bootstrap;
    const { status, body } = await api.ask('GET', `/${customer.id}/apps/${app.id}/webhook-secrets`, { token });
    expect(status).toBe(200);
    const key = Buffer.from(body.data.secrets[0].secret.replace('whsec_', ''), 'base64');
    for (const { headers, text } of receiver.posts) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    }
  });
});

/** Runs in the page: what the SDK asks, with all of the answer. */
async function askFromPage({ url, token, body }: { url: string; token: string; body: unknown }) {
  const headers = { Authorization: token, 'Content-Type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
