import { toneWav } from '@intermix/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeApi, type TestApi } from '../testing/make-api.js';

let api: TestApi;
let token: string;

beforeEach(async () => {
  api = await makeApi();
  token = await api.tokenOf('admin');
});

const boundary = 'between-the-parts';

type Part = [name: string, value: string | Buffer, fileName?: string];

function form(parts: Part[]): { payload: Buffer; headers: Record<string, string> } {
  const chunks = parts.flatMap(([name, value, fileName]) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${fileName ? `; filename="${fileName}"` : ''}\r\n`,
    fileName ? 'content-type: application/octet-stream\r\n\r\n' : '\r\n',
    value,
    '\r\n',
  ]);
  const payload = Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk as string)));
  return { payload, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

async function ask(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  options: { body?: object; parts?: Part[]; token?: string } = {},
) {
  const { payload, headers = {} } = options.parts ? form(options.parts) : { payload: options.body };
  const authorization = `Bearer ${options.token ?? token}`;
  return api.app.inject({ method, url, headers: { ...headers, authorization }, ...(payload ? { payload } : {}) });
}

describe('prompts', () => {
  it('takes a WAV file and gives it back as it is played', async () => {
    const made = await ask('POST', '/api/v1/prompts', {
      parts: [
        ['name', 'Welcome'],
        ['audio', toneWav(440, 2), 'welcome.wav'],
      ],
    });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ name: 'Welcome', duration_ms: 2_000, bytes: 44 + 2 * 16_000 });
    const { id } = made.json();
    expect((await ask('GET', `/api/v1/prompts/${id}`)).json()).toEqual(made.json());
    expect((await ask('GET', '/api/v1/prompts')).json()).toEqual({ items: [made.json()], next_cursor: null });

    const audio = await ask('GET', `/api/v1/prompts/${id}/audio`);
    expect(audio.headers['content-type']).toBe('audio/wav');
    expect(audio.rawPayload.length).toBe(made.json().bytes);
    expect(audio.rawPayload.readUInt32LE(24)).toBe(8_000);
  });

  it('speaks a text', async () => {
    const made = await ask('POST', '/api/v1/prompts', { body: { name: 'Hours', text: 'We are closed.' } });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ name: 'Hours', duration_ms: 500 });
  });

  it('is deleted once', async () => {
    const { id } = (await ask('POST', '/api/v1/prompts', { body: { name: 'a', text: 'b' } })).json();
    expect((await ask('DELETE', `/api/v1/prompts/${id}`)).statusCode).toBe(204);
    expect((await ask('DELETE', `/api/v1/prompts/${id}`)).statusCode).toBe(404);
    expect((await ask('GET', `/api/v1/prompts/${id}/audio`)).statusCode).toBe(404);
  });

  it('belongs to one account', async () => {
    const { id } = (await ask('POST', '/api/v1/prompts', { body: { name: 'a', text: 'b' } })).json();
    const stranger = { token: await api.tokenOf('super_admin', 'two') };
    expect((await ask('GET', '/api/v1/prompts', stranger)).json().items).toEqual([]);
    for (const path of ['', '/audio'])
      expect((await ask('GET', `/api/v1/prompts/${id}${path}`, stranger)).statusCode).toBe(404);
    expect((await ask('DELETE', `/api/v1/prompts/${id}`, stranger)).statusCode).toBe(404);
    expect((await ask('GET', `/api/v1/prompts/${id}`)).statusCode).toBe(200);
  });

  it('is read by supervisors and written by admins', async () => {
    const supervisor = { token: await api.tokenOf('supervisor') };
    expect((await ask('GET', '/api/v1/prompts', supervisor)).statusCode).toBe(200);
    const refused = await ask('POST', '/api/v1/prompts', { ...supervisor, body: { name: 'a', text: 'b' } });
    expect(refused.statusCode).toBe(403);
    expect((await ask('GET', '/api/v1/prompts', { token: 'none' })).statusCode).toBe(401);
  });

  const wav = toneWav(440, 0.1);
  it.each<[string, { body?: object; parts?: Part[] }, number, string, string | undefined]>([
    [
      'a web page',
      {
        parts: [
          ['name', 'a'],
          ['audio', '<!doctype html>', 'a.wav'],
        ],
      },
      400,
      'ERR_SPEECH',
      'audio',
    ],
    [
      'a cut file',
      {
        parts: [
          ['name', 'a'],
          ['audio', wav.subarray(0, 500), 'a.wav'],
        ],
      },
      400,
      'ERR_SPEECH',
      'audio',
    ],
    [
      'too much',
      {
        parts: [
          ['name', 'a'],
          ['audio', Buffer.alloc(11 << 20), 'a.wav'],
        ],
      },
      413,
      'ERR_SPEECH',
      'audio',
    ],
    ['no name', { parts: [['audio', wav, 'a.wav']] }, 400, 'ERR_VALIDATION', 'name'],
    [
      'audio as text',
      {
        parts: [
          ['name', 'a'],
          ['audio', 'RIFF'],
        ],
      },
      400,
      'ERR_VALIDATION',
      'audio',
    ],
    ['audio in JSON', { body: { name: 'a', audio: 'UklGRg==' } }, 400, 'ERR_VALIDATION', 'audio'],
    [
      'a second name',
      {
        parts: [
          ['name', 'a'],
          ['name', 'b'],
          ['audio', wav, 'a.wav'],
        ],
      },
      400,
      'ERR_VALIDATION',
      'name',
    ],
    [
      'an unknown field',
      {
        parts: [
          ['name', 'a'],
          ['colour', 'b'],
          ['audio', wav, 'a.wav'],
        ],
      },
      400,
      'ERR_VALIDATION',
      'colour',
    ],
    [
      'a second file',
      {
        parts: [
          ['name', 'a'],
          ['audio', wav, 'a.wav'],
          ['more', wav, 'b.wav'],
        ],
      },
      413,
      'ERR_REQUEST',
      undefined,
    ],
    ['neither', { body: { name: 'a' } }, 400, 'ERR_VALIDATION', 'audio'],
    [
      'both',
      {
        parts: [
          ['name', 'a'],
          ['text', 'b'],
          ['audio', wav, 'a.wav'],
        ],
      },
      400,
      'ERR_VALIDATION',
      'text',
    ],
    ['a voice that is none', { body: { name: 'a', text: 'b', voice: 'c' } }, 400, 'ERR_SPEECH', 'voice'],
    ['no words', { body: { name: 'a', text: '  ' } }, 400, 'ERR_SPEECH', 'text'],
    ['too many words', { body: { name: 'a', text: 'b'.repeat(2_001) } }, 400, 'ERR_VALIDATION', 'text'],
  ])('refuses %s', async (_, options, status, code, field) => {
    const refused = await ask('POST', '/api/v1/prompts', options);
    expect([refused.statusCode, refused.json().error.code, refused.json().error.field]).toEqual([status, code, field]);
    expect((await ask('GET', '/api/v1/prompts')).json().items).toEqual([]);
  });
});
