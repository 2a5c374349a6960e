import { beforeAll, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';
import { readRange } from './byte-range.js';

let api: TestApi;
let tokens: { admin: string; supervisor: string; agent: string; other: string };
beforeAll(async () => {
  api = await makeApi();
  const [admin, supervisor, agent, other] = await Promise.all([
    api.tokenOf('admin'),
    api.tokenOf('supervisor'),
    api.tokenOf('agent'),
    api.tokenOf('admin', 'two'),
  ]);
  tokens = { admin, supervisor, agent, other };
});

const calls = '/api/v1/calls/c1/recordings';

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, token: string, payload?: object) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await api.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
}

describe('/api/v1/calls/{call_sid}/recordings', () => {
  it('starts, pauses, resumes, stops, lists and deletes', async () => {
    expect(await ask('GET', calls, tokens.supervisor)).toEqual({ status: 200, body: { items: [] } });
    const started = await ask('POST', calls, tokens.supervisor, { channels: 'dual' });
    expect(started).toMatchObject({
      status: 201,
      body: { call_sid: 'c1', state: 'recording', paused: false, channels: 'dual', url: null, duration_ms: null },
    });
    const one = `${calls}/${started.body.recording_sid}`;
    expect(await ask('POST', calls, tokens.admin)).toMatchObject({
      status: 409,
      body: { error: { code: 'ERR_RECORDING' } },
    });
    expect(await ask('POST', `${one}/pause`, tokens.admin)).toMatchObject({ status: 200, body: { paused: true } });
    expect(await ask('POST', `${one}/resume`, tokens.admin)).toMatchObject({ status: 200, body: { paused: false } });
    expect((await ask('DELETE', one, tokens.admin)).status).toBe(409);
    const stopped = await ask('POST', `${one}/stop`, tokens.admin);
    expect(stopped).toMatchObject({ status: 200, body: { state: 'ready', duration_ms: 5000, bytes: 1000 } });
    expect(stopped.body.url).toContain(`/v1/Accounts/one/Recordings/${started.body.recording_sid}.mp3?expires=`);
    expect((await ask('POST', `${one}/pause`, tokens.admin)).status).toBe(409);
    expect((await ask('GET', calls, tokens.supervisor)).body.items).toHaveLength(1);
    expect((await ask('DELETE', one, tokens.supervisor)).status).toBe(403);
    expect(await ask('DELETE', one, tokens.admin)).toEqual({ status: 204, body: undefined });
    expect((await ask('GET', calls, tokens.supervisor)).body.items).toEqual([]);
  });

  it('gives what there is of one that broke off', async () => {
    const { body } = await ask('POST', calls, tokens.admin);
    const one = `${calls}/${body.recording_sid}`;
    await ask('POST', `${one}/stop`, tokens.admin);
    const broken = { state: 'failed', cause: 'disk-full' } as const;
    Object.assign(api.recordings.rows.at(-1) ?? {}, broken);
    const [listed] = (await ask('GET', calls, tokens.supervisor)).body.items;
    expect(listed).toMatchObject({ ...broken, duration_ms: 5000, bytes: 1000 });
    expect((await api.app.inject({ url: listed.url.replace('https://pbx.example', '') })).rawPayload).toHaveLength(
      1000,
    );
    Object.assign(api.recordings.rows.at(-1) ?? {}, { bytes: 0, location: undefined });
    const [without] = (await ask('GET', calls, tokens.supervisor)).body.items;
    expect(without).toMatchObject({ url: null, duration_ms: null, bytes: null });
    const { pathname, search } = new URL(listed.url);
    expect((await api.app.inject({ url: pathname + search })).statusCode).toBe(404);
    await ask('DELETE', one, tokens.admin);
  });

  it('knows nothing of it for another account, and asks for a role', async () => {
    const { body } = await ask('POST', calls, tokens.admin);
    const one = `${calls}/${body.recording_sid}`;
    expect((await ask('GET', calls, tokens.other)).body).toEqual({ items: [] });
    expect((await ask('POST', calls, tokens.other)).status).toBe(404);
    for (const word of ['pause', 'resume', 'stop'])
      expect((await ask('POST', `${one}/${word}`, tokens.other)).status).toBe(404);
    expect((await ask('DELETE', one, tokens.other)).status).toBe(404);
    expect((await ask('POST', calls, tokens.agent)).status).toBe(403);
    await ask('POST', `${one}/stop`, tokens.admin);
    await ask('DELETE', one, tokens.admin);
  });

  it('refuses what it does not know', async () => {
    for (const body of [{ channels: 'both' }, { format: 'ogg' }, { extra: 1 }])
      expect((await ask('POST', calls, tokens.admin, body)).status).toBe(400);
  });
});

