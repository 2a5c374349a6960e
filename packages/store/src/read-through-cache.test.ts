import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { ReadThroughCache } from './read-through-cache.js';

function begin(options: { ttlMs?: number; maxEntries?: number } = {}) {
  const clock = new FakeClock();
  const cache = new ReadThroughCache<string | undefined>({ clock, ttlMs: 1000, maxEntries: 2, ...options });
  const asked: string[] = [];
  const read = (key: string, value: string | undefined = key) =>
    cache.get(key, async () => {
      asked.push(key);
      return value;
    });
  return { clock, cache, asked, read };
}

describe('ReadThroughCache', () => {
  it('asks once until the time is up', async () => {
    const { clock, asked, read } = begin();
    await read('a');
    clock.advance(999);
    expect(await read('a')).toBe('a');
    expect(asked).toEqual(['a']);
    clock.advance(1);
    await read('a');
    expect(asked).toEqual(['a', 'a']);
  });

  it('lets readers at the same time share one question', async () => {
    const { asked, read } = begin();
    expect(await Promise.all([read('a'), read('a')])).toEqual(['a', 'a']);
    expect(asked).toEqual(['a']);
  });

  it('drops the least recently used beyond its bound', async () => {
    const { cache, asked, read } = begin();
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await read(key);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
    expect(cache.size).toBe(2);
  });

  it('does not keep an answer that was on its way when the key was invalidated', async () => {
    const { cache, read } = begin();
    let answer: (value: string) => void = () => {};
    const stale = cache.get('a', () => new Promise<string>((resolve) => (answer = resolve)));
    cache.invalidate('a');
    const fresh = read('a', 'new');
    answer('old');
    expect(await stale).toBe('old');
    expect(await fresh).toBe('new');
    expect(await read('a', 'newest')).toBe('new');
  });

  it('keeps neither a failure nor an absence', async () => {
    const { cache, asked, read } = begin();
    await expect(cache.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await cache.get('a', async () => undefined)).toBeUndefined();
    expect(await read('a', 'there')).toBe('there');
    expect(asked).toEqual(['a']);
  });
});
