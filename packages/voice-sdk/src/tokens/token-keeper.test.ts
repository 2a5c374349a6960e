import { eventually } from '@intermix/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { VoiceToken } from '../client/token.js';
import type { VoiceClient } from '../client/voice-client.js';
import { VoiceClient as Client } from '../client/voice-client.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import type { VoiceError } from '../errors.js';
import { parts } from '../parts.js';
import { answeredSession, DOMAIN, makePage, PASSWORD, type Page, pass, settle } from '../testing/page-fixture.js';

const hourMs = 3_600_000;

interface Backend {
  /** How often it was asked. */
  asked: number;
  /** What it gives; an Error is thrown. */
  gives: (page: Page) => unknown;
}

const token = (page: Page, changes: Partial<VoiceToken> = {}): VoiceToken => ({
  ...{ username: 'priya', password: PASSWORD, domain: DOMAIN, serverUrl: 'ws://127.0.0.1:8080/wss' },
  expiresAt: page.clock.now() + hourMs,
  ...changes,
});

async function begin(gives: Backend['gives'] = (page) => token(page), options: Partial<VoiceClientOptions> = {}) {
  const page = await makePage();
  const backend: Backend = { asked: 0, gives };
  const tokenProvider = async () => {
    backend.asked++;
    const given = backend.gives(page);
    if (given instanceof Error) throw given;
    return given as VoiceToken;
  };
  const client = new Client({ tokenProvider, platform: page.platform, tones: false, ...options });
  const told: string[] = [];
  client.on('registered', () => told.push('registered'));
  client.on('unregistered', ({ reason, willRetry }) => told.push(`${reason}${willRetry ? ', again' : ''}`));
  const errors: VoiceError[] = [];
  client.on('tokenFailed', (error) => errors.push(error));
  return { page, backend, client, told, errors };
}

/** The part is loaded by the true loader: not by the clock of the test. */
async function registered(...args: Parameters<typeof begin>) {
  const begun = await begin(...args);
  await begun.client.register();
  return begun;
}

const waitFor = (client: VoiceClient) =>
  eventually(() => client.registered, { timeoutMs: 10_000, message: 'the registration' });

it('[SDK-D42] registers with what the provider gives, and knows nothing before', async () => {
  const { page, backend, client, told } = await registered();
  expect([backend.asked, told]).toEqual([1, ['registered']]);
  expect(page.network.sockets.map(({ url }) => url)).toEqual(['ws://127.0.0.1:8080/wss']);
  expect(page.network.sentByPage('REGISTER').at(-1)).toContain(`<sip:priya@${DOMAIN}>`);
  const call = client.call('1001'); // The domain of the token.
  await settle();
  expect(page.server.invites.at(-1)?.request.uri.toString()).toBe(`sip:1001@${DOMAIN}`);
  await call.hangup();
});

it("[SDK-D42] takes our server's answer as it is, and goes by expires_in: a page's clock may be wrong", async () => {
  const answer = {
    ...{ username: 'priya', auth_username: 'priya', password: PASSWORD, domain: DOMAIN },
    ...{ websocket_url: 'ws://127.0.0.1:8080/wss', expires_at: '2001-01-01T00:00:00Z', expires_in: 3_600 },
    ice_servers: [{ urls: ['stun:192.0.2.1:3478'] }],
  };
  const { page, client } = await registered(() => answer);
  page.server.call();
  await settle();
  await client.activeCall?.answer();
  expect(page.platform.peers[0]?.configuration.iceServers).toEqual(answer.ice_servers);
});

it('[SDK-D42] asks again a minute before the end; the registration is refreshed in silence, a call goes on', async () => {
  const { page, backend, client, told } = await registered();
  const invite = page.server.call();
  await settle();
  await Promise.all([client.activeCall?.answer(), answeredSession(invite)]);
  await pass(page.clock, hourMs - 61_000);
  expect(backend.asked).toBe(1);
  const before = page.network.sentByPage('REGISTER').length;
  await pass(page.clock, 2_000);
  expect(backend.asked).toBe(2);
  expect(page.network.sentByPage('REGISTER').length).toBeGreaterThan(before);
  expect([told, client.registered, client.activeCall?.state]).toEqual([['registered'], true, 'connected']);
});

