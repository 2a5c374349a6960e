import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import { FakeClock } from '@intermix/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { wavFileOf } from '../audio/wav-file.js';
import { convertAudio } from '../convert/convert-audio.js';
import { toneFile } from '../testing/wav-maker.js';
import { WebServer } from '../testing/web-server.js';
import { AudioCache } from './audio-cache.js';
import { WebAudio } from './web-audio.js';

const server = new WebServer();
const clock = new FakeClock();
const reader = new OutboundClient({ clock, allowPrivate: true });
/** The real conversion, in this thread. */
const converter = { convert: async (audio: Buffer) => wavFileOf(await convertAudio(audio, { maxMs: 600_000 })) };
const file = toneFile({ seconds: 0.5, sampleRateHz: 16_000 });
let base = '';
let web: WebAudio;

const audioIn = (folder: string) =>
  new WebAudio({ reader, cache: new AudioCache({ folder, clock }), converter, clock, logger: silentLogger });

beforeAll(async () => {
  base = await server.start();
});
beforeEach(() => {
  server.seen.splice(0);
  server.reply = (_, response) => response.writeHead(200, { etag: '"one"', 'cache-control': 'max-age=60' }).end(file);
  web = audioIn(mkdtempSync(join(tmpdir(), 'web-audio-')));
});
afterAll(async () => {
  await reader.close();
  await server.stop();
});

describe('audio of a URL', () => {
  it('is fetched once, converted, and kept while it is fresh', async () => {
    const first = await web.fileOf('acc', `${base}/a.wav`);
    expect(first.durationMs).toBe(500);
    expect((await web.fileOf('acc', `${base}/a.wav`)).path).toBe(first.path);
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/a.wav' });
    await web.fileOf('other', `${base}/a.wav`);
    expect(server.seen).toHaveLength(2);
  });

  it('is asked for with its tag when it is no longer fresh', async () => {
    const first = await web.fileOf('acc', `${base}/a.wav`);
    server.reply = (request, response) => {
      const isKnown = request.headers['if-none-match'] === '"one"';
      response.writeHead(isKnown ? 304 : 500, { 'cache-control': 'max-age=30' }).end();
    };
    clock.advance(61_000);
    expect((await web.fileOf('acc', `${base}/a.wav`)).path).toBe(first.path);
    expect((await web.fileOf('acc', `${base}/a.wav`)).path).toBe(first.path);
    expect(server.seen).toHaveLength(2);
  });

  it('is another when the server says so', async () => {
    await web.fileOf('acc', `${base}/a.wav`);
    server.reply = (_, response) => response.end(toneFile({ seconds: 1 }));
    clock.advance(61_000);
    expect((await web.fileOf('acc', `${base}/a.wav`)).durationMs).toBe(1_000);
  });

  it('is its copy while the server fails, for a day', async () => {
    await web.fileOf('acc', `${base}/a.wav`);
    server.reply = (_, response) => response.writeHead(503).end();
    clock.advance(3_600_000);
    expect((await web.fileOf('acc', `${base}/a.wav`)).durationMs).toBe(500);
    clock.advance(24 * 3_600_000);
    await expect(web.fileOf('acc', `${base}/a.wav`)).rejects.toMatchObject({ problem: 'fetch-failed' });
  });

  it('is fetched once for all who ask at the same time', async () => {
    const files = await Promise.all(Array.from({ length: 20 }, () => web.fileOf('acc', `${base}/a.wav`)));
    expect(new Set(files.map(({ path }) => path)).size).toBe(1);
    expect(server.seen).toHaveLength(1);
  });

  it.each<[string, (url: string) => string, number, Buffer | string, string]>([
    ['is not there', (url) => url, 404, 'gone', 'fetch-failed'],
    ['is elsewhere', (url) => url, 302, '', 'fetch-failed'],
    ['is a web page', (url) => url, 200, '<!doctype html><p>Login', 'not-audio'],
    ['is empty', (url) => url, 200, '', 'not-audio'],
    ['is cut off', (url) => url, 200, file.subarray(0, 1_000), 'damaged'],
    ['is larger than it may be', (url) => url, 200, toneFile({ seconds: 2, sampleRateHz: 48_000 }), 'too-large'],
    ['lies at an address that is refused', () => 'http://169.254.169.254/a.wav', 200, file, 'address-refused'],
    ['has no URL', () => 'ftp://example.com/a.wav', 200, file, 'fetch-failed'],
    ['lies where nobody answers', () => 'http://127.0.0.1:9/a.wav', 200, file, 'fetch-failed'],
  ])('that %s is refused', async (_, urlOf, status, body, problem) => {
    server.reply = (_request, response) => response.writeHead(status, { location: `${base}/b.wav` }).end(body);
    const asked = web.fileOf('acc', urlOf(`${base}/a.wav`), 100_000);
    await expect(asked).rejects.toMatchObject({ code: 'ERR_SPEECH', problem });
  });

  it('that was too large for one use is still good for another', async () => {
    server.reply = (_, response) => response.end(toneFile({ seconds: 2 }));
    await expect(web.fileOf('acc', `${base}/a.wav`, 10_000)).rejects.toMatchObject({ problem: 'too-large' });
    expect((await web.fileOf('acc', `${base}/a.wav`)).durationMs).toBe(2_000);
    await expect(web.fileOf('acc', `${base}/a.wav`, 10_000)).rejects.toMatchObject({ problem: 'too-large' });
  });

  it('that failed is not asked for again within five seconds', async () => {
    server.reply = (_, response) => response.writeHead(404).end();
    for (let index = 0; index < 5; index++) await web.fileOf('acc', `${base}/a.wav`).catch(() => {});
    expect(server.seen).toHaveLength(1);
    clock.advance(5_000);
    server.reply = (_, response) => response.end(file);
    expect((await web.fileOf('acc', `${base}/a.wav`)).durationMs).toBe(500);
  });
});
