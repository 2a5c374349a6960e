import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpeech, type Speech } from './open-speech.js';
import { SpeechError } from './speech-error.js';
import { MemoryPrompts } from './testing/memory-prompts.js';
import { pitchOf, samplesOf } from './testing/tone-measure.js';
import { toneFile } from './testing/wav-maker.js';
import type { TextToSpeech } from './voices/text-to-speech.js';

/** Says each text as a tone of its voice, `440` for instance. */
class ToneVoice implements TextToSpeech {
  readonly id: string = 'tone';
  readonly defaultVoice = '440';
  readonly asked: Array<[text: string, voice: string]> = [];

  async speak(text: string, voice: string): Promise<Buffer> {
    this.asked.push([text, voice]);
    if (text === 'fail') throw new SpeechError('engine-failed', 'It failed.', 'text');
    if (text === 'nonsense') return Buffer.from('{"error":"no audio"}');
    return toneFile({ hz: Number(voice), seconds: 0.3, sampleRateHz: 24_000 });
  }
}

let engine: ToneVoice;
let prompts: MemoryPrompts;
let folder: string;
let speech: Speech;

const open = (voice: TextToSpeech | undefined = engine) =>
  openSpeech({
    ...{ folder, directory: prompts, engine: voice, clock: systemClock, random: systemRandom, logger: silentLogger },
    reader: { get: () => Promise.reject(new Error('no URL is opened here')) },
  });

beforeEach(() => {
  engine = new ToneVoice();
  prompts = new MemoryPrompts();
  folder = mkdtempSync(join(tmpdir(), 'speech-'));
  speech = open();
});
afterEach(() => speech.stop());

const pitchIn = (path: string) => pitchOf(samplesOf(readFileSync(path)));

describe('a text', () => {
  it('is spoken once for each voice, and kept', async () => {
    const first = await speech.files.fileFor('acc', { text: 'Hello' });
    expect(first.durationMs).toBe(300);
    expect(pitchIn(first.path) / 440).toBeCloseTo(1, 2);
    const again = await speech.files.fileFor('other', { text: ' Hello ' });
    expect(again.path).toBe(first.path);
    const higher = await speech.files.fileFor('acc', { text: 'Hello', voice: '880' });
    expect(pitchIn(higher.path) / 880).toBeCloseTo(1, 2);
    expect(engine.asked).toEqual([
      ['Hello', '440'],
      ['Hello', '880'],
    ]);
    const restarted = open();
    expect((await restarted.files.fileFor('acc', { text: 'Hello' })).path).toBe(first.path);
    expect(engine.asked).toHaveLength(2);
    await restarted.stop();
  });

  it('is spoken once for all who ask at the same time', async () => {
    const files = await Promise.all(Array.from({ length: 10 }, () => speech.files.fileFor('acc', { text: 'Hello' })));
    expect(new Set(files.map(({ path }) => path)).size).toBe(1);
    expect(engine.asked).toHaveLength(1);
  });

  it('that could not be spoken is tried again', async () => {
    for (let index = 0; index < 2; index++)
      await expect(speech.files.fileFor('acc', { text: 'fail' })).rejects.toMatchObject({ problem: 'engine-failed' });
    expect(engine.asked).toHaveLength(2);
  });

  it.each([
    ['', 'bad-text'],
    [' \n ', 'bad-text'],
    ['a'.repeat(2_001), 'bad-text'],
    ['nonsense', 'engine-failed'],
  ])('%j is refused', async (text, problem) => {
    await expect(speech.files.fileFor('acc', { text })).rejects.toMatchObject({
      code: 'ERR_SPEECH',
      problem,
      field: 'text',
    });
  });

  it('needs an engine, and says so', async () => {
    const silent = openSpeech({
      ...{ folder, directory: prompts, engine: undefined, clock: systemClock, random: systemRandom },
      ...{ logger: silentLogger, reader: { get: () => Promise.reject(new Error('no')) } },
    });
    const refused = { problem: 'no-engine', message: expect.stringMatching(/espeak-ng.*INTERMIX_TTS_URL/) };
    await expect(silent.files.fileFor('acc', { text: 'Hello' })).rejects.toMatchObject(refused);
  });
});

describe('a prompt', () => {
  it('is what was uploaded, for its account', async () => {
    const made = await speech.library.create('acc', 'welcome', { audio: toneFile({ hz: 500, sampleRateHz: 48_000 }) });
    expect(made).toMatchObject({ accountSid: 'acc', name: 'welcome', durationMs: 1_000, bytes: 16_044 });
    const { path, durationMs } = await speech.files.fileFor('acc', { promptId: made.id });
    expect(durationMs).toBe(1_000);
    expect(pitchIn(path) / 500).toBeCloseTo(1, 2);
    expect((await speech.library.audioOf('acc', made.id))?.equals(readFileSync(path))).toBe(true);
    const unknown = { problem: 'unknown-prompt', field: 'prompt_id' };
    await expect(speech.files.fileFor('other', { promptId: made.id })).rejects.toMatchObject(unknown);
    expect(await speech.library.audioOf('other', made.id)).toBeUndefined();
  });

  it('of a text outlives the cache', async () => {
    const made = await speech.library.create('acc', 'hours', { text: 'Closed.', voice: '600' });
    const { path } = await speech.files.fileFor('acc', { promptId: made.id });
    expect(path).not.toContain('cache');
    expect(pitchIn(path) / 600).toBeCloseTo(1, 2);
  });

  it('shares its file with its likes, which goes with the last of them', async () => {
    const audio = toneFile();
    const [first, second] = await Promise.all(['a', 'b'].map((name) => speech.library.create('acc', name, { audio })));
    const { path } = await speech.files.fileFor('acc', { promptId: first!.id });
    expect(await speech.library.delete('other', first!.id)).toBe(false);
    expect(await speech.library.delete('acc', first!.id)).toBe(true);
    expect(existsSync(path)).toBe(true);
    expect(await speech.library.delete('acc', second!.id)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(await speech.library.delete('acc', second!.id)).toBe(false);
  });

  it('that the store refuses leaves nothing behind, and no harm to its like', async () => {
    const made = await speech.library.create('acc', 'a', { audio: toneFile() });
    await expect(speech.library.create('acc', 'a', { audio: toneFile({ hz: 300 }) })).rejects.toThrow('taken');
    await expect(speech.library.create('acc', 'a', { audio: toneFile() })).rejects.toThrow('taken');
    const { path } = await speech.files.fileFor('acc', { promptId: made.id });
    expect(existsSync(path)).toBe(true);
    expect(await speech.library.list('acc')).toEqual([made]);
  });

  it('is one of at most a thousand', async () => {
    const like = { accountSid: 'acc', sha256: 'x', durationMs: 1, bytes: 1, createdAt: new Date() };
    for (let index = 0; index < 1_000; index++) await prompts.create({ ...like, id: `${index}`, name: `${index}` });
    const refused = { problem: 'too-many-prompts' };
    await expect(speech.library.create('acc', 'one more', { audio: toneFile() })).rejects.toMatchObject(refused);
    await speech.library.create('other', 'first', { audio: toneFile() });
  });

  it('of more than 10 MB is refused before it is read', async () => {
    const refused = { problem: 'too-large', field: 'audio' };
    await expect(
      speech.library.create('acc', 'a', { audio: Buffer.alloc(10 * 1024 * 1024 + 1) }),
    ).rejects.toMatchObject(refused);
  });
});
