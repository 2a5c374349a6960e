import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { convertAudio } from '../convert/convert-audio.js';
import { levelOf } from '../testing/tone-measure.js';
import { EspeakNg, findEspeakNg } from './espeak-ng.js';

const installed = findEspeakNg();
const limits = { maxMs: 600_000 };

describe.skipIf(installed === undefined)('espeak-ng', () => {
  const engine = new EspeakNg({ program: installed ?? '', clock: systemClock });
  const spoken = async (text: string, voice = engine.defaultVoice) =>
    convertAudio(await engine.speak(text, voice), limits);

  it('speaks: as long as the sentence takes, and mostly voiced', async () => {
    const samples = await spoken('Welcome to Intermix. Please press one for sales, or two for support.');
    expect(samples.length / 8_000).toBeGreaterThan(2.5);
    expect(samples.length / 8_000).toBeLessThan(8);
    expect(levelOf(samples)).toBeGreaterThan(0.03);
    const frames = Array.from({ length: Math.floor(samples.length / 160) }, (_, index) =>
      levelOf(samples.subarray(index * 160, (index + 1) * 160)),
    );
    expect(frames.filter((level) => level > 0.02).length / frames.length).toBeGreaterThan(0.5);
  });

  it('speaks longer texts for longer, and other voices otherwise', async () => {
    const one = await spoken('One.');
    const many = await spoken('One two three four five six seven eight nine ten.');
    expect(many.length).toBeGreaterThan(one.length * 3);
    expect(Array.from(await spoken('One.', 'en+f3'))).not.toEqual(Array.from(one));
    expect((await spoken('नमस्ते, आपका स्वागत है।', 'hi')).length).toBeGreaterThan(6_000);
  });

  it('takes a text for nothing but a text', async () => {
    const marker = join(mkdtempSync(join(tmpdir(), 'espeak-')), 'made');
    const samples = await spoken(`$(touch ${marker}); \`touch ${marker}\` -f /etc/passwd --path=/ | touch ${marker}`);
    expect(samples.length).toBeGreaterThan(8_000);
    expect(() => chmodSync(marker, 0o600)).toThrow(/ENOENT/);
  });

  it.each(['alloy', 'nosuch'])('says that it has no voice %s', async (voice) => {
    const refused = {
      code: 'ERR_SPEECH',
      problem: 'unknown-voice',
      field: 'voice',
      message: expect.stringContaining(voice),
    };
    await expect(engine.speak('Hello', voice)).rejects.toMatchObject(refused);
  });
});

describe('the program', () => {
  const program = (script: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'espeak-')), 'espeak-ng');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };
  const speak = (script: string, clock = systemClock) =>
    new EspeakNg({ program: program(script), clock }).speak('Hi', 'en');

  it.each(['../../../etc/passwd', '/tmp/voice', '-f', '', 'en us', `e${'n'.repeat(80)}`])(
    'is not asked for a voice such as %j',
    async (voice) => {
      const engine = new EspeakNg({ program: program('echo asked'), clock: systemClock });
      await expect(engine.speak('Hello', voice)).rejects.toMatchObject({ problem: 'unknown-voice' });
    },
  );

  it('that fails, or says nothing, is told', async () => {
    const failed = { code: 'ERR_SPEECH', problem: 'engine-failed' };
    await expect(speak('cat >/dev/null; echo broken >&2; exit 3')).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('broken'),
    });
    await expect(speak('exit 0')).rejects.toMatchObject(failed);
    const gone = new EspeakNg({ program: '/nonexistent/espeak-ng', clock: systemClock });
    await expect(gone.speak('Hi', 'en')).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('that never ends is ended', async () => {
    const clock = new FakeClock();
    const spoken = speak('exec sleep 600', clock);
    clock.advance(20_000);
    await expect(spoken).rejects.toMatchObject({
      problem: 'engine-failed',
      message: expect.stringContaining('was ended'),
    });
  });

  it('that talks without end is ended', async () => {
    await expect(speak('exec cat /dev/zero')).rejects.toMatchObject({ problem: 'engine-failed' });
  });

  it('is found in PATH, or not', () => {
    const path = program('true');
    expect(findEspeakNg(`/nonexistent:${path.replace(/\/espeak-ng$/, '')}`)).toBe(path);
    expect(findEspeakNg('/nonexistent:')).toBeUndefined();
  });
});