describe('/api/v1/apps/{app_id}/recording', () => {
  it('gives and replaces what an app wants', async () => {
    const path = '/api/v1/apps/app/recording';
    const wanted = { channels: 'dual', format: 'wav', paused_as: 'cut', tone: 'repeat', retention_days: 30 };
    expect((await ask('GET', path, tokens.supervisor)).body).toMatchObject({
      channels: 'single',
      retention_days: null,
    });
    for (const more of [{}, { held_as: 'sound' }, { control: 'agent' }]) {
      const body = { ...wanted, held_as: 'silence', control: 'none', ...more };
      expect(await ask('PUT', path, tokens.admin, { ...wanted, ...more })).toEqual({ status: 200, body });
      expect(await ask('GET', path, tokens.admin)).toEqual({ status: 200, body });
    }
    expect((await ask('PUT', path, tokens.admin, { ...wanted, control: 'everybody' })).status).toBe(400);
    expect((await ask('PUT', path, tokens.admin, { ...wanted, retention_days: 0 })).status).toBe(400);
    expect((await ask('PUT', path, tokens.supervisor, wanted)).status).toBe(403);
    for (const method of ['GET', 'PUT'] as const)
      expect((await ask(method, path, tokens.other, method === 'PUT' ? wanted : undefined)).status).toBe(404);
  });
});

describe('the sound of a recording', () => {
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const mine = basic('key:token');
  async function readyOne() {
    const admin = await api.tokenOf('admin'); // These tests let more time pass than a token lasts.
    const { body } = await ask('POST', calls, admin);
    const stopped = await ask('POST', `${calls}/${body.recording_sid}/stop`, admin);
    const { pathname, search } = new URL(stopped.body.url);
    return { path: pathname, signed: pathname + search };
  }
  const get = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    api.app.inject({ method, url, headers });

  it('comes for the key pair of its account, and for a signed address until it expires', async () => {
    const { path, signed } = await readyOne();
    for (const answer of [await get(path, { authorization: mine }), await get(signed)]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-type': 'audio/mpeg',
        'content-length': '1000',
        'accept-ranges': 'bytes',
      });
      expect(answer.rawPayload.equals(api.recordings.sound)).toBe(true);
    }
    api.clock.advance(61 * 60_000);
    expect((await get(signed)).statusCode).toBe(403);
  });

  it('does not come without, for others, or under another name', async () => {
    const { path, signed } = await readyOne();
    const statusOf = async (url: string, authorization?: string) =>
      (await get(url, authorization ? { authorization } : {})).statusCode;
    const refused = await get(path, { accept: 'application/json' });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Basic /);
    expect(refused.json()).toMatchObject({ RestException: { Status: 401, Code: 'UNAUTHORIZED' } });
    const { body, headers } = await get(`${path}?expires=soon&signature=x`);
    expect(headers['content-type']).toBe('application/xml; charset=utf-8');
    expect(body).toContain('<RestException><Status>400</Status>');
    expect(await statusOf(path, basic('key:wrong'))).toBe(401);
    expect(await statusOf(`${signed.slice(0, -1)}0`)).toBe(401);
    expect(await statusOf(signed.replace('/one/', '/two/'))).toBe(401);
    expect(await statusOf(path.replace('/one/', '/two/'), mine)).toBe(404);
    for (const name of [
      path.replace('.mp3', '.wav'),
      path.replace('.mp3', ''),
      path.replace('rec_', 'rec_f'),
      `${path}/x`,
    ])
      expect(await statusOf(name, mine)).toBe(404);
  });

  it('comes in parts', async () => {
    const { path } = await readyOne();
    const part = await get(path, { authorization: mine, range: 'bytes=100-199' });
    expect(part.statusCode).toBe(206);
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 100-199/1000', 'content-length': '100' });
    expect(part.rawPayload.equals(api.recordings.sound.subarray(100, 200))).toBe(true);
    const none = await get(path, { authorization: mine, range: 'bytes=1000-' });
    expect([none.statusCode, none.headers['content-range']]).toEqual([416, 'bytes */1000']);
    expect(none.body).toContain('<Code>RANGE_NOT_SATISFIABLE</Code>');
    const head = await get(path, { authorization: mine }, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, '1000', 0]);
  });

  it.each([
    ['bytes=0-', { first: 0, last: 999 }],
    ['bytes=-1', { first: 999, last: 999 }],
    ['bytes=-5000', { first: 0, last: 999 }],
    ['bytes=5-5000', { first: 5, last: 999 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=1-2', undefined],
    [undefined, undefined],
  ])('reads the range %s', (header, range) => {
    expect(readRange(header, 1000)).toEqual(range);
  });
});
