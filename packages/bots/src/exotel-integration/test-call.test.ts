import { OutboundClient } from '@intermix/outbound';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BotAddresses } from '../fleet/bot-addresses.js';
import { SystemSettings } from '../settings/system-settings.js';
import { answerWith, type FakeExotel, startFakeExotel } from '../testing/fake-exotel.js';
import { memoryDocuments } from '../testing/memory-documents.js';
import { ExotelIntegration } from './exotel-integration.js';
import { placeTestCall } from './test-call.js';

const api_key = 'planted-key-7f3a';
const api_token = 'planted/token+9c1d';
const pair = Buffer.from(`${api_key}:${api_token}`).toString('base64');
const flow_url = 'https://my.exotel.com/acme1/exoml/start_voice/42';

const json = (value: unknown) => JSON.stringify(value);
const xml = (inner: string) => `<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>${inner}</TwilioResponse>`;

describe('a test call', () => {
  let exotel: FakeExotel;
  let clock: FakeClock;
  let client: OutboundClient;

  beforeAll(async () => {
    exotel = await startFakeExotel();
  });
  beforeEach(() => {
    exotel.requests.length = 0;
    clock = new FakeClock();
    client = new OutboundClient({ clock, allowPrivate: true });
    return () => client.close();
  });
  afterAll(() => exotel.close());

  async function begin(changes: { api_base_url?: string; flow_url?: string; api_token?: string } = {}) {
    const documents = memoryDocuments();
    const settings = new SystemSettings({ documents, checkUrl: (url) => client.checkUrl(url) });
    const addresses = new BotAddresses({ fleet: settings, publicUrl: undefined });
    const integration = new ExotelIntegration({ documents, addresses, client, knowsBot: async () => true });
    const credentials = { account_sid: 'acme1', api_key, api_token, api_base_url: exotel.baseUrl };
    const { flow_url: flow = flow_url, ...other } = changes;
    await integration.putCredentials('one', { ...credentials, ...other });
    const { did_id } = await integration.addDid('one', { number: '+918047112233', flow_url: flow });
    return { integration, did_id, call: (to = '98765 43210') => integration.testCall('one', did_id, to) };
  }

  it('is the request that Exotel documents, form fields and all', async () => {
    exotel.answer = answerWith(200, json({ Call: { Sid: 'abc123', Status: 'in-progress' } }));
    const { call, did_id } = await begin();
    expect(await call()).toEqual({
      did_id,
      to_number: '+919876543210',
      call_sid: 'abc123',
      provider_status: 'in-progress',
    });
    const [request] = exotel.requests;
    expect(exotel.requests).toHaveLength(1);
    expect(request).toMatchObject({ method: 'POST', path: '/v1/Accounts/acme1/Calls/connect' });
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${pair}`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(request?.form).toEqual({
      From: '+919876543210',
      CallerId: '+918047112233',
      Url: flow_url,
      CallType: 'trans',
      CustomField: `cxb-test:${did_id}`,
    });
    expect(request?.text).toContain('From=%2B919876543210&');
  });

  it('cuts its custom field to 128 characters', async () => {
    exotel.answer = answerWith(200, json({ Call: { Sid: 'abc123' } }));
    const record = { account_sid: 'a', api_key, api_token, api_base_url: exotel.baseUrl, dids: [] };
    const did = { did_id: 'd'.repeat(200), number: '+918047112233', label: '', bot_id: '', flow_url };
    await placeTestCall(client, record, did, '+919876543210');
    expect(exotel.requests[0]?.form.CustomField).toBe(`cxb-test:${'d'.repeat(119)}`);
  });

  it.each([
    ['JSON', json({ Call: { Sid: 'abc', Status: 'queued' } }), 'queued'],
    ['JSON with a message beside the call', json({ message: 'ok', Call: { Sid: 'abc', Status: 'queued' } }), 'queued'],
    ['JSON without a status', json({ Call: { Sid: 'abc' } }), ''],
    ['JSON in the envelope of XML', json({ TwilioResponse: { Call: { Sid: 'abc', Status: 'ringing' } } }), 'ringing'],
    ['XML', xml('<Call><Sid>abc</Sid><Status>in-progress</Status><To/></Call>'), 'in-progress'],
    ['XML behind a byte order mark', `\ufeff${xml('<Call><Sid>abc</Sid></Call>')}`, ''],
    ['XML with an entity', xml('<Call><Sid>abc</Sid><Status>a&amp;b</Status></Call>'), 'a&b'],
    ['XML with CDATA', xml('<Call><Sid><![CDATA[abc]]></Sid><Status>busy</Status></Call>'), 'busy'],
  ])('takes the call from %s', async (_, body, status) => {
    exotel.answer = answerWith(200, body);
    const { call } = await begin();
    expect(await call()).toMatchObject({ call_sid: 'abc', provider_status: status });
  });

  it.each([
    [
      'JSON',
      401,
      json({ RestException: { Status: 401, Message: 'Authentication failed.' } }),
      'Authentication failed.',
    ],
    ['XML', 403, xml('<RestException><Status>403</Status><Message>KYC &amp; co</Message></RestException>'), 'KYC & co'],
    ['one with status 200', 200, json({ RestException: { Status: 400, Message: 'Bad From' } }), 'Bad From'],
    ['one without a message', 402, json({ RestException: { Status: 402 } }), 'status 402'],
    ['a message alone', 429, json({ message: 'slow down' }), 'slow down'],
    ['a page', 404, '<html><body>Not here</body></html>', 'status 404'],
    ['nothing', 500, '', 'status 500'],
    ['a message with line breaks', 400, json({ RestException: { Message: 'a\r\nb\u0000\u0007c' } }), 'a b c'],
  ])('is refused with the words of Exotel: %s', async (_, status, body, said) => {
    exotel.answer = answerWith(status, body);
    const { call } = await begin();
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_EXOTEL_CALL', problem: 'refused' });
    expect((error as Error).message).toBe(
      `Exotel refused the call: ${said.replace(/^status.*/, 'It answered with $&.')}`,
    );
  });

  it.each([
    ['garbage', 200, Buffer.from([0xff, 0x00, 0x1b, 0x3c]), 'neither JSON nor XML'],
    ['text', 200, 'OK', 'neither JSON nor XML'],
    ['a list', 200, '[1,2]', 'neither JSON nor XML'],
    ['broken XML', 200, '<TwilioResponse><Call><Sid>abc', 'names no call'],
    ['a page', 200, '<html><body>Welcome</body></html>', 'names no call'],
    ['JSON of something else', 200, json({ Call: 'abc' }), 'names no call'],
    ['a sid that is a list', 200, json({ Call: { Sid: ['abc'] } }), 'names no call'],
    ['an inherited name', 200, json({ __proto__: null, constructor: 1 }), 'names no call'],
    ['a document type', 200, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'neither JSON nor XML'],
    ['an abyss', 200, '<a>'.repeat(20_000), 'neither JSON nor XML'],
    ['a huge body', 200, json({ Call: { Sid: 'abc' }, filler: 'x'.repeat(5_000_000) }), 'too long'],
    ['a redirect', 302, '', 'redirects'],
  ])('is not placed when the answer is %s', async (_, status, body, said) => {
    exotel.answer = answerWith(status, body, status === 302 ? { location: `${exotel.baseUrl}/elsewhere` } : {});
    const { call } = await begin();
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_EXOTEL_CALL', problem: 'bad-answer' });
    expect((error as Error).message).toContain(said);
    expect(exotel.requests).toHaveLength(1);
  });

  it('is given up when nothing is answered for 20 s', async () => {
    exotel.answer = () => undefined;
    const { call } = await begin();
    const failed = call().catch((thrown: unknown) => thrown);
    await eventually(() => expect(exotel.requests).toHaveLength(1));
    await clock.advance(20_000);
    expect(await failed).toMatchObject({ problem: 'timeout', message: expect.stringContaining('within 20 s') });
  });

  it('is given up when the connection breaks, or is not taken', async () => {
    exotel.answer = (response) => void response.destroy();
    await expect((await begin()).call()).rejects.toMatchObject({ problem: 'unreachable' });
    const dead = await startFakeExotel();
    await dead.close();
    const { call } = await begin({ api_base_url: dead.baseUrl });
    await expect(call()).rejects.toMatchObject({
      problem: 'unreachable',
      message: expect.stringContaining('could not be asked'),
    });
  });

  it('asks nobody while something is missing, for a number that is none, and for a stranger', async () => {
    await expect((await begin({ flow_url: '' })).call()).rejects.toMatchObject({
      problem: 'not-test-ready',
      message: expect.stringContaining('flow URL'),
    });
    await expect((await begin({ api_token: '' })).call()).rejects.toMatchObject({ problem: 'not-test-ready' });
    const { call, integration, did_id } = await begin();
    await expect(call('nobody')).rejects.toMatchObject({ code: 'ERR_VALIDATION', field: 'to_number' });
    expect(await integration.testCall('two', did_id, '9876543210')).toBeUndefined();
    expect(exotel.requests).toEqual([]);
  });

  it('tells nothing on of what a provider repeats: key, token, and both as they were sent', async () => {
    const encoded = encodeURIComponent(api_token);
    const long = 'x'.repeat(490); // So that a cut goes through the key.
    for (const said of [
      `Basic ${pair} is wrong`,
      `${api_key} ${api_token} ${encoded}`,
      `${long}${api_key}${api_token}`,
    ]) {
      for (const answer of [
        answerWith(401, json({ RestException: { Message: said } })),
        answerWith(401, xml(`<RestException><Message>${said}</Message></RestException>`)),
      ]) {
        exotel.answer = answer;
        const { call } = await begin();
        const error = (await call().catch((thrown: unknown) => thrown)) as Error;
        const told = `${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`;
        expect(told).not.toMatch(/planted/);
        expect(told).not.toContain(pair);
        expect(told).toContain('•••');
      }
    }
    exotel.answer = answerWith(200, json({ Call: { Sid: api_token, Status: api_key } }));
    expect(await (await begin()).call()).toMatchObject({ call_sid: '•••', provider_status: '•••' });
  });
});
