import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { Backend } from '../support/backend.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-page.js';
import { VoiceV1 } from '../support/voice-v1.js';

const micHz = 620;
const patience = 10_000;

describe('a call that a backend places for a user', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let backend: Backend;
  const pages: SdkPage[] = [];
  const phones: SipPhone[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ env: quickSipTimers }), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    backend = await Backend.signIn(server);
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map(async (phone) => [await phone.unregister(), await phone.stop()]));
    await Promise.all(pages.splice(0).map((page) => page.close()));
    await eventually(async () => (await admin.simulatedCalls()).every(({ state }) => state === 'ended'), {
      timeoutMs: patience,
      message: 'every call to end',
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  function asha() {
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    return user;
  }

  async function page(): Promise<SdkPage> {
    const opened = await SdkPage.open(browser, server, asha());
    pages.push(opened);
    await opened.register();
    return opened;
  }

  async function telephone(protocol: 'UDP' | 'TCP' = 'UDP'): Promise<SipPhone> {
    const { sip_username: user, sip_password: password, sip_domain: domain } = asha();
    const credentials = { username: user, password };
    const phone = await SipPhone.start({ server: server.sip, protocol, user, domain, credentials });
    phones.push(phone);
    expect((await phone.register()).status).toBe(200);
    return phone;
  }

  const numbers = () => server.bootstrap.simulated_numbers;
  const place = (to: string) => backend.call(asha().user_id, to);

  describe.each(['UDP', 'TCP'] as const)('whose SIP telephone is registered over %s', (protocol) => {
    it('rings the telephone, then the number: tones both ways, the telephone hangs up', async () => {
      const phone = await telephone(protocol);
      const to = numbers().answer_tone;
      const callSid = await place(to);
      const call = await phone.waitForCall(patience);
      expect(call.request.from.displayName).toBe(to);
      expect(call.request.headers.get('X-Exotel-CallSid')).toBe(callSid);
      expect((await admin.simulatedCalls()).every(({ state }) => state === 'ended')).toBe(true); // Not dialled yet.
      call.answer();
      await call.expectTone(1000, patience);
      call.sendTone(500);
      const seen = await admin.expectSimulated('the tone', ({ hearing_hz: hz }) => near(hz, 500));
      expect(seen).toMatchObject({ from: server.bootstrap.exophones[0], to });
      call.hangup();
      await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id: seen.id });
      const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record).toMatchObject({ call_sid: callSid, direction: 'outbound', termination: { by: 'caller' } });
      expect(record.legs.map(({ role, kind }) => `${role} ${kind}`)).toEqual(['caller telephone', 'callee carrier']);
      const read = await new VoiceV1(server).call(callSid);
      expect(read).toMatchObject({ Direction: 'outbound-api', From: asha().sip_username, To: to });
    });
  });

  it('a telephone hears ringback while the number rings, and its hang-up cancels', async () => {
    const phone = await telephone();
    await place(numbers().no_answer);
    const call = await phone.waitForCall(patience);
    call.answer();
    const isRingback = () => near(call.media.audio.hearingHz ?? null, 425, 30);
    await eventually(isRingback, { timeoutMs: patience, message: 'ringback' });
    await call.expectNoTone(patience); // Its pause.
    await eventually(isRingback, { timeoutMs: patience, message: 'ringback again' });
    call.hangup();
    await admin.expectSimulated('the end', ({ state, end }) => state === 'ended' && end?.cause === 'cancelled');
    const record = await admin.expectLastCall('canceled', ({ status }) => status === 'canceled');
    expect(record.termination).toMatchObject({ by: 'caller', reason: 'cancelled' });
  });

  it("a telephone hears the carrier's own ringing, then the answer", async () => {
    const phone = await telephone();
    await place('+911130000007');
    const call = await phone.waitForCall(patience);
    call.answer();
    await admin.expectLastCall('ringing', ({ legs }) => legs.some((leg) => leg.role === 'callee' && leg.ringing_at));
    await call.expectTone(1000, patience);
    call.hangup();
  });

  it.each([
    ['busy', 486, 'busy'],
    ['reject', 603, 'rejected'],
  ] as const)('a number that is %s: the telephone hears why', async (number, cause, reason) => {
    const phone = await telephone();
    await place(numbers()[number]);
    const call = await phone.waitForCall(patience);
    call.answer();
    expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote', reason: { protocol: 'SIP', cause } });
    const record = await admin.expectLastCall('busy', ({ status }) => status === 'busy');
    expect(record.termination).toMatchObject({ by: 'callee', reason });
  });

  it('a page gets `incoming`, answers, hears the number and is heard; the page hangs up', async () => {
    const agent = await page();
    const to = numbers().answer_tone;
    const callSid = await place(to);
    const incoming = await agent.expectEvent('incoming');
    expect(incoming.data).toMatchObject({ callSid, remote: { displayName: to } });
    await agent.onCall('answer');
    await agent.expectEvent('connected');
    await expectPageTone(agent.page, 1000);
    const seen = await admin.expectSimulated('the microphone', ({ hearing_hz: hz }) => near(hz, micHz));
    await agent.onCall('sendDtmf', '42#');
    await admin.expectSimulated('digits', ({ digits_heard: digits }) => digits === '42#', { id: seen.id });
    await agent.onCall('hangup');
    await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id: seen.id, timeoutMs: 1000 });
    const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    expect(record.legs.map((leg) => leg.quality?.codec)).toEqual(['PCMU', 'PCMU']);
    expect(agent.opened.errors).toEqual([]);
  });

  it('a page holds and takes back; the number hangs up', async () => {
    const agent = await page();
    await place(numbers().answer_tone);
    await agent.expectEvent('incoming');
    await agent.onCall('answer');
    await expectPageTone(agent.page, 1000);
    const seen = await admin.expectSimulated('the microphone', ({ hearing_hz: hz }) => near(hz, micHz));
    await agent.onCall('hold');
    await admin.expectSimulated('silence', ({ hearing_hz: hz }) => hz === null, { id: seen.id });
    await agent.onCall('unhold');
    await admin.expectSimulated('the microphone', ({ hearing_hz: hz }) => near(hz, micHz), { id: seen.id });
    await admin.request('DELETE', `/api/v1/simulator/calls/${seen.id}`);
    expect((await agent.expectEvent('ended')).data).toMatchObject({ reason: 'remote-hangup', by: 'remote' });
    const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    expect(record.termination).toMatchObject({ by: 'callee' });
  });

  it('a page hears ringback', async () => {
    const agent = await page();
    await place(numbers().no_answer);
    await agent.expectEvent('incoming');
    await agent.onCall('answer');
    await eventually(async () => near((await pageTone(agent.page))?.hz ?? null, 425, 40), {
      timeoutMs: patience,
      message: 'ringback in the page',
    });
    await agent.onCall('hangup');
    await admin.expectLastCall('canceled', ({ status }) => status === 'canceled');
  });

  it('a page that declines: the number is never dialled', async () => {
    const agent = await page();
    const before = (await admin.simulatedCalls()).length;
    await place(numbers().answer_tone);
    await agent.expectEvent('incoming');
    await agent.onCall('reject');
    const record = await admin.expectLastCall('busy', ({ status }) => status === 'busy');
    expect(record.termination).toMatchObject({ by: 'caller' });
    expect(await admin.simulatedCalls()).toHaveLength(before);
  });

  it('a user in a call is busy: 404 with 10706, and free again afterwards', async () => {
    const phone = await telephone();
    await place(numbers().answer_tone);
    const call = await phone.waitForCall(patience);
    const refused = await backend.placeCall(asha().user_id, numbers().echo);
    expect(refused.status).toBe(404);
    expect(refused.text).toContain('10706');
    call.reject(486);
    await admin.expectLastCall('busy', ({ status }) => status === 'busy');
    await place(numbers().answer_tone);
    (await phone.waitForCall(patience)).reject(486);
    await admin.expectLastCall('busy', ({ status }) => status === 'busy');
  });

  it('a user without a device that is on and registered: 409 with 1012', async () => {
    const refused = await backend.placeCall(asha().user_id, numbers().echo);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('1012');
  });

  describe('whose telephone line is switched on', () => {
    beforeAll(() => backend.setDevice(asha().user_id, 'phone', true));
    afterAll(() => backend.setDevice(asha().user_id, 'phone', false));

    it('rings page and line together; the line wins and talks to the number', async () => {
      const agent = await page();
      const callSid = await place(numbers().answer_tone);
      await agent.expectEvent('incoming');
      // The line of a demo user rings for a second, answers, and talks.
      expect((await agent.expectEvent('ended')).data).toMatchObject({ reason: 'answered-elsewhere' });
      const talking = ({ legs }: { legs: readonly { answered_at: string | null }[] }) =>
        legs.filter((leg) => leg.answered_at !== null).length === 2;
      const record = await admin.expectLastCall('both to have answered', talking);
      expect(record.call_sid).toBe(callSid);
      const kinds = record.legs.map(({ role, kind }) => `${role} ${kind}`).sort();
      expect(kinds).toEqual(['callee carrier', 'caller browser', 'caller carrier']);
      await eventually(async () => near((await lineOfAsha())?.hearing_hz ?? null, 1000), {
        timeoutMs: patience,
        message: 'the line to hear the number',
      });
      await admin.request('DELETE', `/api/v1/simulator/calls/${(await lineOfAsha())?.id}`);
      const ended = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(ended.termination).toMatchObject({ by: 'caller' });
    });

    it('rings page and line together; the page wins, the line is cancelled', async () => {
      const agent = await page();
      // At once, as an application does: the line would answer in a second.
      await agent.page.evaluate(() => {
        const { client } = window as unknown as { client: any };
        client.on('callAdded', (call: any) => call.answer());
      });
      await place(numbers().answer_tone);
      await expectPageTone(agent.page, 1000);
      expect((await lineOfAsha())?.end?.cause).toBe('cancelled');
      await agent.onCall('hangup');
    });

    it('rings them together for a call that comes in', async () => {
      const agent = await page();
      await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '', from: '+911130000555' });
      await agent.expectEvent('incoming');
      expect((await agent.expectEvent('ended')).data).toMatchObject({ reason: 'answered-elsewhere' });
      const record = await admin.expectLastCall('in progress', ({ status }) => status === 'in-progress');
      await admin.request('DELETE', `/api/v1/simulator/calls/${(await lineOfAsha())?.id}`);
      await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record.direction).toBe('inbound');
    });

    async function lineOfAsha() {
      const calls = (await admin.simulatedCalls()).filter(({ to }) => to === asha().phone);
      return calls.sort((a, b) => a.started_at.localeCompare(b.started_at)).at(-1);
    }
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
  });
});

function near(heard: number | null, hz: number, withinHz = 20): boolean {
  return heard !== null && Math.abs(heard - hz) <= withinHz;
}
