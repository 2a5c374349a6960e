import type { CallRead } from '@intermix/contracts';
import { eventually, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { launchBrowser, pageTone, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SdkPage } from '../support/sdk-page.js';

const patience = 10_000;

describe('a call placed for a user, when something breaks', () => {
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

  function userAt(index: number) {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    return user;
  }

  async function telephone(index: number): Promise<SipPhone> {
    const { sip_username: user, sip_password: password, sip_domain: domain } = userAt(index);
    const phone = await SipPhone.start({ server: server.sip, user, domain, credentials: { username: user, password } });
    expect((await phone.register()).status).toBe(200);
    return phone;
  }

  async function place(index: number, to = server.bootstrap.simulated_numbers.no_answer): Promise<string> {
    const order = { app_id: server.bootstrap.app.id, user_id: userAt(index).user_id, to };
    const { status, body } = await admin.request('POST', '/api/v1/calls', order);
    expect([status, body.user_id]).toEqual([201, userAt(index).user_id]);
    return body.call_sid;
  }

  const recordOf = async (callSid: string) => (await admin.request('GET', `/api/v1/calls/${callSid}`)).body;

  /** The user has answered and the number rings. */
  async function ringingCall(index: number) {
    const phone = await telephone(index);
    const callSid = await place(index);
    const call = await phone.waitForCall(patience);
    call.answer();
    await admin.expectSimulated('that it rings', ({ state }) => state !== 'ended');
    const rings = async () =>
      (await recordOf(callSid)).legs.some((leg: any) => leg.role === 'callee' && leg.ringing_at);
    await eventually(rings, { timeoutMs: patience, message: 'the number to ring' });
    return { phone, call, callSid };
  }

  it('kill -9 while the user rings, and while the number does: both calls are failed after the restart', async () => {
    const first = await telephone(0);
    const ringsAtUser = await place(0);
    await first.waitForCall(patience);
    const second = await ringingCall(1);
    const events = (await recordOf(second.callSid)).events;
    await server.kill();
    await server.restart();
    for (const callSid of [ringsAtUser, second.callSid]) {
      const record = await recordOf(callSid);
      expect(record).toMatchObject({ status: 'failed', termination: { reason: 'server-died' } });
      for (const leg of record.legs) expect(leg.ended_at).not.toBeNull();
    }
    expect((await recordOf(second.callSid)).events.slice(0, events.length)).toEqual(events);
    await Promise.all([first.stop(), second.phone.stop()]);
  });

  it('SIGTERM while the number rings: the user hears BYE with the reason, and the record says shutdown', async () => {
    const { phone, call, callSid } = await ringingCall(0);
    await server.restart();
    expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote', reason: { cause: 503 } });
    expect(await recordOf(callSid)).toMatchObject({ status: 'failed', termination: { reason: 'shutdown' } });
    await phone.stop();
  });

  it('the media process dies while the number rings: both sides hear it, and the next call is placed', async () => {
    const { phone, call, callSid } = await ringingCall(0);
    const pid = /"mediaPid":(\d+)/g;
    process.kill(Number([...server.logs().matchAll(pid)].at(-1)?.[1]), 'SIGKILL');
    expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote' });
    await admin.expectSimulated('the end', ({ state, end }) => state === 'ended' && end?.cause === 'cancelled');
    const isLost = async () => (await recordOf(callSid)).termination?.reason === 'media-lost';
    await eventually(isLost, { timeoutMs: patience, message: 'the record of the loss' });
    await eventually(async () => (await fetch(`${server.baseUrl}/readyz`)).ok, { timeoutMs: patience });
    await place(0, server.bootstrap.simulated_numbers.answer_tone);
    const next = await phone.waitForCall(patience);
    next.answer();
    await next.expectTone(1000, patience);
    next.hangup();
    await phone.unregister();
    await phone.stop();
  });

  it('the connection of a page breaks while the number rings: ringback goes on, and hang-up still cancels', async () => {
    const page = await SdkPage.open(browser, server, userAt(0));
    await page.register();
    await place(0);
    await page.expectEvent('incoming');
    await page.onCall('answer');
    const hears = async () => (await pageTone(page.page)) !== undefined;
    await eventually(hears, { timeoutMs: patience, message: 'ringback' });
    const rings = ({ legs }: CallRead) => legs.filter(({ ringing_at }) => ringing_at !== null).length === 2;
    await admin.expectLastCall('that the number rings', rings);
    const before = (await page.events()).length;
    await page.breakSocket();
    await page.expectEvent('registered', { after: before });
    await eventually(hears, { timeoutMs: patience, message: 'ringback after the break' });
    await page.onCall('hangup');
    await admin.expectSimulated('the end', ({ state, end }) => state === 'ended' && end?.cause === 'cancelled');
    const record = await admin.expectLastCall('canceled', ({ status }) => status === 'canceled');
    expect(record.events.map(({ type }) => type)).toEqual([
      'call-created',
      'leg-ringing',
      'leg-answered',
      'leg-ringing',
      'leg-flow-broken',
      'leg-flow-restored',
      'call-ended',
    ]);
    await page.close();
  });
});
