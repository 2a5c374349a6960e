import { expect, it } from 'vitest';
import { makeClient, makePage, PASSWORD, pass, registeredPage, settle } from '../testing/page-fixture.js';
import type { Unregistered } from './registration-keeper.js';

it('[SDK-D5] sends REGISTER as soon as the socket is open: no fixed waits', async () => {
  const page = await makePage();
  const client = makeClient(page);
  const startedAt = page.clock.now();
  const registered = client.register();
  expect(page.network.sockets).toHaveLength(1);
  expect(page.network.sockets[0]).toMatchObject({ url: 'ws://127.0.0.1:8080/wss', protocol: 'sip' });
  await registered;
  expect(page.clock.now() - startedAt).toBe(0);
  expect(page.network.ladder()).toEqual(['> REGISTER', '< 401 Unauthorized', '> REGISTER', '< 200 OK']);
});

it('registers one Contact with the instance id of the tab (RFC 5626)', async () => {
  const { network, server } = await registeredPage();
  const [, second] = network.sentByPage('REGISTER');
  expect(second).toMatch(/^REGISTER sip:acme\.intermix\.local SIP\/2\.0/);
  expect(second).toMatch(/From: "?Priya"? <sip:priya@acme\.intermix\.local>;tag=/);
  expect(second).toMatch(/Contact: <sip:[0-9a-f]{12}@[0-9a-f]{12}\.invalid;transport=ws>;\+sip\.instance="<urn:uuid:/);
  expect(second).toMatch(/;reg-id=1\r\n/);
  expect(second).toMatch(/\r\nExpires: 300\r\n/);
  expect(second).toMatch(/Supported: outbound, path, gruu/);
  expect(second).not.toContain(PASSWORD);
  expect(server.instance).toMatch(/^"?<urn:uuid:[0-9a-f-]{36}>"?$/);
});

it('[SDK-D2] the log tells of the address neither user nor query', async () => {
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger } as never;
  await registeredPage({ serverUrl: 'ws://user:s3cret@127.0.0.1:8080/wss?token=s3cret', logger });
  expect(JSON.stringify(lines)).toContain('ws://127.0.0.1:8080/wss');
  expect(JSON.stringify(lines)).not.toContain('s3cret');
});

it('keeps the instance id over a reload, and two tabs never share one', async () => {
  const page = await makePage();
  const first = makeClient(page);
  await first.register();
  const instance = page.server.instance;
  const other = makeClient(page);
  await other.register();
  expect(page.server.instance).not.toBe(instance);
  await other.dispose();
  page.platform.page('pagehide');
  await settle();
  await makeClient(page).register();
  expect(page.server.instance).toBe(instance);
});

it('keeps an instance id for each user of a page, and leaves none to a tab that is duplicated after a return', async () => {
  const page = await makePage();
  page.server.digest.check = () => ({ ok: true, username: 'whoever' });
  const register = async (username: string) => {
    await makeClient(page, { username }).register();
    return page.server.instance;
  };
  const before = [await register('priya'), await register('ravi')];
  page.platform.page('pagehide');
  await settle();
  page.platform.page('pageshow', true); // Out of the back/forward cache, not a new load.
  await pass(page.clock, 100);
  expect(before).not.toContain(await register('priya')); // As a duplicated tab would, with a copy of the storage.
  page.platform.page('pagehide');
  await settle();
  const after = [await register('ravi'), await register('priya')];
  expect(after[0]).not.toBe(after[1]);
  expect(before).toContain(after[0]);
});

it('refreshes after 80 to 90 % of the granted time, silently', async () => {
  const page = await makePage();
  page.server.grantedSec = 100;
  const client = makeClient(page);
  const events: string[] = [];
  client.on('registering', () => events.push('registering'));
  client.on('registered', () => events.push('registered'));
  await client.register();
  expect(events).toEqual(['registering', 'registering', 'registered']);
  const before = page.network.sentByPage('REGISTER').length;
  await pass(page.clock, 79_000);
  expect(page.network.sentByPage('REGISTER')).toHaveLength(before);
  await pass(page.clock, 11_000);
  expect(page.network.sentByPage('REGISTER').length).toBeGreaterThan(before);
  expect(client.registered).toBe(true);
  expect(events).toEqual(['registering', 'registering', 'registered']);
});

it('asks again with the time that a 423 demands', async () => {
  const page = await makePage();
  page.server.answerRegister(423, [['Min-Expires', '900']]);
  const client = makeClient(page);
  const registered = client.register();
  await settle();
  expect(page.network.sentByPage('REGISTER').at(-1)).toContain('\r\nExpires: 900\r\n');
  await client.unregister();
  await expect(registered).rejects.toThrow();
});

it('[SDK-D8] a wrong password is told once with its reason and never sent again by itself', async () => {
  const page = await makePage();
  const client = makeClient(page, { password: 'wrong' });
  const told: Unregistered[] = [];
  client.on('unregistered', (u) => told.push(u));
  await expect(client.register()).rejects.toMatchObject({
    code: 'ERR_VOICE_CREDENTIALS_REJECTED',
    problem: 'credentials-rejected',
    status: 401,
  });
  expect(told).toEqual([{ reason: 'credentials-rejected', status: 401, willRetry: false }]);
  const sent = page.network.sentByPage('REGISTER').length;
  await pass(page.clock, 3_600_000);
  expect(page.network.sentByPage('REGISTER')).toHaveLength(sent);
  expect(page.network.sockets).toHaveLength(1);
  await expect(client.register()).rejects.toThrow();
  expect(page.network.sentByPage('REGISTER').length).toBeGreaterThan(sent);
});

