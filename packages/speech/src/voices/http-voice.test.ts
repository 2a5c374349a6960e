import { systemClock } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toneFile } from '../testing/wav-maker.js';
import { WebServer } from '../testing/web-server.js';
import { HttpVoice } from './http-voice.js';

const server = new WebServer();
const client = new OutboundClient({
  clock: systemClock,
  allowPrivate: true,
  timeoutMs: 2_000,
  maxAnswerBytes: 100_000,
});
let url = '';

beforeAll(async () => {
  url = await server.start();
});
afterEach(() => server.seen.splice(0));
afterAll(async () => {
  await client.close();
  await server.stop();
});

const voice = (changes: Partial<ConstructorParameters<typeof HttpVoice>[0]> = {}) =>
  new HttpVoice({ url: `${url}/v1/`, key: 'sk-secret-key', model: 'tts-1', client, ...changes });

describe('a provider with the interface of OpenAI', () => {
  it('is asked for a WAV file of the text', async () => {
    const file = toneFile({ seconds: 0.2 });
    server.reply = (_, response) => response.writeHead(200, { 'content-type': 'audio/wav' }).end(file);
    expect((await voice().speak('Guten Tag, 100 %', 'nova')).equals(file)).toBe(true);
    expect(server.seen).toHaveLength(1);
    const [{ method, path, headers, body } = server.seen[0]!] = server.seen;
    expect([method, path, headers.authorization]).toEqual(['POST', '/v1/audio/speech', 'Bearer sk-secret-key']);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      model: 'tts-1',
      voice: 'nova',
      input: 'Guten Tag, 100 %',
      response_format: 'wav',
    });
  });

  it('needs no key', async () => {
    server.reply = (_, response) => response.end(toneFile({ seconds: 0.1 }));
    await voice({ key: undefined }).speak('Hi', 'alloy');
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('is told by its refusals, and the key by none', async () => {
    const answers: Array<[number, string, string, RegExp]> = [
      [
        400,
        '{"error":{"message":"Input should be \'alloy\': unknown voice"}}',
        'unknown-voice',
        /"nova": Input should/,
      ],
      [
        401,
        '{"error":{"message":"Incorrect API key provided: sk-secret-key."}}',
        'engine-failed',
        /401: Incorrect API key provided: …/,
      ],
      [500, '<html>oops</html>', 'engine-failed', /answered 500$/],
      [302, '', 'engine-failed', /answered 302$/],
      [429, '{"error":"slow down"}', 'engine-failed', /429: slow down/],
    ];
    for (const [status, body, problem, message] of answers) {
      server.reply = (_, response) => response.writeHead(status, { location: 'http://127.0.0.1/' }).end(body);
      const refused = await voice()
        .speak('Hi', 'nova')
        .catch((error: Error) => error);
      expect(refused).toMatchObject({ code: 'ERR_SPEECH', problem, message: expect.stringMatching(message) });
      expect(String(refused)).not.toContain('secret');
    }
  });

  it('that is away, slow or sends without end is told', async () => {
    const failed = { code: 'ERR_SPEECH', problem: 'engine-failed' };
    await expect(voice({ url: 'http://127.0.0.1:9' }).speak('Hi', 'a')).rejects.toMatchObject(failed);
    await expect(voice({ url: 'http://169.254.169.254' }).speak('Hi', 'a')).rejects.toMatchObject(failed);
    server.reply = (_, response) => response.end(Buffer.alloc(200_000));
    await expect(voice().speak('Hi', 'a')).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('too much'),
    });
    server.reply = () => {};
    await expect(voice().speak('Hi', 'a')).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('2 s'),
    });
  });

  it('is another engine with another model or address', () => {
    const ids = [voice().id, voice({ model: 'tts-2' }).id, voice({ url: 'http://other.example' }).id];
    expect(new Set(ids).size).toBe(3);
    expect(voice({ key: 'other' }).id).toBe(voice().id);
  });
});