it('[SDK-D42] credentials that are renewed while a REGISTER is unanswered are registered with at once', async () => {
  const { page, backend, client } = await begin((at) => token(at, { expiresAt: at.clock.now() + 20_000 }));
  const { registrar } = page.server;
  page.server.registrar = () => {}; // Takes its time.
  client.register().catch(() => {});
  await eventually(() => page.network.sentByPage('REGISTER').length > 0, { timeoutMs: 10_000, message: 'a REGISTER' });
  backend.gives = (at) => token(at);
  page.server.registrar = registrar;
  await pass(page.clock, 17_000);
  expect([backend.asked, client.registrationState]).toEqual([2, 'registered']);
});

it('[SDK-D42] a provider that fails is asked again with back-off, told by a typed error, and calls go on', async () => {
  const { page, backend, client, told, errors } = await registered();
  const cause = new Error('backend is away');
  backend.gives = () => cause;
  page.server.call();
  await settle();
  await client.activeCall?.answer();
  await pass(page.clock, hourMs - 59_000);
  expect(errors[0]).toMatchObject({ problem: 'token-failed', code: 'ERR_VOICE_TOKEN_FAILED', cause, fatal: false });
  const asked = backend.asked;
  await pass(page.clock, 120_000);
  expect(backend.asked - asked).toBeGreaterThan(2);
  expect(backend.asked - asked).toBeLessThan(12);
  expect(client.activeCall?.state).toBe('connected');
  backend.gives = (at) => token(at);
  await pass(page.clock, 90_000);
  expect(client.registered).toBe(true);
  expect(told).toEqual(['registered']); // The server was content all the time.
});

it.each([
  ['fails', new Error('no')],
  ['gives nothing', undefined],
  ['gives no password', { username: 'priya', domain: DOMAIN, expiresAt: Date.now() + hourMs }],
  ['gives what is over', { username: 'priya', password: 'p', domain: DOMAIN, expiresAt: 1 }],
  ['gives no time', { username: 'priya', password: 'p', domain: DOMAIN, expiresAt: 'soon' }],
  ['gives no server', { username: 'priya', password: 'p', domain: DOMAIN, expiresAt: Date.now() * 2 }],
  [
    'gives a server that is none',
    { ...{ username: 'priya', password: 'p', domain: DOMAIN }, expires_in: 60, serverUrl: 'x' },
  ],
])('[SDK-D42] register() rejects when the provider %s, and registers when it is better', async (_what, bad) => {
  const { page, backend, client, told } = await begin(() => bad);
  await expect(client.register()).rejects.toMatchObject({ problem: 'token-failed', fatal: false });
  expect([told, page.network.sockets]).toEqual([['token-failed, again'], []]);
  backend.gives = (at) => token(at);
  await pass(page.clock, 2_000);
  await waitFor(client);
});

it('[SDK-D42] a refused token is replaced once in silence; when the next is refused too, that is told and final', async () => {
  let password = PASSWORD;
  const { page, backend, client, told } = await registered((at) => token(at, { password }));
  page.server.digest.check = () => ({ ok: false, why: 'wrong' }); // As for a token that was revoked.
  password = 'another';
  await pass(page.clock, 300_000);
  expect(backend.asked).toBe(2);
  expect(told).toEqual(['registered', 'credentials-rejected']);
  await pass(page.clock, hourMs);
  expect([backend.asked, client.registrationState]).toEqual([2, 'idle']);
});

it('[SDK-D42] a provider that says nothing for 20 s has failed', async () => {
  const page = await makePage();
  const client = new Client({ tokenProvider: () => new Promise(() => {}), platform: page.platform, tones: false });
  const registering = client.register();
  await eventually(() => page.clock.pendingTimers > 0, { timeoutMs: 10_000, message: 'the question' });
  await pass(page.clock, 20_000);
  await expect(registering).rejects.toMatchObject({ problem: 'token-failed' });
});

