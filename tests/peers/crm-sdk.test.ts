import type { SimulatorCallRead } from '@intermix/contracts';
import { eventually } from '@intermix/testkit';
import { expectPageTone, pageTone } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CrmPage } from '../support/crm-page.js';
import { CrmTenant } from '../support/crm-tenant.js';
import type { Post } from '../support/customer-server.js';
import { errorLines } from '../support/metrics.js';

const micHz = 620;

const isMic = ({ state, hearing_hz: hz }: SimulatorCallRead) =>
  state === 'answered' && hz !== null && Math.abs(hz - micHz) <= 20;
const isSilent = ({ state, hearing_hz: hz }: SimulatorCallRead) => state === 'answered' && hz === null;

/** Every method in one call: out, both tones, hold, mute, digits, hang-up. Gives the call's sid. */
async function useWholePhone(crm: CrmTenant, page: CrmPage, customField?: string): Promise<string> {
  const to = crm.server.bootstrap.simulated_numbers.answer_tone;
  const made = await page.makeCall(to, customField);
  expect(made).toMatchObject({ status: 'success', data: { Status: 'Success', Code: 200 } });
  const { CallSid } = made.data.Data;
  const incoming = await page.expectEvent('incoming');
  expect(incoming.data).toMatchObject({ callSid: CallSid, callFromNumber: to });
  await page.run('AcceptCall');
  await page.expectEvent('connected');
  await expectPageTone(page.page, 1000);
  const { id } = await crm.admin.expectSimulated('the microphone', isMic);

  await page.run('ToggleHold');
  expect((await page.expectEvent('holdtoggle')).data).toMatchObject({ callSid: CallSid });
  const isQuiet = async () => (await pageTone(page.page)) === undefined;
  await Promise.all([
    crm.admin.expectSimulated('silence', isSilent, { id }),
    eventually(isQuiet, { timeoutMs: 10_000, message: 'silence in the page' }),
  ]);
  await page.run('ToggleHold');
  await Promise.all([crm.admin.expectSimulated('the microphone', isMic, { id }), expectPageTone(page.page, 1000)]);

  await page.run('ToggleMute');
  expect((await page.expectEvent('mutetoggle')).data).toMatchObject({ callSid: CallSid });
  await crm.admin.expectSimulated('silence', isSilent, { id });
  await page.run('ToggleMute');
  await crm.admin.expectSimulated('the microphone', isMic, { id });

  for (const digit of ['1', '*', '#']) await page.run('SendDTMF', digit);
  await crm.admin.expectSimulated('three digits', ({ digits_heard: heard }) => heard === '1*#', { id });
  await page.run('HangupCall');
  await crm.admin.expectSimulated('the end', ({ state }) => state === 'ended', { id, timeoutMs: 1000 });
  await page.expectEvent('callEnded');
  return CallSid;
}

/** A call from outside, taken by the agent; the caller hangs up. */
async function takeCall(crm: CrmTenant, page: CrmPage): Promise<void> {
  const from = '+911130000777';
  const { id } = await crm.admin.simulatedCall({ to: crm.inbound.exophone, from });
  const { data } = await page.expectEvent('incoming');
  expect(data).toMatchObject({ callFromNumber: from, callDirection: 'incoming', callState: 'ringing' });
  await page.run('AcceptCall');
  await page.expectEvent('connected');
  await expectPageTone(page.page, 800);
  await crm.admin.expectSimulated('the microphone', isMic, { id });
  await crm.admin.request('DELETE', `/api/v1/simulator/calls/${id}`);
  await page.expectEvent('callEnded', 1000);
}

describe('a CRM page', () => {
  let crm: CrmTenant;

  beforeAll(async () => {
    const vendorOverOurs = {
      module: '@exotel-npm-dev/exotel-ip-calling-crm-websdk',
      alias: { '@exotel-npm-dev/webrtc-client-sdk': '@intermix/voice-sdk' },
    };
    const sdks = { '/': { module: '@intermix/voice-sdk/crm' }, '/vendor-over-ours': vendorOverOurs };
    crm = await CrmTenant.start({ micToneHz: micHz, sdks });
  });
  afterEach(() => crm.closePages());
  afterAll(() => crm?.stop());

  describe('with our CRM SDK', () => {
    it('needs the host alone: places a call, and every method does its step', async () => {
      const page = await crm.agentPage(crm.agentId, { host: crm.server.baseUrl });
      const callSid = await useWholePhone(crm, page, 'order-42');
      const { body: record } = await crm.admin.request('GET', `/api/v1/calls/${callSid}`);
      expect(record.custom_field).toBe('order-42');
      const isOver = (told: Post[]) => told.some(({ body }) => body.CallState === 'terminal');
      const told = await crm.toldOf(callSid, 'the end of the call', isOver);
      expect(told.map(({ body }) => body.CustomField)).toEqual(told.map(() => 'order-42'));
      await page.run('UnRegisterDevice');
      await page.expectEvent('register unregistered');
      expect(page.opened.errors).toEqual([]);
      expect(page.opened.console).toEqual([]);
    });

    it("finds Exotel's own names without any host, and takes a call", async () => {
      await takeCall(crm, await crm.agentPage(crm.inbound.userId));
    });

    it('hears why there is no phone', async () => {
      const page = await crm.openPage();
      expect(await page.start(crm.token, 'nobody', { host: crm.server.baseUrl })).toBe(false);
      const { code, status } = await page.page.evaluate(() => {
        const { lastError } = (window as unknown as { crm: any }).crm.sdk;
        return { code: lastError.code, status: lastError.status };
      });
      expect({ code, status }).toEqual({ code: 'ERR_VOICE_API_FAILED', status: 404 });
    });
  });

  describe("with the vendor's CRM SDK over our client, in the place of its own", () => {
    it('initialises, registers, calls out, and every method does its step', async () => {
      const page = await crm.agentPage(crm.agentId, { path: '/vendor-over-ours' });
      await useWholePhone(crm, page);
      expect(page.opened.errors).toEqual([]);
    });

    it('takes a call from outside', async () => {
      await takeCall(crm, await crm.agentPage(crm.inbound.userId, { path: '/vendor-over-ours' }));
    });
  });

  it('no error in the log', () => {
    expect(errorLines(crm.server)).toEqual([]);
  });
});
