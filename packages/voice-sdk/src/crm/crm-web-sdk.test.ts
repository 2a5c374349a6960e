import { expect, it, vi } from 'vitest';
import { FakeNet, makeCrm, readyPhone } from '../testing/crm-fixture.js';
import { answeredSession, makePage, pass, serverSdp, settle } from '../testing/page-fixture.js';
import { ExotelCRMWebSDK } from './index.js';

it('asks for app, settings and user in the order of the vendor, with the bare token, and registers when told to', async () => {
  const { page, net, crm, heard } = await makeCrm({ autoConnect: true, userId: 'asha+crm@acme.example' });
  const phone = await crm.Initialize(null, (state) => heard.push(state));
  await settle();
  expect(phone).toBeDefined();
  expect(net.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET http://127.0.0.1:8080/v2/integrations/app',
    'GET http://127.0.0.1:8080/v2/integrations/app_setting',
    'GET http://127.0.0.1:8080/v2/integrations/usermapping?user_id=asha%2Bcrm%40acme.example',
  ]);
  for (const { headers } of net.asked) expect(headers).toEqual({ Authorization: 'app-token' });
  expect(page.network.sockets[0]?.url).toBe('ws://127.0.0.1:8080/wss');
  expect(heard.at(-1)).toBe('registered');
  expect(crm.lastError).toBeUndefined();
});

it("speaks to Exotel's own hosts when no host is named", async () => {
  const { page, net, crm } = await makeCrm({ autoConnect: true, host: undefined });
  await crm.Initialize(null);
  expect(new Set(net.asked.map(({ url }) => new URL(url).host))).toEqual(new Set(['integrationscore.mum1.exotel.com']));
  expect(page.network.sockets[0]?.url).toBe('wss://voip.in1.exotel.com/wss');
});

it.each([
  [undefined, true],
  ['each-registers', false],
] as const)('with `tabs` %s it asks the browser who of its tabs registers: %s', async (tabs, asks) => {
  const page = await makePage();
  const request = vi.fn(() => new Promise<never>(() => {}));
  Object.assign(page.platform, { locks: { request }, createChannel: () => ({ postMessage() {}, close() {} }) });
  const { crm } = await makeCrm({ page, autoConnect: true, ...(tabs && { tabs }) });
  void crm.Initialize(null);
  await vi.dynamicImportSettled();
  await settle();
  expect(request.mock.calls.length > 0).toBe(asks);
  expect(page.server.contact !== undefined).toBe(!asks);
});

it.each(['RegisterDevice', 'DoRegister'] as const)('waits for %s unless told to connect', async (method) => {
  const { page, phone } = await readyPhone({ register: false });
  expect(page.network.sockets).toHaveLength(0);
  const { [method]: register, UnRegisterDevice } = phone; // Detached, as pages do.
  register();
  await settle();
  expect(page.server.contact).toBeDefined();
  UnRegisterDevice();
  await settle();
  expect(page.server.contact).toBeUndefined();
});

it('[SDK-D40] does every step of a call, and tells each with its details', async () => {
  const { page, phone, heard, data } = await readyPhone();
  const invite = page.server.call();
  await settle();
  phone.AcceptCall();
  const session = await answeredSession(invite);
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await settle();
  phone.ToggleHold();
  await settle();
  phone.ToggleHold();
  await settle();
  phone.ToggleMute();
  expect(page.platform.liveTracks.every((track) => !track.enabled)).toBe(true);
  phone.ToggleMute();
  phone.SendDTMF('5');
  await settle();
  phone.HangupCall();
  await settle();
  const calls = heard.filter((line) => line.startsWith('call'));
  expect(calls).toEqual([
    ...['call incoming', 'call connected', 'call holdtoggle', 'call holdtoggle'],
    ...['call mutetoggle', 'call mutetoggle', 'call callEnded'],
  ]);
  expect(data[0]).toMatchObject({ callSid: 'c0ffee', callFromNumber: '+919876543210', callDirection: 'incoming' });
  expect(session.ended).toBe(true);
  expect(phone.lastError).toBeUndefined();
});

it('[SDK-D25] a call that goes on after a reload is told as activeSession, and can be controlled', async () => {
  const { page, phone } = await readyPhone();
  const invite = page.server.call();
  await settle();
  phone.AcceptCall();
  const session = await answeredSession(invite);
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await vi.dynamicImportSettled();
  await settle();
  page.platform.page('pagehide');
  await pass(page.clock, 100);
  const again = await readyPhone({ page });
  await vi.dynamicImportSettled();
  await pass(page.clock, 100);
  expect(again.heard.filter((line) => line.startsWith('call'))).toEqual(['call activeSession']);
  expect(again.data[0]).toMatchObject({ callSid: 'c0ffee', callFromNumber: '+919876543210' });
  again.phone.ToggleMute();
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([false]);
  again.phone.HangupCall();
  await settle();
  expect([session.ended, again.phone.lastError]).toEqual([true, undefined]);
});

it('[SDK-D40] lives without any listener, and no step before the first call throws', async () => {
  const { page, phone } = await readyPhone({ listeners: false });
  for (const step of ['AcceptCall', 'HangupCall', 'ToggleHold', 'ToggleMute'] as const) phone[step]();
  phone.SendDTMF('5');
  expect(phone.lastError).toMatchObject({ problem: 'wrong-state', code: 'ERR_VOICE_WRONG_STATE' });
  page.server.call();
  await settle();
  phone.AcceptCall();
  await settle();
  expect(page.platform.peers).toHaveLength(1);
});