it('[SDK-D42] asks no more after unregister() and dispose(), and leaves no timer', async () => {
  const { page, backend, client } = await registered();
  await client.unregister();
  await pass(page.clock, hourMs);
  expect(backend.asked).toBe(1);
  await client.register(); // What it has is over by now.
  expect(backend.asked).toBe(2);
  await client.dispose();
  await page.server.endpoint.stop();
  expect(page.clock.pendingTimers).toBe(0);
});

it('[SDK-D42] [SDK-D62] a page in the back/forward cache asks for nothing, and plans anew at its return', async () => {
  const { page, backend, client } = await registered();
  page.platform.page('pagehide', true);
  await pass(page.clock, 2 * hourMs);
  expect(backend.asked).toBe(1);
  page.platform.page('pageshow', true);
  await pass(page.clock, 1_000);
  expect([backend.asked, client.registered]).toEqual([2, true]);
});

it('[SDK-D42] plans anew when the page registers again within the life of what it has', async () => {
  const { page, backend, client } = await registered();
  await client.unregister();
  await client.register();
  expect(backend.asked).toBe(1);
  await pass(page.clock, hourMs - 59_000);
  expect([backend.asked, client.registered]).toEqual([2, true]);
});

const steps = ['unregister', 'dispose'] as const;

it.each(steps)('[SDK-D42] asks nothing when %s() comes while the part loads', async (step) => {
  const { page, backend, client } = await begin();
  const load = parts.tokens;
  let arrive = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const loading = vi.spyOn(parts, 'tokens').mockImplementation(() => arriving.then(load));
  onTestFinished(() => loading.mockRestore());
  const registering = client.register();
  await Promise.all([expect(registering).rejects.toThrow(), client[step]()]);
  arrive();
  await Promise.all(loading.mock.results.map(({ value }) => value));
  await pass(page.clock, 2 * hourMs);
  expect([loading.mock.calls.length, backend.asked]).toEqual([1, 0]);
});

it("[SDK-D42] the page's own serverUrl goes before the token's; each token's goes before that of the one before", async () => {
  const serverUrl = 'ws://own.example/wss';
  const other = { serverUrl: 'ws://other.example/wss' };
  const own = await registered((at) => token(at, other), { serverUrl });
  expect(own.page.network.sockets.map(({ url }) => url)).toEqual([serverUrl]);
  const { page, backend } = await registered();
  backend.gives = (at) => token(at, other);
  await pass(page.clock, hourMs - 59_000);
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 1_000);
  expect(page.network.sockets.map(({ url }) => url)).toEqual(['ws://127.0.0.1:8080/wss', other.serverUrl]);
});

it("[SDK-D14] [SDK-D42] ICE servers: the page's own, else what the registration told, else the newest token's", async () => {
  const stun = (name: string) => [{ urls: `stun:${name}.example` }];
  const gives = (at: Page) => token(at, { iceServers: stun('token') });
  const own = await registered(gives, { iceServers: stun('own') });
  expect(own.client.iceServers).toEqual(stun('own'));
  const { page, backend, client } = await registered(gives);
  expect(client.iceServers).toEqual(stun('token'));
  backend.gives = (at) => token(at);
  await pass(page.clock, hourMs - 59_000);
  expect([backend.asked, client.iceServers]).toEqual([2, []]);
  backend.gives = gives;
  page.server.answerRegister(200, [['X-Intermix-Ice-Servers', '<stun:told.example>']]);
  await pass(page.clock, hourMs);
  expect([backend.asked, client.iceServers]).toEqual([3, stun('told')]);
});

it('[SDK-D2] [SDK-D42] no password is logged', async () => {
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger } as never;
  await registered(undefined, { logger });
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).not.toContain(PASSWORD);
});
