import { eventually } from '@intermix/testkit';
import { expectPageTone } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CrmTenant, vendorApi } from '../support/crm-tenant.js';
import type { Post } from '../support/customer-server.js';
import { errorLines } from '../support/metrics.js';

/** The SDK's own line about a refusal, and the browser's about the status. */
const provoked = [/\[crm-websdk\]/, /status of 40\d/];

describe("what the vendor's CRM SDK makes of refusals and losses", () => {
  let crm: CrmTenant;

  beforeAll(async () => {
    crm = await CrmTenant.start({ micToneHz: 620 });
  });
  afterEach(() => crm.closePages());
  afterAll(() => crm?.stop());

  const numbers = () => crm.server.bootstrap.simulated_numbers;
  const isOver = (told: Post[]) => told.at(-1)?.body.CallState === 'terminal';

  describe('Initialize resolves to undefined, with the answer read as JSON', () => {
    it.each([
      ['an unknown user', () => crm.token, 'nobody', /User mapping not found for user_id: nobody/],
      ['an unknown token', () => 'not-a-token', 'asha', /Error fetching app\. Status: 401, Error: ".+"/],
      ["a customer's token", () => customerToken(), 'asha', /Error fetching app\. Status: 40[01], Error: ".+"/],
    ])('for %s', async (_who, token, userId, complaint) => {
      const page = await crm.openPage();
      expect(await page.start(await token(), userId)).toBe(false);
      expect(page.opened.errors.join('\n')).toMatch(complaint);
      expect(page.errorsBeside(...provoked)).toEqual([]);
    });

    const customerToken = () => crm.api.tokenOf('customer', crm.server.bootstrap.customer);

    it('for a token that was revoked; then works with another', async () => {
      const token = await crm.api.tokenOf('app', crm.server.bootstrap.app);
      await crm.api.data('DELETE', '/token', { token });
      const page = await crm.openPage();
      expect(await page.start(token, crm.agentId)).toBe(false);
      expect(page.opened.errors.join('\n')).toMatch(/Error fetching app\. Status: 401/);
      expect(await page.start(crm.token, crm.agentId)).toBe(true);
      await page.expectEvent('register registered');
    });
  });

  it('a second call of a busy agent fails, with 10706 in the answer; the first goes on', async () => {
    const page = await crm.agentPage();
    await page.talkTo(numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    expect(await page.makeCall(numbers().echo)).toEqual({ status: 'failed', data: 'Not Found' });
    const { CustomerId: customer_id, AppId: app_id } = crm.ids;
    const answer = await page.page.evaluate(askFromPage, {
      url: `https://${vendorApi}/v2/integrations/call/outbound_call`,
      token: crm.token,
      body: { customer_id, app_id, to: numbers().echo, user_id: crm.agentId },
    });
    expect(answer).toMatchObject({ status: 404, body: { Status: 'Failed', Code: 404, Data: null } });
    expect(JSON.parse(answer.body.Error).response.error_data.code).toBe(10706);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    expect(page.errorsBeside(...provoked)).toEqual([]);
  });

  it('what is no number: the call fails, with the field in the answer', async () => {
    const page = await crm.agentPage();
    expect(await page.makeCall('nobody')).toEqual({ status: 'failed', data: 'Bad Request' });
    expect(page.opened.errors.join('\n')).toMatch(/error making call: Bad Request \{.*"Error":"[^}]*\\"to\\"/);
    expect(page.errorsBeside(...provoked)).toEqual([]);
  });

  it('an agent that does not take its own call: the number is never dialled', async () => {
    const page = await crm.agentPage();
    const before = (await crm.admin.simulatedCalls()).length;
    const made = await page.makeCall(numbers().answer_tone);
    await page.expectEvent('incoming');
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    await crm.toldOf(made.data.Data.CallSid, 'the end of the call', isOver);
    expect(await crm.admin.simulatedCalls()).toHaveLength(before);
    expect(page.opened.errors).toEqual([]);
  });

  it('a number that is busy ends the call', async () => {
    const page = await crm.agentPage();
    const { callSid } = await page.talkTo(numbers().busy);
    await page.expectEvent('callEnded');
    const told = await crm.toldOf(callSid, 'the end of the call', isOver);
    expect(told.at(-1)).toMatchObject({ path: '/callback', body: { CallStatus: 'free', AppUserID: crm.agentId } });
    expect(page.opened.errors).toEqual([]);
  });

  it('declines a call: the caller is refused, the page is told, the backend hears of a missed call', async () => {
    const { exophone, userId } = crm.inbound;
    const page = await crm.agentPage(userId);
    const { id } = await crm.admin.simulatedCall({ to: exophone });
    const { data } = await page.expectEvent('incoming');
    await page.run('HangupCall');
    await crm.admin.expectSimulated('busy', ({ end }) => end?.sip_status === 486, { id });
    await page.expectEvent('callEnded');
    const told = await crm.toldOf(data.callSid, 'the missed call', (of) => of.length === 2);
    expect(told.map(({ path }) => path)).toEqual(['/popup', '/missed']);
    expect(page.opened.errors).toEqual([]);
  });

  it('unregisters, cannot call, and registers again', async () => {
    const page = await crm.agentPage();
    await page.run('UnRegisterDevice');
    await page.expectEvent('register unregistered');
    // 409 with 1012: no device. The SDK says `unregistered` before it is.
    const isOff = async () => (await page.makeCall(numbers().echo)).data === 'Conflict';
    await eventually(isOff, { timeoutMs: 10_000, message: 'the call to be refused' });
    await page.forget();
    await page.run('RegisterDevice');
    await page.expectEvent('register registered');
    await page.talkTo(numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
    expect(page.errorsBeside(...provoked)).toEqual([]);
  });

  it('a page that is closed in a call: the far end is let go', async () => {
    const page = await crm.agentPage();
    await page.talkTo(numbers().answer_tone);
    const { id } = await crm.admin.expectSimulated('the answer', ({ state }) => state === 'answered');
    await page.close();
    await crm.admin.expectSimulated('the end', ({ end }) => end?.by === 'intermix', { id, timeoutMs: 20_000 });
  });

  it('finds a server again that was away, by itself, and calls with the same token', async () => {
    const page = await crm.agentPage();
    await page.forget();
    await crm.server.restart();
    await page.expectEvent('register registered', 20_000); // It tries each five seconds.
    await page.talkTo(numbers().answer_tone);
    await expectPageTone(page.page, 1000);
    await page.run('HangupCall');
    await page.expectEvent('callEnded');
  });

  it('a page of an origin that may not call the API: the browser keeps the answer from it', async () => {
    await crm.server.restart({ INTERMIX_API_ORIGINS: 'https://crm.example' });
    const page = await crm.openPage();
    expect(await page.start(crm.token, crm.agentId)).toBe(false);
    expect(page.opened.errors.join('\n')).toMatch(/blocked by CORS policy/);
  });

  it('has written no error', () => {
    expect(errorLines(crm.server)).toEqual([]);
  });
});

/** Runs in the page: what the SDK asks, with all of the answer. */
async function askFromPage({ url, token, body }: { url: string; token: string; body: unknown }) {
  const headers = { Authorization: token, 'Content-Type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