it.each(['', '55', 'A', 'x', undefined])('[SDK-D40] %j is no digit', async (digit) => {
  const { phone } = await readyPhone();
  phone.SendDTMF(digit as string);
  expect(phone.lastError?.problem).toBe('invalid-dtmf');
});

it('[SDK-D40] a listener that throws breaks no call', async () => {
  const { page, crm } = await makeCrm({ autoConnect: true });
  const bad = () => {
    throw new Error("the page's own");
  };
  const phone = await crm.Initialize(bad, bad, bad);
  await settle();
  const invite = page.server.call();
  await settle();
  phone?.AcceptCall();
  await answeredSession(invite);
  expect(phone?.lastError).toMatchObject({ field: 'callListener', fatal: false });
});

it('MakeCall asks the server for the call, with the application value only when there is one', async () => {
  const { net, phone } = await readyPhone();
  net.answer('/call/outbound_call', 200, { Status: 'Success', Code: 200, Error: '', Data: { CallSid: 'sid-1' } });
  const told: unknown[][] = [];
  await phone.MakeCall('+919876543210', (...args: unknown[]) => told.push(args), 'order-42');
  await phone.MakeCall('+919876543210');
  const bodies = net.asked.filter(({ url }) => url.endsWith('outbound_call')).map(({ body }) => body);
  const plain = { customer_id: 'cust-1', app_id: 'app-1', to: '+919876543210', user_id: 'asha' };
  expect(bodies).toEqual([{ ...plain, custom_field: 'order-42' }, plain]);
  expect(told).toEqual([['success', expect.objectContaining({ Data: { CallSid: 'sid-1' } })]]);
});

it('MakeCall tells a refusal with status and words of the server', async () => {
  const { net, phone } = await readyPhone();
  net.answer('/call/outbound_call', 404, { Status: 'Failed', Code: 404, Error: '{"code":10706}' });
  const told: unknown[] = [];
  await phone.MakeCall('+919876543210', (status: string, error: unknown) => told.push(status, error));
  expect(told).toEqual(['failed', expect.objectContaining({ code: 'ERR_VOICE_API_FAILED', status: 404 })]);
  expect(String(told[1])).toContain('10706');
  await phone.MakeCall('', (status: string, error: unknown) => told.push(status, error));
  expect(told[3]).toMatchObject({ problem: 'invalid-target' });
  await phone.MakeCall('1', (status: string, error: unknown) => told.push(status, error), 'x'.repeat(129));
  expect(told[5]).toMatchObject({ problem: 'invalid-options', field: 'customField' });
});

it.each([
  ['a refused token', '/app', 401, { Code: 401, Error: 'bad token' }, { problem: 'api-failed', status: 401 }],
  ['settings that fail', '/app_setting', 500, { Code: 500 }, { status: 500 }],
  ['an unknown user', '/usermapping', 404, { Code: 404, Error: 'record not found' }, { status: 404 }],
  ['a failure under a 200', '/usermapping', 200, { Code: 404, Error: 'record not found' }, { status: 404 }],
  ['a user without a secret', '/usermapping', 200, { Code: 200, Data: { SipId: 'sip:a' } }, { problem: 'api-failed' }],
  ['no data at all', '/app', 200, { Code: 200, Data: null }, { problem: 'api-failed' }],
  ['what is no JSON', '/app', 502, '<html>', { problem: 'api-failed', status: 502 }],
])('[SDK-D40] %s: Initialize gives undefined, lastError says why', async (_what, path, status, body, error) => {
  const { net, crm } = await makeCrm({});
  net.answer(path, status, body);
  expect(await crm.Initialize(() => {})).toBeUndefined();
  expect(crm.lastError).toMatchObject(error);
  net.reset();
  expect(await crm.Initialize(() => {})).toBeDefined();
  expect(crm.lastError).toBeUndefined();
});

it('[SDK-D40] a server that is away, or silent, is told as such', async () => {
  const { page, net, crm } = await makeCrm({});
  net.fails = new TypeError('Failed to fetch');
  expect(await crm.Initialize(null)).toBeUndefined();
  expect(crm.lastError).toMatchObject({ problem: 'api-failed', cause: net.fails });
  net.fails = undefined;
  net.silent = true;
  const waiting = crm.Initialize(null);
  await pass(page.clock, 15_000);
  expect(await waiting).toBeUndefined();
  expect(crm.lastError?.message).toContain('no answer');
});

it('[SDK-D40] wrong arguments throw nothing and are named', async () => {
  const net = new FakeNet();
  for (const [args, field] of [
    [['', 'asha'], 'accessToken'],
    [['token', undefined], 'agentUserID'],
    [['token', 'asha', false, { host: 'ftp://x' }], 'host'],
  ] as const) {
    const crm = new ExotelCRMWebSDK(...(args as unknown as [string, string]));
    expect(crm.lastError).toMatchObject({ problem: 'invalid-options', field });
    expect(await crm.Initialize(() => {})).toBeUndefined();
    expect(crm.lastError?.field).toBe(field);
  }
  expect(net.asked).toEqual([]);
});
