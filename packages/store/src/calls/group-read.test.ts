import { describe, expect, it } from 'vitest';
import { GroupRead } from './group-read.js';

function begin(options: { maxRunning?: number; maxGroup?: number; maxWaiting?: number } = {}) {
  const groups: string[][] = [];
  const release: Array<(error?: Error) => void> = [];
  const reads = new GroupRead<string, string>({
    async read(keys) {
      groups.push([...keys]);
      const error = await new Promise<Error | undefined>((resolve) => release.push(resolve));
      if (error) throw error;
      return keys.map((key) => key.toUpperCase());
    },
    ...{ maxGroup: 3, maxRunning: 1, maxWaiting: 100, ...options },
    overloaded: () => new Error('overloaded'),
  });
  return { reads, groups, release };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('GroupRead', () => {
  it('reads together what arrives together, and what arrived meanwhile, and gives each its own', async () => {
    const { reads, groups, release } = begin();
    const first = [reads.get('a'), reads.get('b')];
    await turn();
    const later = ['c', 'd', 'e', 'f'].map((key) => reads.get(key));
    await turn();
    expect(groups).toEqual([['a', 'b']]);
    release.shift()?.();
    expect(await Promise.all(first)).toEqual(['A', 'B']);
    await turn();
    release.shift()?.();
    await turn();
    release.shift()?.();
    expect(await Promise.all(later)).toEqual(['C', 'D', 'E', 'F']);
    expect(groups).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  it('answers again what is asked again: nothing is kept', async () => {
    const { reads, groups, release } = begin();
    for (let n = 0; n < 2; n++) {
      const answer = reads.get('a');
      await turn();
      release.shift()?.();
      expect(await answer).toBe('A');
    }
    expect(groups).toEqual([['a'], ['a']]);
  });

  it('lets a second group pass one that hangs', async () => {
    const { reads, groups, release } = begin({ maxRunning: 2 });
    const hanging = reads.get('a');
    await turn();
    const passing = reads.get('b');
    await turn();
    release[1]?.();
    expect(await passing).toBe('B');
    release[0]?.();
    expect(await hanging).toBe('A');
    expect(groups).toEqual([['a'], ['b']]);
  });

  it('fails the reads of a group that failed, and those only', async () => {
    const { reads, release } = begin();
    const failing = Promise.allSettled([reads.get('a'), reads.get('b')]);
    await turn();
    const fine = reads.get('c');
    release.shift()?.(new Error('connection lost'));
    expect((await failing).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await turn();
    release.shift()?.();
    expect(await fine).toBe('C');
  });

  it('refuses more than it may keep waiting', async () => {
    const { reads, release } = begin({ maxWaiting: 1 });
    const kept = reads.get('a');
    await expect(reads.get('b')).rejects.toThrow('overloaded');
    await turn();
    release.shift()?.();
    expect(await kept).toBe('A');
  });
});
