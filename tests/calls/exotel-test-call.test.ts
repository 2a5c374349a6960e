import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { errorLines, expectNothingLeft, quickSipTimers } from '../support/metrics.js';

const patience = 10_000;
const integration = '/api/v1/integrations/exotel';
/** Of the simulated number that answers with a tone. */
const customerHz = 1_000;

describe("a test call through Intermix's own Voice v1 API", () => {
  let server: RunningServer;
  let admin: AdminApi;
  const answers: string[] = [];

  beforeAll(async () => {
    server = await startServer({ env: { ...quickSipTimers, INTERMIX_LOG_LEVEL: 'debug' } });
    admin = new AdminApi(server);
  });
  afterAll(() => server?.stop());

  async function ask(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await admin.request(method, path, body);
    answers.push(JSON.stringify(answer.body));
    expect([method, path, answer.status < 300, answer.body]).toEqual([method, path, true, answer.body]);
    return answer.body;
  }

  /** A bot, the number that leads to it, and a flow as Exotel's console would have it. */
  async function setUp(): Promise<{ did_id: string; flowId: string; botId: string }> {
    const { sid: account_sid, api_key, api_token } = server.bootstrap.account;
    const { bot_id: botId } = await ask('POST', '/api/v1/bots', { name: 'Parrot', kind: 'echo', config: {} });
    await ask('PUT', '/api/v1/settings/fleet', { core_fleet: [`${server.baseUrl}/`] });
    const api_base_url = `${server.baseUrl}/`;
    await ask('PUT', integration, { account_sid, api_key, api_token, api_base_url });
    const number = server.bootstrap.exophones[0];
    const { did_id, websocket_url } = await ask('POST', `${integration}/dids`, { number, bot_id: botId });
    expect(websocket_url).toBe(`${server.baseUrl.replace('http', 'ws')}/exotel/${botId}`);
    const { id: flowId } = await ask('POST', '/api/v1/flows', {
      name: 'Call Start, Voicebot, Hangup',
      start: 'bot',
      applets: { bot: { type: 'voicebot', url: websocket_url, next: 'end' }, end: { type: 'hangup' } },
    });
    const flow_url = `${server.baseUrl}/${account_sid}/exoml/start_voice/${flowId}`;
    await ask('PUT', `${integration}/dids/${did_id}`, { flow_url });
    return { did_id, flowId, botId };
  }

  it('rings the customer, who talks with our own bot; key and token are told nowhere', async () => {
    const { did_id, botId } = await setUp();
    const { api_key, api_token, sid } = server.bootstrap.account;
    const customer = server.bootstrap.simulated_numbers.answer_tone;
    expect((await ask('GET', `${integration}/test-call-options`)).dids).toMatchObject([{ did_id, test_ready: true }]);

    const placed = await ask('POST', `${integration}/dids/${did_id}/test-call`, { to_number: customer });
    expect(placed).toMatchObject({ to_number: customer, provider_status: 'in-progress' });

    // What the customer says, the bot says back: its own tone, by way of every part.
    const heard = await admin.expectSimulated('its tone from the bot', ({ hearing_hz: hz }) => near(hz, customerHz));
    expect(heard.to).toBe(customer);
    const fleet = await ask('GET', '/api/v1/fleet/status');
    expect(fleet).toMatchObject({ active_calls: 1, workers: [{ status: 'healthy', worker_calls: 1 }] });

    await ask('DELETE', `/api/v1/simulator/calls/${heard.id}`);
    const call = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    expect(call).toMatchObject({ call_sid: placed.call_sid, custom_field: `cxb-test:${did_id}` });
    const botCalls = () => admin.request('GET', '/api/v1/bot-calls');
    const told = await eventually(
      async () => {
        const { items } = (await botCalls()).body;
        return items[0]?.status === 'completed' ? items[0] : undefined;
      },
      { timeoutMs: patience, everyMs: 50, message: "the bot's call to be over" },
    );
    expect(told).toMatchObject({ bot_id: botId, disconnected_by: 'customer', call_sid: placed.call_sid });

    await expectNothingLeft(server);
    expect(errorLines(server)).toEqual([]);
    // What was changed is on record, and nothing of what was given with it.
    const { items } = await ask('GET', '/api/v1/audit?limit=200');
    expect(items.map(({ action }: { action: string }) => action)).toContain('putExotelIntegration');
    const basic = Buffer.from(`${api_key}:${api_token}`).toString('base64');
    for (const secret of [api_key, api_token, basic]) {
      expect(server.logs()).not.toContain(secret);
      expect(answers.join('\n')).not.toContain(secret);
    }
    expect(answers.join('\n')).toContain(sid);
  });

  it('is refused in the words of the API that was asked', async () => {
    await ask('PUT', integration, { api_token: 'planted-wrong-token' });
    const [{ did_id }] = (await ask('GET', integration)).dids;
    const refused = await admin.request('POST', `${integration}/dids/${did_id}/test-call`, { to_number: '9876543210' });
    expect(refused).toMatchObject({ status: 502, body: { error: { code: 'ERR_EXOTEL_CALL' } } });
    expect(refused.body.error.message).toMatch(/^Exotel refused the call: .*(Authentication|credentials|API)/i);
    expect(server.logs()).not.toContain('planted-wrong-token');
    const record = await admin.request('GET', '/api/v1/audit?limit=200');
    expect(JSON.stringify([refused.body, record.body])).not.toContain('planted');
  });
});

function near(hz: number | null | undefined, wanted: number): boolean {
  return hz !== null && hz !== undefined && Math.abs(hz - wanted) < 20;
}
