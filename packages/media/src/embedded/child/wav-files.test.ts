import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeToneWav } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WavFiles } from './wav-files.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-wav-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tone = (name: string, hz: number, seconds = 0.1) =>
  makeToneWav(join(folder, name), hz, seconds, { sampleRateHz: 8000 });

describe('WavFiles', () => {
  it('reads a file once for all who play it, and again when it has changed', async () => {
    const files = new WavFiles();
    const path = tone('a.wav', 500);
    const [first, second] = await Promise.all([files.load(path), files.load(path)]);
    expect(second).toBe(first);
    expect(await files.load(path)).toBe(first);
    tone('a.wav', 1000);
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    const third = await files.load(path);
    expect([third === first, third.length, third[2] === first[2]]).toEqual([false, 800, false]);
  });

  it('forgets the file that was not played for longest when they become too many', async () => {
    const files = new WavFiles({ maxCachedBytes: 10_000 }); // Six of them.
    const paths = [0, 1, 2, 3, 4, 5, 6].map((i) => tone(`short-${i}.wav`, 500));
    const first = await files.load(paths[0]!);
    const second = await files.load(paths[1]!);
    for (const path of paths.slice(2, 6)) await files.load(path);
    expect(await files.load(paths[0]!)).toBe(first);
    await files.load(paths[6]!);
    expect(await files.load(paths[0]!)).toBe(first);
    expect(await files.load(paths[1]!)).not.toBe(second);
  });

  it('refuses what is not there, not a file or too large, and tries again the next time', async () => {
    const files = new WavFiles();
    const path = join(folder, 'later.wav');
    await expect(files.load(path)).rejects.toThrow(`there is no audio file ${path}`);
    writeFileSync(path, 'no audio');
    await expect(files.load(path)).rejects.toMatchObject({ problem: 'bad-argument' });
    tone('later.wav', 500);
    expect((await files.load(path)).length).toBe(800);
    await expect(files.load(folder)).rejects.toThrow('is not a file');
    truncateSync(path, 20_000_001);
    await expect(files.load(path)).rejects.toThrow('later.wav has 21 MB; an audio file may have 20 MB');
  });
});
