import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { makeApi, type TestApi } from '../testing/make-api.js';

const email = 'admin.one@example.com';
const password = 'correct horse';
const login = (api: TestApi, secret: string, options: { from?: string; token?: string; email?: string } = {}) =>
  ask(api, 'POST', '/api/v1/auth/login', { ...options, body: { email: options.email ?? email, password: secret } });
const meOf = async (api: TestApi, token: string) => (await ask(api, 'GET', '/api/v1/auth/me', { token })).status;
const refresh = (api: TestApi, token: string) =>
  ask(api, 'POST', '/api/v1/auth/refresh', { body: { refresh_token: token } });
const actionsOf = (api: TestApi) => api.people.entries.map(({ action }) => action);

describe('a session', () => {
  it('goes on by its refresh token when the access token has expired, until it is ended', async () => {
    const api = await makeApi();
    const { body: first } = await login(api, password);
    await api.clock.advance(901_000);
    expect(await meOf(api, first.access_token)).toBe(401);
    const { status, body: second } = await refresh(api, first.refresh_token);
    expect([status, second.expires_in]).toEqual([200, 900]);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await meOf(api, second.access_token)).toBe(200);
    expect((await ask(api, 'POST', '/api/v1/auth/logout', { token: second.access_token })).status).toBe(204);
    expect(await meOf(api, second.access_token)).toBe(401);
    expect((await refresh(api, second.refresh_token)).status).toBe(401);
    expect(actionsOf(api)).toEqual(['signIn', 'signOut']);
  });

  it('ends when a refresh token comes a second time, and with it what the thief holds', async () => {
    const api = await makeApi();
    const { body: own } = await login(api, password);
    const { body: stolen } = await refresh(api, own.refresh_token);
    expect((await refresh(api, own.refresh_token)).status).toBe(401);
    expect((await refresh(api, stolen.refresh_token)).status).toBe(401);
    expect(await meOf(api, stolen.access_token)).toBe(401);
    expect(await meOf(api, own.access_token)).toBe(401);
    expect(actionsOf(api)).toEqual(['signIn', 'refreshTokenReused']);
  });

  it('does not begin with a refresh token that nobody was given', async () => {
    const api = await makeApi();
    const { status, body } = await refresh(api, 'x');
    expect([status, body.error.code]).toEqual([401, 'ERR_UNAUTHORIZED']);
  });
});

describe('guessing passwords', { timeout: 60_000 }, () => {
  it('from another address shuts out nobody, however long it goes on', async () => {
    const api = await makeApi();
    for (let minute = 0; minute < 3; minute++) {
      for (let guess = 0; guess < 7; guess++) await login(api, `guess ${guess}`, { from: '203.0.113.66' });
      expect((await login(api, 'guess', { from: '203.0.113.66' })).status).toBe(429);
      expect((await login(api, password, { from: '198.51.100.7' })).status).toBe(200);
      await api.clock.advance(61_000);
    }
  });

  it('from the own address does not shut out a client that signed in before, with its old token', async () => {
    const api = await makeApi();
    const { body: before } = await login(api, password);
    await api.clock.advance(24 * 3_600_000);
    for (let guess = 0; guess < 5; guess++) await login(api, `guess ${guess}`);
    for (const other of ['agent.one', 'agent.two', 'supervisor.one', 'supervisor.two', 'admin.two'])
      for (let guess = 0; guess < 5; guess++) await login(api, 'guess', { email: `${other}@example.com` });
    expect((await login(api, password)).status).toBe(429);
    expect((await login(api, password, { email: 'super_admin.one@example.com' })).status).toBe(429);
    expect((await login(api, password, { token: before.access_token })).status).toBe(200);
  });

  it('is slowed for such a client too, and a token of one’s own helps with nobody else’s password', async () => {
    const api = await makeApi();
    const { body: own } = await login(api, password, { email: 'agent.one@example.com' });
    const token = own.access_token;
    for (let guess = 0; guess < 5; guess++) await login(api, `guess ${guess}`, { token });
    expect((await login(api, password, { token })).status).toBe(429);
    for (let guess = 0; guess < 5; guess++) await login(api, 'guess', { token, email: 'agent.one@example.com' });
    expect((await login(api, password, { token, email: 'agent.one@example.com' })).status).toBe(429);
  });

  it('by one holds up nobody elsewhere: passwords of other places are checked meanwhile', async () => {
    const api = await makeApi();
    const flood = Array.from({ length: 200 }, (_, n) =>
      login(api, 'guess', { from: `203.0.113.${n % 2}`, email: `${n}@example.com` }),
    );
    expect((await login(api, password, { from: '198.51.100.7' })).status).toBe(200);
    await Promise.all(flood);
  });

  it('is counted by the network, where addresses are given by the million', async () => {
    const api = await makeApi();
    for (let n = 0; n < 5; n++) await login(api, `guess ${n}`, { from: `2001:db8:0:1::${n + 1}` });
    expect((await login(api, password, { from: '2001:db8:0:1:2:3:4:5' })).status).toBe(429);
    expect((await login(api, password, { from: '2001:db8:0:2::1' })).status).toBe(200);
  });

  it('is counted also when all guesses come at once, and right passwords at once are all right', async () => {
    const api = await makeApi();
    const guesses = Array.from({ length: 12 }, (_, n) => login(api, `guess ${n}`, { from: '203.0.113.66' }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
    const others = Array.from({ length: 66 }, (_, n) =>
      login(api, 'guess', { from: '203.0.113.7', email: `${n}@x.example` }),
    );
    const ofSource = (await Promise.all(others)).map(({ status }) => status);
    expect(ofSource.filter((status) => status === 401)).toHaveLength(30);
    expect(ofSource.filter((status) => status === 429)).toHaveLength(36);
    const right = await Promise.all(Array.from({ length: 12 }, () => login(api, password)));
    expect(right.map(({ status }) => status)).toEqual(Array(12).fill(200));
  });
});
