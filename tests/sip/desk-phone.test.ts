import { type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const patience = 10_000;

describe('a SIP telephone of a user', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let bilal: SdkPage;
  const phones: SipPhone[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ env: quickSipTimers }), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    bilal = await SdkPage.open(browser, server, userAt(1));
    await bilal.register();
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map(async (phone) => [await phone.unregister(), await phone.stop()]));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  function userAt(index: number) {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    return user;
  }

  /** The first demo user's telephone, registered. */
  async function deskPhone(protocol: 'UDP' | 'TCP'): Promise<SipPhone> {
    const { sip_username: user, sip_password: password, sip_domain: domain } = userAt(0);
    const credentials = { username: user, password };
    const phone = await SipPhone.start({ server: server.sip, protocol, user, domain, credentials });
    phones.push(phone);
    expect((await phone.register()).status).toBe(200);
    return phone;
  }

  describe.each(['UDP', 'TCP'] as const)('over %s', (protocol) => {
    it('calls a number: tones both ways, digits, hangs up', async () => {
      const phone = await deskPhone(protocol);
      const call = await phone.call(server.bootstrap.simulated_numbers.answer_tone);
      await call.waitForAnswer(patience);
      await call.expectTone(1000, patience);
      call.sendTone(500);
      const seen = await admin.expectSimulated('the tone', ({ hearing_hz: hz }) => hz !== null && near(hz, 500));
      call.sendSilence();
      await call.sendDtmf('47#');
      await admin.expectSimulated('digits', ({ digits_heard: digits }) => digits === '47#', { id: seen.id });
      call.hangup();
      await admin.expectSimulated('the end', ({ state }) => state === 'ended', { id: seen.id });
      const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record).toMatchObject({ direction: 'outbound', termination: { by: 'caller' } });
      expect(record.legs.map(({ role, kind }) => `${role} ${kind}`).sort()).toEqual([
        'callee carrier',
        'caller telephone',
      ]);
    });

    it('is rung by a number: tones both ways, the number hangs up', async () => {
      const phone = await deskPhone(protocol);
      const simulated = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
      const call = await phone.waitForCall(patience);
      call.answer();
      await call.expectTone(800, patience);
      call.sendTone(500);
      await admin.expectSimulated('the tone', ({ hearing_hz: hz }) => hz !== null && near(hz, 500), {
        id: simulated.id,
      });
      await admin.request('DELETE', `/api/v1/simulator/calls/${simulated.id}`);
      expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote' });
      const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record).toMatchObject({ direction: 'inbound', termination: { by: 'caller' } });
    });

    it('calls a browser: G.711 end to end, digits, the browser hangs up', async () => {
      const phone = await deskPhone(protocol);
      const { sip_username: name, sip_domain: domain } = bilal.user;
      const after = (await bilal.events()).length;
      const call = await phone.call(`sip:${name}@${domain}`);
      await bilal.expectEvent('incoming', { after });
      await bilal.onCall('answer');
      await call.waitForAnswer(patience);
      call.sendTone(900);
      await expectPageTone(bilal.page, 900);
      await call.expectTone(micHz, patience);
      await bilal.onCall('sendDtmf', '5*');
      await call.expectDigits('5*', patience);
      await bilal.onCall('hangup');
      expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote' });
      const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record).toMatchObject({ direction: 'internal', termination: { by: 'callee' } });
      expect(record.legs.map((leg) => leg.quality?.codec)).toEqual(['PCMU', 'PCMU']);
      const kinds = record.legs.map(({ role, kind }) => `${role} ${kind}`).sort();
      expect(kinds).toEqual(['callee browser', 'caller telephone']);
    });

    it('is called by a browser, which it puts on hold and takes back, and hangs up', async () => {
      const phone = await deskPhone(protocol);
      const after = (await bilal.events()).length;
      await bilal.dial(`sip:${phone.user}@${phone.domain}`);
      const call = await phone.waitForCall(patience);
      await bilal.expectEvent('ringing', { after });
      call.answer();
      await bilal.expectEvent('connected', { after });
      await call.expectTone(micHz, patience);
      await call.hold();
      await call.expectNoTone(patience);
      await call.resume();
      await call.expectTone(micHz, patience);
      call.hangup();
      expect((await bilal.expectEvent('ended', { after })).data).toMatchObject({ by: 'remote' });
    });
  });

  it('a telephone and the browsers of a user ring together; the telephone answers first', async () => {
    const phone = await deskPhone('UDP');
    const after = (await bilal.events()).length;
    await admin.simulatedCall({ to: server.bootstrap.exophones[1] ?? '' });
    const call = await phone.waitForCall(patience);
    await bilal.expectEvent('incoming', { after });
    call.answer();
    expect((await bilal.expectEvent('ended', { after })).data).toMatchObject({ reason: 'answered-elsewhere' });
    await call.expectTone(800, patience);
    call.hangup();
  });

  it('leaves nothing behind, and no error in the log', async () => {
    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
    expect(bilal.opened.errors).toEqual([]);
  });
});

function near(heard: number, hz: number): boolean {
  return Math.abs(heard - hz) <= 20;
}
