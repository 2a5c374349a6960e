import { TestCallError } from '@intermix/bots';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';

const base = '/api/v1/integrations/exotel';
const flow_url = 'https://my.exotel.com/acme1/exoml/start_voice/42';
const credentials = { account_sid: 'acme1', api_key: 'planted-key-0123', api_token: 'planted-token-0123' };

describe('/api/v1/integrations/exotel', () => {
  let api: TestApi;
  const tokens = { one: '', two: '', admin: '' };
  const answers: string[] = [];

  beforeAll(async () => {
    api = await makeApi();
    tokens.one = await api.tokenOf('super_admin', 'one');
    tokens.two = await api.tokenOf('super_admin', 'two');
    tokens.admin = await api.tokenOf('admin', 'one');
  });
  beforeEach(() => {
    answers.length = 0;
    api.exotel.reset();
    api.people.entries.length = 0;
    return () => expect(answers.join('\n') + JSON.stringify(api.people.entries)).not.toContain('planted');
  });

  async function ask(route: string, body?: unknown, as: keyof typeof tokens = 'one') {
    const [method, path = ''] = route.split(' ');
    const answer = await api.app.inject({
      method: method as 'GET',
      url: path.startsWith('/api') ? path : base + path,
      headers: { authorization: `Bearer ${tokens[as]}` },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    answers.push(answer.body, JSON.stringify(answer.headers));
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  }

  it('keeps credentials, shows whether they are there, and never what they are', async () => {
    expect((await ask('GET ')).body).toEqual({
      ...{ status: 'not_configured', credentials_configured: false, account_sid: '' },
      ...{ api_base_url: 'https://api.exotel.com', dids: [] },
    });
    const put = await ask('PUT ', credentials);
    expect(put).toMatchObject({ status: 200, body: { status: 'configured', account_sid: 'acme1' } });
    expect(Object.keys(put.body)).not.toContain('api_key');
    expect((await ask('PUT ', {})).body).toEqual(put.body);
    expect((await ask('PUT ', { api_token: null })).body).toMatchObject({ credentials_configured: false });
    expect((await ask('GET ', undefined, 'two')).body.account_sid).toBe('');
  });

  it('adds, changes and removes a number, whose WebSocket URL is on the first server of the fleet', async () => {
    const added = await ask('POST /dids', { number: '98765 43210', label: 'Sales', bot_id: 'bot_1' });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ number: '+919876543210', websocket_url: 'wss://localhost/exotel/bot_1' });
    await ask('PUT /api/v1/settings/fleet', { core_fleet: ['http://127.0.0.1:8080'] });
    const { did_id } = added.body;
    const changed = await ask(`PUT /dids/${did_id}`, { label: '', flow_url });
    expect(changed.body).toMatchObject({ label: '', flow_url, websocket_url: 'ws://127.0.0.1:8080/exotel/bot_1' });
    expect((await ask('GET ')).body.dids).toEqual([changed.body]);
    expect((await ask(`DELETE /dids/${did_id}`, undefined, 'two')).status).toBe(404);
    expect((await ask(`DELETE /dids/${did_id}`)).status).toBe(204);
    expect((await ask(`DELETE /dids/${did_id}`)).status).toBe(404);
    expect((await ask(`PUT /dids/${did_id}`, { label: 'x' })).status).toBe(404);
    const numbers = api.people.entries.filter(({ resource }) => resource.type === 'exotel-did');
    expect(numbers.map(({ action, resource }) => [action, resource.id])).toEqual([
      ['addExotelDid', did_id],
      ['updateExotelDid', did_id],
      ['removeExotelDid', did_id],
    ]);
    expect(numbers[1]?.changes).toMatchObject({ label: { from: 'Sales', to: '' } });
  });

  it.each([
    ['POST /dids', {}, 400, 'number'],
    ['POST /dids', { number: 9876543210 }, 400, 'number'],
    ['POST /dids', { number: 'nobody' }, 400, 'number'],
    ['POST /dids', { number: '+919876543210', colour: 'red' }, 400, 'colour'],
    ['POST /dids', { number: '+919876543210', bot_id: 'bot_2' }, 400, 'bot_id'],
    ['POST /dids', { number: '+919876543210', flow_url: 'no url' }, 400, 'flow_url'],
    ['POST /dids', { number: '+919876543210', label: 'a\nb' }, 400, 'label'],
    ['POST /dids', { number: '08047112233' }, 409, 'number'],
    ['PUT /dids/{did}', { number: '+919876543210' }, 400, 'number'],
    ['PUT ', { api_base_url: 'ftp://api.exotel.com' }, 400, 'api_base_url'],
    ['PUT ', { api_key: 5 }, 400, 'api_key'],
    ['PUT ', { secret: 'x' }, 400, 'secret'],
    ['POST /dids/{did}/test-call', {}, 400, 'to_number'],
    ['POST /dids/{did}/test-call', { to_number: 'x' }, 400, 'to_number'],
  ])('%s with %j is %i and names %s, and nothing is changed', async (route, body, status, field) => {
    await ask('PUT ', credentials);
    const { did_id } = (await ask('POST /dids', { number: '+918047112233', flow_url })).body;
    const before = (await ask('GET ')).body;
    const refused = await ask(route.replace('{did}', did_id), body);
    expect(refused).toMatchObject({ status, body: { error: { field, message: expect.stringContaining(' ') } } });
    expect((await ask('GET ')).body).toEqual(before);
    expect(api.exotel.sent).toEqual([]);
  });

  it('offers an admin the numbers of test calls without their URLs, and places one', async () => {
    const { did_id } = (await ask('POST /dids', { number: '+918047112233', flow_url })).body;
    const notYet = await ask(`POST /dids/${did_id}/test-call`, { to_number: '9876543210' }, 'admin');
    expect(notYet).toMatchObject({ status: 400, body: { error: { code: 'ERR_EXOTEL_CALL' } } });
    await ask('PUT ', credentials);
    expect((await ask('GET /test-call-options', undefined, 'admin')).body).toEqual({
      credentials_configured: true,
      dids: [{ did_id, number: '+918047112233', label: '', bot_id: '', test_ready: true, reason: '' }],
    });
    const placed = await ask(`POST /dids/${did_id}/test-call`, { to_number: '9876543210' }, 'admin');
    expect(placed).toEqual({
      status: 200,
      body: { did_id, to_number: '+919876543210', call_sid: 'abc123', provider_status: 'in-progress' },
    });
    expect(api.exotel.sent[0]?.url).toBe('https://api.exotel.com/v1/Accounts/acme1/Calls/connect');
    expect((await ask(`POST /dids/${did_id}/test-call`, { to_number: '9876543210' }, 'two')).status).toBe(404);
    expect(api.exotel.sent).toHaveLength(1);
  });

  it.each([
    ['timeout', 'crm.example did not answer within 20 s.'],
    ['unreachable', 'crm.example refused the connection.'],
  ] as const)('answers 502 when Exotel does not, for %s', async (problem, why) => {
    await ask('PUT ', credentials);
    const { did_id } = (await ask('POST /dids', { number: '+918047112233', flow_url })).body;
    api.exotel.fails.with = new TestCallError(problem, why);
    expect(await ask(`POST /dids/${did_id}/test-call`, { to_number: '9876543210' })).toMatchObject({
      status: 502,
      body: { error: { code: 'ERR_EXOTEL_CALL', message: expect.stringContaining(why) } },
    });
  });

  it('sends key and token to another server only when they are given anew', async () => {
    await ask('PUT ', credentials);
    const refused = await ask('PUT ', { api_base_url: 'https://evil.example' });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'ERR_VALIDATION', field: 'api_key' } } });
    expect((await ask('GET ')).body.api_base_url).toBe('https://api.exotel.com');
    expect((await ask('PUT ', { ...credentials, api_base_url: 'https://api.in.exotel.com' })).status).toBe(200);
  });

  it.each([
    [401, '{"RestException":{"Status":401,"Message":"Authentication failed."}}', 502, 'Authentication failed.'],
    [200, 'planted-token-0123', 502, 'neither JSON nor XML'],
    [
      400,
      '<TwilioResponse><RestException><Message>planted-key-0123?</Message></RestException></TwilioResponse>',
      502,
      '•••?',
    ],
  ])('answers what Exotel says with %i %s as %i', async (status, body, told, words) => {
    await ask('PUT ', credentials);
    const { did_id } = (await ask('POST /dids', { number: '+918047112233', flow_url })).body;
    Object.assign(api.exotel.answer, { status, body });
    expect(await ask(`POST /dids/${did_id}/test-call`, { to_number: '9876543210' })).toMatchObject({
      status: told,
      body: { error: { code: 'ERR_EXOTEL_CALL', message: expect.stringContaining(words) } },
    });
  });
});
