import type { RunningServer } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { IntegrationsApi } from '../../support/integrations.js';
import { SnakeApp } from '../../support/snake.js';

const long = (length: number) => 'x'.repeat(length);
const urls = [
  '',
  'nonsense',
  'ftp://a.example',
  'https://',
  `https://a.example/${long(2_000)}`,
  'http://127.0.0.1/',
  'http://crm.example:0/',
  7,
];
const words = [7, true, {}, [], null];

export const snakeBadInput = (theServer: () => RunningServer) =>
  describe('bad input to the snake_case generation', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let app: SnakeApp;
    let customer: { id: string; token: string };

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      customer = await api.newCustomer();
      app = new SnakeApp(api, customer.id, await api.newApp({ ...customer, secret: '' }));
      await app.data('POST', '/users', { user_id: 'known', name: 'Known' });
      await app.data('PUT', '/contacts', { number: '+911130000001', name: 'Known' });
    });

    /** Everything that a bad request must leave as it was. */
    const everything = () =>
      Promise.all(
        ['/settings', '/users', '/contacts', '/webhook-secrets'].map((path) =>
          app.data('GET', path, undefined, customer.token),
        ),
      );

    async function expectRefused(told: string, asked: Promise<{ status: number; body: any }>, field: string) {
      const { status, body } = await asked;
      expect({ told, status, body }, told).toEqual({
        told,
        status: 400,
        body: { success: false, error: { code: 400, message: expect.stringContaining(`"${field}"`) } },
      });
      expect(body.error.message).toMatch(/^[A-Z"].{8,}\.$/s);
      expect(body.error.message.length).toBeLessThan(400);
    }

    it.each<[string, string, object, Record<string, readonly unknown[]>]>([
      [
        'PUT',
        '/settings',
        { callback_url: 'https://a.example' },
        {
          popup_url: urls,
          missed_call_url: urls,
          callback_url: urls,
          recording_url: urls,
          streaming_url: urls,
          recording_enabled: ['true', 1, {}],
          streaming_enabled: ['false', 0, []],
          notification_format: ['camel', 'snake', '', 7],
        },
      ],
      [
        'POST',
        '/users',
        { user_id: 'new', name: 'New' },
        {
          user_id: [undefined, ...words, '', ' x', 'x ', 'a\nb', long(129), 'known'],
          name: [undefined, ...words, '', long(101), 'a\u0007b'],
          phone: [7, '', 'nobody', '12', long(33)],
          sip_enabled: ['yes', 1, null],
          virtual_number: [7, '', 'nobody', long(33)],
        },
      ],
      [
        'PATCH',
        '/users/known',
        {},
        {
          name: [...words, '', long(101)],
          phone: [7, 'nobody', long(33)],
          virtual_number: [7, 'nobody', long(33)],
          colour: ['red'],
          sip_enabled: [true],
        },
      ],
      ['PUT', '/users/known/devices', {}, { phone: ['on', 1, null, true], sip: ['off', 0, false] }],
      [
        'PUT',
        '/contacts',
        { number: '+911130000001', name: 'New' },
        {
          number: [undefined, ...words, '', 'nobody', long(33)],
          name: [undefined, ...words, '', long(101)],
          custom_field: [7, long(513), 'a\u0000b'],
        },
      ],
      ['POST', '/webhook-secrets/rotate', {}, { overlap_hours: ['1', -1, 721, null] }],
    ])('%s …%s names the field, and changes nothing', async (method, path, good, bad) => {
      const before = await everything();
      for (const [field, values] of Object.entries(bad)) {
        for (const value of values) {
          const body = { ...good, [field]: value };
          const told = `${method} ${path} with ${field} = ${JSON.stringify(value)?.slice(0, 80)}`;
          // Which field holds NUL is not told: the body is refused before its fields are looked at.
          const named = typeof value === 'string' && value.includes('\0') ? undefined : nameOf(path, field, value);
          const token = path.startsWith('/webhook-secrets') ? customer.token : app.token;
          const asked = app.ask(method, path, { body, token });
          if (named === undefined) expect((await asked).status, told).toBe(400);
          else await expectRefused(told, asked, named);
        }
      }
      expect(await everything()).toEqual(before);
    });

    /** A telephone cannot be switched on without a number: the number is what is missing. */
    function nameOf(path: string, field: string, value: unknown): string {
      return path.endsWith('/devices') && value === true ? 'phone' : field;
    }

    it('names the item of a list, of which nothing is kept', async () => {
      const before = await everything();
      const good = { number: '+911130000009', name: 'Good' };
      for (const [bad, field] of [
        [{ name: 'No number' }, '1.number'],
        [{ number: '+911130000002' }, '1.name'],
        [{ number: 'nobody', name: 'x' }, '1.number'],
      ] as const)
        await expectRefused(JSON.stringify(bad), app.ask('PUT', '/contacts', { body: [good, bad] }), field);
      const tooMany = Array.from({ length: 1_001 }, () => good);
      expect((await app.ask('PUT', '/contacts', { body: tooMany })).status).toBe(400);
      expect((await app.ask('PUT', '/contacts', { body: [] })).status).toBe(400);
      expect(await everything()).toEqual(before);
    });

    it('asks for a number of the account', async () => {
      const body = { user_id: 'x', name: 'X', virtual_number: '+919999999999' };
      const { status, body: told } = await app.ask('POST', '/users', { body });
      expect(status).toBe(404);
      expect(told.error.message).toContain('"virtual_number"');
      expect((await app.ask('GET', '/users/x')).status).toBe(404);
    });

    it.each([
      ['/users?limit=0', 'limit'],
      ['/users?limit=501', 'limit'],
      ['/users?limit=many', 'limit'],
      ['/users?offset=-1', 'offset'],
      ['/contacts?limit=0', 'limit'],
      ['/contacts?cursor=bm9uZQ', 'cursor'],
      ['/contacts/nobody', 'number'],
      ['/calls?limit=501', 'limit'],
      ['/calls?status=lost', 'status'],
      ['/calls?direction=up', 'direction'],
      ['/calls?number=nobody', 'number'],
      ['/calls?start_date=yesterday', 'start_date'],
      ['/calls?start_date=2026-02-30', 'start_date'],
      ['/calls?end_date=2026-01-01T25:00:00Z', 'end_date'],
      ['/calls?start_date=2026-02-02&end_date=2026-02-01', 'end_date'],
      ['/calls?cursor=bm9uZQ', 'cursor'],
      ['/calls?cursor=a.b', 'cursor'],
      [`/calls?user_id=${long(129)}`, 'user_id'],
      ['/events?limit=0', 'limit'],
      ['/events?after=bm9uZQ', 'after'],
    ])('GET …%s names %s', async (path, field) => {
      await expectRefused(path, app.ask('GET', path), field);
    });

    it.each([
      ['?start_date=soon', 'start_date'],
      ['?end_date=2026-13-01', 'end_date'],
      ['?start_date=2026-02-02&end_date=2026-02-01', 'end_date'],
    ])('usage%s names %s', async (query, field) => {
      await expectRefused(query, api.ask('GET', `/${customer.id}/usage${query}`, { token: customer.token }), field);
    });

    it.each([
      ['GET', '/users/nobody', 'user_id'],
      ['PATCH', '/users/nobody', 'user_id'],
      ['DELETE', '/users/nobody', 'user_id'],
      ['GET', '/users/nobody/devices', 'user_id'],
      ['PUT', '/users/nobody/devices', 'user_id'],
      ['GET', '/calls/none', 'call_sid'],
      ['GET', '/contacts/+911130000008', 'number'],
      ['DELETE', '/contacts/+911130000008', 'number'],
    ])('%s …%s is 404 and names %s', async (method, path, field) => {
      const body = { PUT: { sip: true }, PATCH: { name: 'x' } }[method];
      const answer = await app.ask(method, path, { ...(body && { body }) });
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({
        success: false,
        error: { code: 404, message: expect.stringContaining(`"${field}"`) },
      });
    });

    it.each([
      ['{"user_id":', 400, /not valid JSON/],
      ['[]', 400, /must be/],
      ['null', 400, /must be/],
      [JSON.stringify({ user_id: long(300_000) }), 413, /too large/],
    ])('a body that is none is refused in the same envelope: %#', async (text, status, message) => {
      const answer = await app.ask('POST', '/users', { body: text });
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ success: false, error: { code: status, message: expect.stringMatching(message) } });
    });

    it.each([
      ['POST', '/settings', 405],
      ['DELETE', '/users', 405],
      ['GET', '/nowhere', 404],
      ['GET', '/users/%zz', 400],
    ])('%s …%s is %i in the same envelope', async (method, path, status) => {
      const answer = await app.ask(method, path);
      expect([answer.status, answer.body.success, answer.body.error.code]).toEqual([status, false, status]);
    });

    it('knows a page of another origin, which may use every method', async () => {
      const headers = { origin: 'https://crm.example', 'access-control-request-method': 'PATCH' };
      const answer = await api.ask('OPTIONS', `${app.base}/users/known`, { headers });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH');
    });
  });
