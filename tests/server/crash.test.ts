import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SdkPage } from '../support/sdk-page.js';

describe('a server that dies', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    admin = new AdminApi(server);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const [asha, bilal] = [0, 1];
  async function agent(index: number): Promise<SdkPage> {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    const page = await SdkPage.open(browser, server, user);
    await page.register();
    return page;
  }

  it('kill -9 during calls: nothing acknowledged is lost, open calls are failed after the restart', async () => {
    const page = await agent(asha);
    const [exophone = ''] = server.bootstrap.exophones;

    // One call that ended before, one that talks and one that rings at the moment of the kill.
    const finished = await admin.simulatedCall({ to: exophone });
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await page.expectEvent('connected');
    // The page is connected when its 200 is sent; the telephone, when ours is. A hang-up in between is no answered call.
    await admin.expectSimulated('the answer', (call) => call.state === 'answered', { id: finished.id });
    await page.onCall('hangup');
    await admin.expectSimulated('the end', (call) => call.state === 'ended', { id: finished.id });
    const ended = await admin.expectLastCall('completed', (call) => call.status === 'completed');

    const before = (await page.events()).length;
    await admin.simulatedCall({ to: exophone });
    await page.expectEvent('incoming', { after: before });
    await page.onCall('answer');
    await page.expectEvent('connected', { after: before });
    const talking = await admin.expectLastCall('in-progress', (call) => call.status === 'in-progress');

    const other = await agent(bilal);
    await other.dial(server.bootstrap.simulated_numbers.no_answer);
    await other.expectEvent('ringing');
    const ringing = await admin.expectLastCall('ringing', (call) => call.status === 'ringing');

    await server.kill();
    await server.restart();

    const recordOf = async (sid: string) => (await admin.request('GET', `/api/v1/calls/${sid}`)).body;
    expect(await recordOf(ended.call_sid)).toEqual(ended);
    for (const open of [talking, ringing]) {
      const record = await recordOf(open.call_sid);
      expect(record).toMatchObject({ status: 'failed', termination: { by: 'platform', reason: 'server-died' } });
      expect(record.ended_at).not.toBeNull();
      for (const leg of record.legs) expect(leg.ended_at).not.toBeNull();
      // Everything that had been acknowledged before is still there.
      expect(record.events.slice(0, open.events.length)).toEqual(open.events);
      expect(record.answered_at).toBe(open.answered_at);
    }
    await other.close();
    await page.close();
  });

  it('kill -9 in the instant of the 200 to a BYE: that end is on record', async () => {
    const user = server.bootstrap.users[asha];
    if (user === undefined) throw new Error('no demo user');
    const { sip_username: name, sip_password: password, sip_domain: domain } = user;
    const credentials = { username: name, password };
    const phone = await SipPhone.start({ server: server.sip, user: name, domain, credentials });
    const ended = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const calls = await Promise.all(
        Array.from({ length: 4 }, () => phone.call(server.bootstrap.simulated_numbers.answer_tone)),
      );
      for (const call of calls) await call.waitForAnswer(10_000);
      for (const call of calls) call.hangup();
      const answered = () => phone.messages.flatMap(({ direction, text }) => byeAnswered(direction, text));
      await eventually(() => answered().some((id) => !ended.has(id)), { timeoutMs: 10_000, everyMs: 0 });
      await server.kill();
      for (const id of answered()) ended.add(id);
      await server.restart();
    }
    const { items } = (await admin.request('GET', '/api/v1/calls?limit=50')).body;
    const details = await Promise.all(
      items.map(
        async ({ call_sid }: { call_sid: string }) => (await admin.request('GET', `/api/v1/calls/${call_sid}`)).body,
      ),
    );
    const byDialog = new Map(details.flatMap((call) => call.legs.map((leg: any) => [leg.sip_call_id, call])));
    expect(ended.size).toBeGreaterThanOrEqual(3);
    for (const id of ended) {
      expect(byDialog.get(id)).toMatchObject({
        status: 'completed',
        termination: { by: 'caller', reason: 'hangup' },
        events: expect.arrayContaining([expect.objectContaining({ type: 'call-ended' })]),
      });
    }
    await phone.stop();
  });

  it('pages come back by themselves after the restart, and take calls', async () => {
    const page = await agent(asha);
    await server.kill();
    await page.expectEvent('unregistered');
    await server.restart();
    const events = await page.events();
    const lost = events.findIndex((event) => event.name === 'unregistered');
    await page.expectEvent('registered', { after: lost, timeoutMs: 30_000 });
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await expectPageTone(page.page, 800);
    await page.onCall('hangup');
    await page.close();
  });

  it('SIGTERM ends calls by BYE: page and telephone hear it, and the record says shutdown', async () => {
    const page = await agent(asha);
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await page.expectEvent('connected');
    const { call_sid } = await admin.expectLastCall('in-progress', (call) => call.status === 'in-progress');
    const restarted = server.restart();
    expect((await page.expectEvent('ended')).data).toMatchObject({ reason: 'remote-hangup' });
    await restarted;
    const record = (await admin.request('GET', `/api/v1/calls/${call_sid}`)).body;
    expect(record.termination).toMatchObject({ by: 'platform', reason: 'shutdown' });
    expect(server.logs()).not.toContain('did not stop');
    await page.close();
  });
});

/** The Call-ID of a BYE's 200 that has come. */
function byeAnswered(direction: 'sent' | 'received', text: string): string[] {
  const isAnswer = direction === 'received' && text.startsWith('SIP/2.0 200') && /^CSeq: \d+ BYE/m.test(text);
  return isAnswer ? [/^Call-ID: (\S+)/m.exec(text)?.[1] ?? ''] : [];
}
