import { beforeAll, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';

const ivrOfDeletedPrompt = {
  start: 'main',
  menus: { main: { prompt: { prompt_id: 'prm_gone' }, choices: { '1': { hangup: true } } } },
};
const hours = { time_zone: 'Asia/Kolkata', windows: [{ days: ['mon', 'tue'], from: '09:00', to: '18:00' }] };

describe('/api/v1/bots', () => {
  let api: TestApi;
  let tokens: Record<'admin' | 'supervisor' | 'other', string>;

  beforeAll(async () => {
    api = await makeApi();
    tokens = {
      admin: await api.tokenOf('admin'),
      supervisor: await api.tokenOf('supervisor'),
      other: await api.tokenOf('admin', 'two'),
    };
  });

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${tokens.admin}` },
  ) {
    const payload = body === undefined ? {} : { payload: body as object };
    const answer = await api.app.inject({ method, url: `/api/v1${url}`, headers, ...payload });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  }
  const as = (who: keyof typeof tokens) => ({ authorization: `Bearer ${tokens[who]}` });
  const core = { 'x-cxbcore-secret': 'planted-core' };
  let names = 0;
  const made = async (more: object = {}) =>
    (await ask('POST', '/bots', { name: `Echo ${++names}`, kind: 'echo', ...more })).body;

  it('makes a bot with defaults, changes what is sent, keeps versions, restores one, deletes', async () => {
    const bot = await made();
    expect(bot).toMatchObject({
      ...{ kind: 'echo', config: { delay_ms: 0 }, auth: { type: 'none', username: null }, active_hours: null },
      ...{ max_call_seconds: 600, version: 1, websocket_url: `ws://localhost:80/exotel/${bot.bot_id}` },
    });
    const path = `/bots/${bot.bot_id}`;
    const changed = await ask('PUT', path, { config: { delay_ms: 700 }, active_hours: hours });
    expect(changed.body).toMatchObject({ name: bot.name, config: { delay_ms: 700 }, active_hours: hours, version: 2 });
    expect((await ask('PUT', path, { name: 'Other' })).body).toMatchObject({ name: 'Other', active_hours: hours });
    const { items } = (await ask('GET', `${path}/versions`)).body;
    expect(items.map(({ version, config }: any) => [version, config.delay_ms])).toEqual([
      [3, 700],
      [2, 700],
      [1, 0],
    ]);
    const restored = await ask('POST', `${path}/versions/1/restore`);
    expect(restored.body).toMatchObject({ name: bot.name, config: { delay_ms: 0 }, active_hours: null, version: 4 });
    expect((await ask('POST', `${path}/versions/99/restore`)).status).toBe(404);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
    expect(api.bots.deleted).toEqual([bot.bot_id]);
  });

  it('keeps credentials, and answers none', async () => {
    const auth = { type: 'basic', username: 'exotel', password: 'planted-password' };
    const bot = await made({ auth });
    expect(bot.auth).toEqual({ type: 'basic', username: 'exotel' });
    await ask('PUT', `/bots/${bot.bot_id}`, { auth: { type: 'basic', username: 'other' } });
    const kept = await api.bots.bots.findAnywhere(bot.bot_id);
    expect(kept?.auth).toEqual({ ...auth, username: 'other' });
    const all = await Promise.all(
      ['/bots', `/bots/${bot.bot_id}`, `/bots/${bot.bot_id}/versions`].map((path) => ask('GET', path)),
    );
    expect(JSON.stringify(all)).not.toContain('planted');
  });

  it.each([
    ['no such kind', { kind: 'dance' }, 'kind'],
    ['a field that the kind does not have', { config: { colour: 'red' } }, 'config.colour'],
    ['a value that it cannot have', { config: { delay_ms: -1 } }, 'config.delay_ms'],
    ['a secret that is a mask', { config: { delay_ms: '********' } }, 'config.delay_ms'],
    ['no password', { auth: { type: 'basic', username: 'u' } }, 'auth.password'],
    ['no token', { auth: { type: 'token' } }, 'auth.token'],
    ['too short a token', { auth: { type: 'token', token: 'fifteen-letters' } }, 'auth.token'],
    ['too short a password', { auth: { type: 'basic', username: 'u', password: 'fifteen-letters' } }, 'auth.password'],
    ['no time zone', { active_hours: { ...hours, time_zone: 'Mars/Olympus' } }, 'active_hours.time_zone'],
    [
      'a window of nothing',
      { active_hours: { ...hours, windows: [{ ...hours.windows[0], to: '09:00' }] } },
      'active_hours.windows.0.to',
    ],
    ['too long a call', { max_call_seconds: 3601 }, 'max_call_seconds'],
  ])('refuses %s with its place, and keeps nothing', async (_, wrong, field) => {
    const before = (await ask('GET', '/bots')).body.items.length;
    const body = { name: 'Wrong', kind: 'echo', ...wrong };
    const answer = await ask('POST', '/bots', body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
    expect((await ask('GET', '/bots')).body.items).toHaveLength(before);
  });

  it('says what is wrong without keeping anything', async () => {
    const wrong = await ask('POST', '/bots/validate', { name: 'x', kind: 'echo', config: { x: 1 } }, as('supervisor'));
    expect(wrong.body).toMatchObject({ valid: false, problems: [{ path: 'config.x' }] });
    const right = await ask('POST', '/bots/validate', { name: 'x', kind: 'echo' });
    expect(right.body).toEqual({ valid: true, problems: [] });
  });

  const agent = {
    kind: 'agent',
    config: { url: 'wss://model.example/v1/realtime', api_key: 'planted-key', voice: 'alloy' },
  };

  it('sends a key that was not shown to no other server: it is to be given anew', async () => {
    const bot = await made(agent);
    const path = `/bots/${bot.bot_id}`;
    const config = { ...bot.config, url: 'wss://evil.example/v1/realtime' };
    const refused = await ask('PUT', path, { config });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'ERR_BOT_CONFIG', field: 'config.api_key' } },
    });
    expect((await ask('GET', path)).body).toMatchObject({ config: bot.config, version: 1 });
    expect((await ask('PUT', path, { config: { ...config, api_key: 'planted-new' } })).status).toBe(200);
    expect(await api.bots.bots.findAnywhere(bot.bot_id)).toMatchObject({ config: { api_key: 'planted-new' } });
  });

  it('holds a version that is restored to the rules of now', async () => {
    const { bot_id: id } = await made();
    const keep = async (change: object) => {
      const stored = await api.bots.bots.findAnywhere(id);
      if (stored) await api.bots.bots.update('one', id, { ...stored, ...change });
    };
    await keep({ kind: 'ivr', config: ivrOfDeletedPrompt });
    await keep({ kind: 'echo', config: { gone: true } });
    await keep({ kind: 'echo', config: { delay_ms: 9 } });
    const restore = (version: number) => ask('POST', `/bots/${id}/versions/${version}/restore`);
    const place = expect.stringMatching(/^config\.menus\.main\.prompt/);
    expect(await restore(2)).toMatchObject({ status: 400, body: { error: { field: place } } });
    expect(await restore(3)).toMatchObject({ status: 400, body: { error: { field: 'config.gone' } } });
    expect((await ask('GET', `/bots/${id}`)).body).toMatchObject({ kind: 'echo', config: { delay_ms: 9 }, version: 4 });
    expect((await restore(1)).body).toMatchObject({ config: { delay_ms: 0 }, version: 5 });
  });

  it('shows no text of a bot whose kind this release does not have, and has it made another', async () => {
    const bot = await made();
    const stored = await api.bots.bots.findAnywhere(bot.bot_id);
    const config = { some: { text: 'planted', list: ['planted'], count: 3 } };
    if (stored) await api.bots.bots.update('one', bot.bot_id, { ...stored, kind: 'of-the-future', config });
    const path = `/bots/${bot.bot_id}`;
    const shown = [await ask('GET', path), await ask('GET', '/bots'), await ask('GET', `${path}/versions`)];
    expect(JSON.stringify(shown)).not.toContain('planted');
    expect(shown[0]?.body.config).toEqual({ some: { text: '********', list: ['********'], count: 3 } });
    expect((await ask('PUT', path, { name: 'Same' })).body.error.field).toBe('kind');
    expect((await ask('PUT', path, { kind: 'echo', config: {} })).body).toMatchObject({ kind: 'echo', version: 3 });
  });

  it('is changed only as it was read, for who says what that was', async () => {
    const { bot_id: id } = await made();
    const put = (body: object, ifMatch?: string) =>
      ask('PUT', `/bots/${id}`, body, { ...as('admin'), ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) });
    expect((await put({ config: { delay_ms: 100 }, version: 1 })).body).toMatchObject({ version: 2 });
    const late = await put({ config: { delay_ms: 200 }, version: 1 });
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'ERR_STORE_CONFLICT', field: 'version' } } });
    expect((await put({ config: { delay_ms: 200 } }, '"1"')).status).toBe(409);
    expect((await put({ config: { delay_ms: 300 } }, '"2"')).body).toMatchObject({ version: 3 });
    expect((await put({ config: { delay_ms: 400 } }, '*')).body).toMatchObject({ version: 4 });
    expect((await put({ config: { delay_ms: 0 } }, 'yesterday')).body.error.field).toBe('If-Match');
    expect((await put({ version: 0 })).body.error.field).toBe('version');
    const { headers } = await api.app.inject({ url: `/api/v1/bots/${id}`, headers: as('admin') });
    expect(headers.etag).toBe('"4"');
  });

  it('loses nothing when two change it at once', async () => {
    const bot = await made();
    await Promise.all([
      ask('PUT', `/bots/${bot.bot_id}`, { max_call_seconds: 60 }),
      ask('PUT', `/bots/${bot.bot_id}`, { config: { delay_ms: 100 } }),
      ask('PUT', `/bots/${bot.bot_id}`, { active_hours: hours }),
    ]);
    expect((await ask('GET', `/bots/${bot.bot_id}`)).body).toMatchObject({
      ...{ max_call_seconds: 60, config: { delay_ms: 100 }, active_hours: hours, version: 4 },
    });
  });

  it('takes hours without a zone in that of the account', async () => {
    const { time_zone: _, ...windows } = hours;
    await api.exotel.deps.settings.putTimezone('one', 'Asia/Kolkata');
    const bot = await made({ active_hours: windows });
    await api.exotel.deps.settings.putTimezone('one', 'UTC');
    expect((await ask('GET', `/bots/${bot.bot_id}`)).body.active_hours).toEqual(hours);
    expect((await made({ active_hours: windows })).active_hours.time_zone).toBe('UTC');
  });

  it('has its WebSocket on the first server of the fleet, else on the public address, else where it was asked for', async () => {
    const bot = await made();
    const url = async (path: string) => {
      const { body } = await ask('GET', path);
      return (body.items?.at(-1) ?? body).websocket_url;
    };
    const paths = [`/bots/${bot.bot_id}`, '/bots'];
    expect(await Promise.all(paths.map(url))).toEqual(Array(2).fill(`ws://localhost:80/exotel/${bot.bot_id}`));
    await api.exotel.deps.settings.putFleet('one', ['https://core.example']);
    expect(await Promise.all(paths.map(url))).toEqual(Array(2).fill(`wss://core.example/exotel/${bot.bot_id}`));
    await api.exotel.deps.settings.putFleet('one', []);
    const behind = await makeApi({ publicUrl: 'https://pbx.example' });
    const headers = { authorization: `Bearer ${await behind.tokenOf('admin')}`, host: 'evil.example' };
    const payload = { name: 'Echo', kind: 'echo' };
    const answer = await behind.app.inject({ method: 'POST', url: '/api/v1/bots', headers, payload });
    expect(answer.json().websocket_url).toBe(`wss://pbx.example/exotel/${answer.json().bot_id}`);
    const told = await behind.app.inject({
      url: `/api/v1/config/${answer.json().bot_id}`,
      headers: { ...core, host: 'evil.example' },
    });
    expect(told.json().webhook_url).toBe('https://pbx.example/api/v1/call-results');
  });

  it("shows and changes nothing of another account's", async () => {
    const { bot_id: id } = await made();
    const tried = [
      ask('GET', `/bots/${id}`, undefined, as('other')),
      ask('PUT', `/bots/${id}`, { name: 'x' }, as('other')),
      ask('GET', `/bots/${id}/versions`, undefined, as('other')),
      ask('POST', `/bots/${id}/versions/1/restore`, undefined, as('other')),
      ask('DELETE', `/bots/${id}`, undefined, as('other')),
    ];
    expect((await Promise.all(tried)).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  });

  it('links calls to their recordings, those of a page at once', async () => {
    const { bot_id: id } = await made();
    for (const [session_id, call_sid] of [
      ['rec-1', 'recorded'],
      ['rec-2', 'recorded'],
      ['rec-3', 'silent'],
      ['rec-4', undefined],
    ])
      await ask('POST', '/call-results', { session_id, call_sid, bot_id: id }, core);
    api.bots.askedRecordings.length = 0;
    const { items } = (await ask('GET', `/bot-calls?bot_id=${id}`)).body;
    const url = 'https://pbx.example/r';
    expect(items.map((call: any) => [call.session_id, call.recording_url])).toEqual([
      ['rec-1', url],
      ['rec-2', url],
      ['rec-3', null],
      ['rec-4', null],
    ]);
    expect(api.bots.askedRecordings).toEqual([['one', ['recorded', 'silent']]]);
    expect((await ask('GET', '/bot-calls/rec-1')).body.recording_url).toBe(url);
    expect((await ask('GET', '/bot-calls/rec-4')).body.recording_url).toBeNull();
  });

  describe('for orchestrators of others', () => {
    it.each([{}, { 'x-cxbcore-secret': 'wrong' }, { 'x-cxb-core-secret': '' }])('refuses %j', async (headers) => {
      const { bot_id: id } = await made();
      expect((await ask('GET', `/config/${id}`, undefined, headers as never)).status).toBe(403);
      expect((await ask('POST', '/call-results', { session_id: 'x' }, headers as never)).status).toBe(403);
    });

    it('are slowed, each address by itself, when they guess', async () => {
      const guarded = await makeApi();
      const guess = async (secret: string | undefined, remoteAddress: string) => {
        const headers = secret === undefined ? {} : { 'x-cxbcore-secret': secret };
        return (await guarded.app.inject({ url: '/api/v1/config/bot_none', headers, remoteAddress })).statusCode;
      };
      for (let n = 0; n < 20; n++) expect(await guess(undefined, '203.0.113.9')).toBe(403); // No guess.
      for (let n = 0; n < 10; n++) expect(await guess(`guess ${n}`, '203.0.113.9')).toBe(403);
      expect(await guess('guess', '203.0.113.9')).toBe(429);
      expect(await guess('planted-core', '203.0.113.9')).toBe(404); // The right one goes in at any time.
      expect(await guess('guess', '203.0.113.10')).toBe(403);
      for (let n = 0; n < 10; n++) await guess('guess', `2001:db8:0:1::${n + 1}`);
      expect(await guess('guess', '2001:db8:0:1:ffff::')).toBe(429);
      expect(await guess('guess', '2001:db8:0:2::1')).toBe(403);
      await guarded.clock.advance(60_000);
      expect(await guess('guess', '203.0.113.9')).toBe(403);
    });

    it('are told the words of an agent, and the zone of the account', async () => {
      const greeting = { by: 'provider', text: 'Hello {{name}}.' };
      const { bot_id: id } = await made({
        ...agent,
        config: { ...agent.config, greeting, instructions: 'You are {{name}}’s.' },
      });
      await api.exotel.deps.settings.putTimezone('one', 'Asia/Kolkata');
      const event = encodeURIComponent('{"name":"Asha"}');
      const { body } = await ask('GET', `/config/${id}?connected_event=${event}`, undefined, core);
      await api.exotel.deps.settings.putTimezone('one', 'UTC');
      expect(body).toMatchObject({
        ...{ system_prompt: 'You are Asha’s.', opening_message: 'Hello Asha.', timezone: 'Asia/Kolkata' },
      });
    });

    it('tell a bot’s configuration, in either spelling of the header, and take the results of its session', async () => {
      const { bot_id: id } = await made();
      const event = encodeURIComponent(JSON.stringify({ name: 'Asha', _campaign_id: 'c' }));
      const url = `/config/${id}?caller_id=%2B911&stream_id=s1&connected_event=${event}`;
      const answer = await ask('GET', url, undefined, { 'x-cxb-core-secret': 'planted-core' });
      const { session_id: session } = answer.body;
      expect(answer.body).toMatchObject({
        ...{ bot_id: id, system_prompt: '', opening_message: '', timezone: 'UTC', max_call_duration_seconds: 600 },
        ...{ min_words_interruption: 3, tools: [], transfer_numbers: {}, re_engagement: null },
        webhook_url: 'http://localhost:80/api/v1/call-results',
      });
      expect(api.bots.kept.get(session)).toMatchObject({
        botId: id,
        from: '+911',
        status: 'in-progress',
        details: { connected_event: { name: 'Asha' } },
      });
      const results = {
        session_id: session,
        disconnected_by: 'no_answer',
        call_duration_seconds: 12,
        transcript: 'hi',
        qc_analysis: null,
        intents: ['a'],
      };
      expect((await ask('POST', '/call-results', results, core)).status).toBe(200);
      const { body } = await ask('GET', `/bot-calls/${session}`);
      expect(body).toMatchObject({
        status: 'failed',
        duration_ms: 12_000,
        transcript: 'hi',
        details: { intents: ['a'] },
        source: 'reported',
      });
      expect(body.details).not.toHaveProperty('qc_analysis');
      await ask('POST', '/call-results', { ...results, disconnected_by: 'voicemail' }, core);
      expect((await ask('GET', `/bot-calls/${session}`)).body.status).toBe('voicemail');
      expect((await ask('GET', `/bot-calls/${session}`, undefined, as('other'))).status).toBe(404);
    });

    it('tell an agent in their words, without its keys, and with the texts filled in', async () => {
      const { bot_id: id } = await made({
        kind: 'agent',
        max_call_seconds: 500,
        config: {
          ...{ url: 'wss://provider.example/v1/realtime', api_key: 'planted-key', max_duration_seconds: 300 },
          ...{ instructions: 'You help {{custom.name}}, who calls from {{from}}.' },
          greeting: { text: 'Namaste {{custom.name}}!' },
          tools: [
            {
              ...{
                name: 'order',
                description: 'Where it is.',
                url: 'https://me:planted-password@crm.example/o?a=1&api_key=planted',
              },
              ...{ headers: { 'X-Shop': 'planted-shop' }, secret_headers: { Authorization: 'planted-header' } },
            },
          ],
        },
      });
      const event = encodeURIComponent(JSON.stringify({ name: 'Asha' }));
      const { body } = await ask('GET', `/config/${id}?caller_id=%2B911&connected_event=${event}`, undefined, core);
      expect(body).toMatchObject({
        ...{ system_prompt: 'You help Asha, who calls from +911.', opening_message: 'Namaste Asha!' },
        max_call_duration_seconds: 300,
        tools: [
          {
            ...{ name: 'order', description: 'Where it is.', parameters: { type: 'object', properties: {} } },
            url: 'https://crm.example/o?a=1&api_key=********',
          },
        ],
      });
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['stt']));
      expect(JSON.stringify(body)).not.toContain('planted');
    });

    it('tell no opening message of an agent that waits for the caller', async () => {
      const config = { url: 'wss://provider.example/', greeting: { by: 'none', text: 'Not said.' } };
      const { bot_id: id } = await made({ kind: 'agent', config });
      expect((await ask('GET', `/config/${id}`, undefined, core)).body.opening_message).toBe('');
    });

    it('add to what was told of a session before, and take nothing away', async () => {
      const { bot_id: id } = await made();
      const { session_id } = (await ask('GET', `/config/${id}?caller_id=%2B911`, undefined, core)).body;
      const whole = {
        ...{ session_id, disconnected_by: 'error', call_duration_seconds: 7, call_sid: 'c1', transcript: ['a'] },
        ...{
          events: [{ type: 'x' }],
          usage_metrics: { n: 1 },
          latency_samples: [{ name: 'r', ms: 1 }],
          intents: ['a'],
        },
      };
      await ask('POST', '/call-results', whole, core);
      const later = { session_id, qc_analysis: { score: 3 }, transcript: null, intents: null };
      const answer = await ask('POST', '/call-results', later, core);
      expect(answer.body).toEqual({ status: 'ok', session_id, call_status: 'failed' });
      expect((await ask('GET', `/bot-calls/${session_id}`)).body).toMatchObject({
        ...{ status: 'failed', disconnected_by: 'error', duration_ms: 7_000, call_sid: 'c1', from: '+911' },
        ...{ transcript: ['a'], events: [{ type: 'x' }], usage: { n: 1 }, latency_samples: [{ name: 'r', ms: 1 }] },
        details: { intents: ['a'], qc_analysis: { score: 3 }, connected_event: {} },
      });
    });

    it('take an event that is no JSON for an empty one, and know no session that never was', async () => {
      const { bot_id: id } = await made();
      expect((await ask('GET', `/config/${id}?connected_event=%7Bnonsense`, undefined, core)).status).toBe(200);
      expect((await ask('GET', '/config/bot_none', undefined, core)).status).toBe(404);
      expect((await ask('POST', '/call-results', { session_id: 'never' }, core)).status).toBe(400);
      expect((await ask('POST', '/call-results', { session_id: 'new', bot_id: id }, core)).status).toBe(200);
    });

    it('say that the bot takes no calls now', async () => {
      const day = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'UTC' }).format(api.clock.now());
      const others = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].filter((one) => one !== day.toLowerCase());
      const windows = [{ days: others.slice(0, 1), from: '12:00', to: '12:01' }];
      const { bot_id: id } = await made({ active_hours: { time_zone: 'UTC', windows } });
      const answer = await ask('GET', `/config/${id}`, undefined, core);
      expect([answer.status, answer.body.detail]).toEqual([503, expect.stringMatching(/^outside_active_hours:/)]);
    });
  });
});
