import { createHmac } from 'node:crypto';
import type { SimulatorCallRead } from '@intermix/contracts';
import { eventually } from '@intermix/testkit';
import { expectPageTone, pageTone } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CrmPage } from '../support/crm-page.js';
import { CrmTenant, vendorApi, vendorEdge } from '../support/crm-tenant.js';
import type { Post } from '../support/customer-server.js';
import { errorLines, expectNothingLeft } from '../support/metrics.js';

const micHz = 620;

describe("the vendor's CRM SDK 1.2.2, unmodified", () => {
  let crm: CrmTenant;

  beforeAll(async () => {
    crm = await CrmTenant.start({ micToneHz: micHz });
  });
  afterEach(() => crm.closePages());
  afterAll(() => crm?.stop());

  const numbers = () => crm.server.bootstrap.simulated_numbers;
  const isMic = ({ state, hearing_hz: hz }: SimulatorCallRead) =>
    state === 'answered' && hz !== null && Math.abs(hz - micHz) <= 20;
  const isSilent = ({ state, hearing_hz: hz }: SimulatorCallRead) => state === 'answered' && hz === null;
  const isOver = (told: Post[]) => told.at(-1)?.body.CallState === 'terminal';

  async function expectSilence({ page }: CrmPage): Promise<void> {
    const isQuiet = async () => (await pageTone(page)) === undefined;
    await eventually(isQuiet, { timeoutMs: 10_000, message: 'silence in the page' });
  }

  /** Hangs up in the page: the far end sees it within a second, and the page is told. */
  async function hangUp(page: CrmPage, id: string): Promise<void> {
    await page.run('HangupCall');
    const ended = ({ state }: SimulatorCallRead) => state === 'ended';
    const { end } = await crm.admin.expectSimulated('the end', ended, { id, timeoutMs: 1000 });
    expect(end?.by).toBe('intermix');
    await page.expectEvent('callEnded');
  }

  it('initialises and registers with a bare token, at the names that are compiled into it', async () => {
    const page = await crm.openPage();
    const asked: string[] = [];
    page.page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    page.page.on('websocket', (socket) => asked.push(socket.url().replace(':443', '')));
    expect(await page.start(crm.token, crm.agentId)).toBe(true);
    await page.expectEvent('register registered');
    const root = `https://${vendorApi}/v2/integrations`;
    expect(asked).toEqual([
      `GET ${root}/app`,
      `GET ${root}/app_setting`,
      `GET ${root}/usermapping?user_id=${crm.agentId}`,
      `wss://${vendorEdge}/wss`,
    ]);
    expect(page.opened.errors).toEqual([]);
  });

  it('registers when it is told to, not before', async () => {
    const page = await crm.openPage();
    expect(await page.start(crm.token, crm.agentId, { autoConnect: false })).toBe(true);
    expect(await page.events()).toEqual([]);
    await page.run('RegisterDevice');
    await page.expectEvent('register registered');
    expect(page.opened.errors).toEqual([]);
  });

  it('calls a number, talks both ways, holds, mutes, hangs up; the backend is told of each step', async () => {
    const page = await crm.agentPage();
    const to = numbers().answer_tone;
    const made = await page.makeCall(to);
    expect(made).toMatchObject({ status: 'success', data: { Status: 'Success', Code: 200 } });
    const { Data } = made.data;
    expect(Data).toMatchObject({ ...crm.ids, AppUserID: crm.agentId, Direction: 'outbound' });
    const incoming = await page.expectEvent('incoming');
    expect(incoming.data).toMatchObject({ callSid: Data.CallSid, callFromNumber: to });
    expect(incoming.data.callId).toMatch(/./);
    expect(incoming.data.sipHeaders).toMatchObject({ 'X-Exotel-Callsid': Data.CallSid });
    await page.run('AcceptCall');
    await page.expectEvent('connected');
    await expectPageTone(page.page, 1000);
    const { id } = await crm.admin.expectSimulated('the microphone', isMic);

    await page.run('ToggleHold');
    expect((await page.expectEvent('holdtoggle')).data).toMatchObject({ callSid: Data.CallSid, callFromNumber: to });
    await Promise.all([crm.admin.expectSimulated('silence', isSilent, { id }), expectSilence(page)]);
    await page.run('ToggleHold');
    await Promise.all([crm.admin.expectSimulated('the microphone', isMic, { id }), expectPageTone(page.page, 1000)]);

    await page.run('ToggleMute');
    expect((await page.expectEvent('mutetoggle')).data).toMatchObject({ callSid: Data.CallSid });
    await expectMuted(id);
    await expectPageTone(page.page, 1000); // The other way goes on.
    await page.run('ToggleMute');
    await crm.admin.expectSimulated('the microphone', isMic, { id });

    await hangUp(page, id);
    expect(page.opened.errors).toEqual([]);
    await expectOutboundTold(Data.CallSid, to);
  });

  /** Silence for longer than between two bursts of the microphone. */
  async function expectMuted(id: string): Promise<void> {
    let since: number | undefined;
    const isLong = async () => {
      const call = (await crm.admin.simulatedCalls()).find((one) => one.id === id);
      since = call && isSilent(call) ? (since ?? Date.now()) : undefined;
      return since !== undefined && Date.now() - since > 1500;
    };
    await eventually(isLong, { timeoutMs: 10_000, everyMs: 25, message: 'a muted microphone' });
  }

  /** The flat body of this generation, from the first step to the end, to the one URL for calls that go out. */
  async function expectOutboundTold(callSid: string, to: string): Promise<void> {
    const told = await crm.toldOf(callSid, 'the end of the call', isOver);
    const national = `0${to.slice('+91'.length)}`;
    for (const { path, body } of told) {
      expect(path).toBe('/callback');
      expect(body).toMatchObject({
        ...{ ...crm.ids, AppUserID: crm.agentId, VirtualNumber: crm.virtualNumber, Direction: 'outbound' },
        ...{ DialWhomNumber: national, ToNumber: national, FromNumber: expect.stringMatching(/^sip:/) },
      });
      expect(body).not.toHaveProperty('event');
    }
    const states = told.map(({ body }) => `${body.CallStatus} ${body.CallState}`);
    expect(states.length).toBeGreaterThan(2);
    expect(new Set(states.slice(0, -1))).toEqual(new Set(['busy active']));
    expect(states.at(-1)).toBe('free terminal');
    expect(told.at(-1)?.body.TotalDuration).toBeGreaterThan(0);
  }

  it('hears its own microphone from the echo number; a far end that hangs up is told as callEnded', async () => {
    const page = await crm.agentPage();
    await page.talkTo(numbers().echo);
    await expectPageTone(page.page, micHz);
    const { id } = await crm.admin.expectSimulated('the microphone', isMic);
    await crm.admin.request('DELETE', `/api/v1/simulator/calls/${id}`);
    await page.expectEvent('callEnded', 1000);
    expect(page.opened.errors).toEqual([]);
  });

  it('sends digits, and hears them read back', async () => {
    const page = await crm.agentPage();
    await page.talkTo(numbers().dtmf_readback);
    const { id } = await crm.admin.expectSimulated('the microphone', isMic); // The number has answered too.
    for (const digit of ['1', '*', '#']) await page.run('SendDTMF', digit);
    await crm.admin.expectSimulated('three digits', ({ digits_heard: heard }) => heard === '1*#', { id });
    // 7 is 852 and 1209 Hz, for 200 ms: asked for again until a look falls into it.
    const isPair = async () => {
      const { hz } = (await pageTone(page.page)) ?? { hz: 0 };
      return [852, 1209].some((part) => Math.abs(hz - part) <= 15);
    };
    const readBack = async () => {
      await page.run('SendDTMF', '7');
      return eventually(isPair, { timeoutMs: 1000 });
    };
    await eventually(readBack, { timeoutMs: 10_000, message: 'the digit read back in the page' });
    await hangUp(page, id);
    expect(page.opened.errors).toEqual([]);
  });

  it('takes a call to its ExoPhone, and hangs up; the backend is told by popup and by hang-up', async () => {
    const { exophone, userId } = crm.inbound;
    const page = await crm.agentPage(userId);
    const from = '+911130000777';
    const { id } = await crm.admin.simulatedCall({ to: exophone, from });
    const { data } = await page.expectEvent('incoming');
    expect(data.callFromNumber).toBe(from);
    const [popup] = await crm.toldOf(data.callSid, 'the popup', (told) => told.length === 1);
    expect(popup).toMatchObject({
      path: '/popup',
      body: {
        ...{ ...crm.ids, AppUserID: userId, Direction: 'inbound', CallStatus: 'busy', CallState: 'active' },
        ...{ FromNumber: '01130000777', VirtualNumber: exophone },
      },
    });
    await page.run('AcceptCall');
    await page.expectEvent('connected');
    await expectPageTone(page.page, 800);
    await crm.admin.expectSimulated('the microphone', isMic, { id });
    await hangUp(page, id);
    const told = await crm.toldOf(data.callSid, 'the end of the call', isOver);
    expect(told.map(({ path }) => path)).toEqual(['/popup', '/hangup']);
    expect(told[1]?.body.CallStatus).toBe('free');
    expect(page.opened.errors).toEqual([]);
  });

  it.each([
    ['0 and ten digits', '01130000002', '+911130000002'],
    ['the ten digits of a mobile', '9876543210', '+919876543210'],
    ['the country without a plus', '911130000002', '+911130000002'],
  ])('calls a number that is written as %s', async (_how, written, number) => {
    const page = await crm.agentPage();
    await page.talkTo(written);
    const { to, id } = await crm.admin.expectSimulated('the microphone', isMic);
    expect(to).toBe(number);
    await hangUp(page, id);
    expect(page.opened.errors).toEqual([]);
  });

  it('an agent on two pages: both ring, the one that takes the call talks, the other is told that it is over', async () => {
    const [first, second] = [await crm.agentPage(), await crm.agentPage()];
    const made = await first.makeCall(numbers().answer_tone);
    const rung = await Promise.all([first.expectEvent('incoming'), second.expectEvent('incoming')]);
    for (const { data } of rung) expect(data.callSid).toBe(made.data.Data.CallSid);
    await second.run('AcceptCall');
    await Promise.all([second.expectEvent('connected'), first.expectEvent('callEnded')]);
    await expectPageTone(second.page, 1000);
    const { id } = await crm.admin.expectSimulated('the microphone', isMic);
    await hangUp(second, id);
    expect([...first.opened.errors, ...second.opened.errors]).toEqual([]);
  });

  it("each webhook has an event of its own and a signature by the app's secret", async () => {
    const { posts } = crm.backend;
    expect(posts.length).toBeGreaterThan(10);
    const events = posts.map(({ headers }) => headers['webhook-id']);
    expect(new Set(events).size).toBe(posts.length);
    const { CustomerId, AppId } = crm.ids;
    const path = `/${CustomerId}/apps/${AppId}/webhook-secrets`;
    expect((await crm.api.ask('GET', path, { token: crm.token })).status).toBe(401); // What every agent's page holds.
    const token = await crm.api.tokenOf('customer', crm.server.bootstrap.customer);
    const { status, body } = await crm.api.ask('GET', path, { token });
    expect(status).toBe(200);
    const key = Buffer.from(body.data.secrets[0].secret.replace('whsec_', ''), 'base64');
    for (const { headers, text } of posts) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    }
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(crm.server);
    expect(errorLines(crm.server)).toEqual([]);
  });
});
