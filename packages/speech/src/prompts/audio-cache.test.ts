import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@intermix/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { AudioCache } from './audio-cache.js';

const key = (name: string) => createHash('sha256').update(name).digest('hex');
const wav = Buffer.alloc(44 + 16_000); // A second.

describe('the cache of audio', () => {
  let folder: string;
  let clock: FakeClock;
  const open = (maxBytes = 1_000_000) => new AudioCache({ folder, clock, maxBytes });

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'audio-cache-')), 'cache');
    clock = new FakeClock();
  });

  it('keeps audio and what is known of it, also over a restart', async () => {
    const cache = open();
    expect(await cache.get(key('a'))).toBeUndefined();
    await cache.put(key('a'), wav, { etag: '"1"', freshUntil: 5 });
    const kept = { path: join(folder, `${key('a')}.wav`), durationMs: 1_000, notes: { etag: '"1"', freshUntil: 5 } };
    expect(await cache.get(key('a'))).toMatchObject(kept);
    await cache.note(key('a'), { etag: '"2"' });
    expect(await open().get(key('a'))).toMatchObject({ ...kept, notes: { etag: '"2"' } });
  });

  it('lets go of what was not used for longest, also when it was opened anew', async () => {
    const cache = open(3 * wav.length);
    for (const name of ['a', 'b', 'c']) {
      clock.advance(1_000);
      await cache.put(key(name), wav, {});
      await cache.get(key(name));
    }
    clock.advance(1_000);
    await cache.get(key('a'));
    await cache.put(key('d'), wav, {});
    expect(await cache.get(key('b'))).toBeUndefined();
    expect(existsSync(join(folder, `${key('b')}.wav`))).toBe(false);
    expect(await cache.get(key('a'))).toBeDefined();

    const smaller = open(2 * wav.length);
    expect(await smaller.get(key('c'))).toBeUndefined();
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('counts what is written again once', async () => {
    const cache = open(2 * wav.length);
    await cache.put(key('a'), wav, {});
    for (let index = 0; index < 5; index++) await cache.put(key('b'), wav, {});
    expect(await cache.get(key('a'))).toBeDefined();
  });

  it('misses what was taken from under it', async () => {
    const cache = open();
    await cache.put(key('a'), wav, {});
    rmSync(folder, { recursive: true });
    expect(await cache.get(key('a'))).toBeUndefined();
    await cache.put(key('a'), wav, {});
    expect(await cache.get(key('a'))).toBeDefined();
  });

  it('serves again when its folder, which could not be made, can be', async () => {
    const place = join(folder, '..');
    rmSync(place, { recursive: true });
    writeFileSync(place, 'in the way');
    const cache = open();
    await expect(cache.get(key('a'))).rejects.toThrow();
    rmSync(place);
    expect(await cache.get(key('a'))).toBeUndefined();
    await cache.put(key('a'), wav, {});
    expect(await cache.get(key('a'))).toBeDefined();
  });

  it('clears away what a dead server left half done', async () => {
    await open().put(key('a'), wav, {});
    for (const name of [`${key('b')}.wav`, `${key('c')}.json`, `${key('d')}.wav.abc.part`, 'stranger.txt'])
      writeFileSync(join(folder, name), 'half');
    writeFileSync(join(folder, `${key('e')}.wav`), wav);
    writeFileSync(join(folder, `${key('e')}.json`), '{"torn');
    expect(await open().get(key('a'))).toBeDefined();
    expect(readdirSync(folder).sort()).toEqual([`${key('a')}.json`, `${key('a')}.wav`].sort());
  });
});