it('tries again after a 503, not before its Retry-After, and tells it once', async () => {
  const page = await makePage();
  const normal = page.server.registrar;
  page.server.answerRegister(503, [['Retry-After', '20']]);
  const client = makeClient(page);
  const told: Unregistered[] = [];
  client.on('unregistered', (u) => told.push(u));
  await expect(client.register()).rejects.toMatchObject({
    problem: 'registration-refused',
    status: 503,
    fatal: false,
  });
  await pass(page.clock, 19_000);
  expect(page.network.sentByPage('REGISTER')).toHaveLength(1);
  page.server.registrar = normal;
  await pass(page.clock, 2_000);
  expect(client.registered).toBe(true);
  expect(told).toEqual([{ reason: 'server-refused', status: 503, willRetry: true }]);
});

it('[SDK-D41] an account that is gone is a fatal error: it is not asked about again', async () => {
  const page = await makePage();
  page.server.answerRegister(404);
  const client = makeClient(page);
  const told: Unregistered[] = [];
  client.on('unregistered', (u) => told.push(u));
  await expect(client.register()).rejects.toMatchObject({ problem: 'registration-refused', status: 404, fatal: true });
  const sent = page.network.sentByPage('REGISTER').length;
  await pass(page.clock, 600_000);
  expect(page.network.sentByPage('REGISTER')).toHaveLength(sent);
  expect(told).toEqual([{ reason: 'account-unknown', status: 404, willRetry: false }]);
});

it('[SDK-D3] [SDK-D20] unregisters at once with Expires 0 and gives no false registered', async () => {
  const page = await registeredPage();
  const events: string[] = [];
  page.client.on('registered', () => events.push('registered'));
  page.client.on('registering', () => events.push('registering'));
  page.client.on('unregistered', (u) => events.push(`unregistered ${u.reason}`));
  const startedAt = page.clock.now();
  await page.client.unregister();
  expect(events.filter((event) => event !== 'registering')).toEqual(['unregistered requested']);
  expect(page.network.sentByPage('REGISTER').at(-1)).toContain('\r\nExpires: 0\r\n');
  expect(page.server.contact).toBeUndefined();
  expect(page.clock.now()).toBe(startedAt);
  expect(page.network.openSockets).toHaveLength(0);
});

it('[SDK-D7] register() twice opens one socket, and an old one is never orphaned', async () => {
  const page = await makePage();
  const client = makeClient(page);
  const both = [client.register(), client.register()];
  await Promise.all(both);
  await client.register();
  expect(page.network.sockets).toHaveLength(1);
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 1_000);
  expect(client.registered).toBe(true);
  expect(page.network.openSockets).toHaveLength(1);
});

it('[SDK-D5] comes back within 250 ms of a lost socket, then ever more slowly, each at its own moment', async () => {
  const page = await registeredPage();
  const told: Unregistered[] = [];
  page.client.on('unregistered', (u) => told.push(u));
  await pass(page.clock, 15_000);
  page.network.up = false;
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 250);
  expect(page.network.sockets.length).toBeGreaterThanOrEqual(2);
  await pass(page.clock, 60_000);
  const attempts = page.network.sockets.length;
  expect(attempts).toBeGreaterThan(6);
  expect(attempts).toBeLessThan(25);
  page.network.up = true;
  await pass(page.clock, 20_000);
  expect(page.client.registered).toBe(true);
  expect(told).toEqual([{ reason: 'connection-lost', willRetry: true }]);
});

it('does not sit out the back-off when the network comes back', async () => {
  const page = await registeredPage();
  page.network.up = false;
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 120_000);
  page.network.up = true;
  page.platform.page('online');
  await settle();
  expect(page.client.registered).toBe(true);
});

it('tells a server that cannot be reached, and goes on trying', async () => {
  const page = await makePage();
  page.network.up = false;
  const client = makeClient(page);
  await expect(client.register()).rejects.toMatchObject({ problem: 'connection-failed' });
  page.network.up = true;
  await pass(page.clock, 1_000);
  expect(client.registered).toBe(true);
});

it('leaves no timer and no page listener behind', async () => {
  const page = await registeredPage();
  await page.client.dispose();
  await page.server.endpoint.stop();
  expect(page.clock.pendingTimers).toBe(0);
  for (const event of ['online', 'visible', 'pagehide', 'pageshow', 'gesture'] as const) {
    expect(page.platform.pageListeners(event)).toBe(0);
  }
});

it('[SDK-D21] tells the server the preferred codec when it registers, refreshes, comes back and changes it: quietly', async () => {
  const page = await registeredPage({ preferredCodec: 'opus', expiresSec: 100 });
  const events: string[] = [];
  page.client.on('registering', () => events.push('registering'));
  page.client.on('registered', () => events.push('registered'));
  const told = () => /^Contact: .*$/m.exec(page.network.sentByPage('REGISTER').at(-1) ?? '')?.[0];
  expect(told()).toMatch(/;transport=ws>;x-codec=opus;\+sip\.instance=/);
  await pass(page.clock, 95_000);
  expect(told()).toContain('x-codec=opus');
  page.client.setPreferredCodec(undefined);
  await settle();
  expect(told()).not.toContain('x-codec');
  page.client.setPreferredCodec('opus');
  await settle();
  expect(told()).toContain('x-codec=opus');
  expect(events).toEqual([]);
  const sent = page.network.sentByPage('REGISTER').length;
  page.client.setPreferredCodec('opus');
  page.client.setPreferredCodec('opus>;evil=1\r\nX: y');
  await settle();
  expect(told()).not.toMatch(/evil|x-codec/);
  page.client.setPreferredCodec('opus');
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 1_000);
  expect(told()).toContain('x-codec=opus');
  expect(page.network.sentByPage('REGISTER').length).toBeGreaterThan(sent);
  expect(page.client.registered).toBe(true);
});
