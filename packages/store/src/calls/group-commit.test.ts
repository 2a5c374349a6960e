import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.js';

function begin(options: { maxGroup?: number; maxWaiting?: number; gapMs?: number } = {}) {
  const clock = new FakeClock();
  const groups: string[][] = [];
  let failure: ((group: readonly string[]) => Error | undefined) | undefined;
  const commits = new GroupCommit<string>({
    async commit(writes) {
      groups.push([...writes]);
      await Promise.resolve();
      const error = failure?.(writes);
      if (error) throw error;
    },
    isOwnFault: (error) => (error as Error).message === 'own fault',
    uniqueKey: (write) => (write.startsWith('!') ? write : undefined),
    clock,
    gapMs: 0,
    maxGroup: 3,
    maxWaiting: 100,
    overloaded: () => new Error('overloaded'),
    ...options,
  });
  const failWhen = (rule: typeof failure) => {
    failure = rule;
  };
  return { commits, groups, failWhen, clock };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('GroupCommit', () => {
  it('gathers what follows closely, and does not keep one waiting that comes alone', async () => {
    const { commits, groups, clock } = begin({ gapMs: 5 });
    await commits.submit('a');
    const following = [commits.submit('b')];
    clock.advance(3);
    await turn();
    following.push(commits.submit('c'));
    expect(groups).toEqual([['a']]);
    clock.advance(2);
    await Promise.all(following);
    expect(groups).toEqual([['a'], ['b', 'c']]);
    clock.advance(5);
    await commits.submit('d');
    expect(groups.at(-1)).toEqual(['d']);
  });

  it('lets nothing wait for company when it is drained', async () => {
    const { commits, groups } = begin({ gapMs: 5 });
    await commits.submit('a');
    const following = ['b', 'c', 'd', 'e'].map((write) => commits.submit(write));
    await turn();
    await commits.drained();
    await Promise.all(following);
    expect(groups).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
  });

  it('commits what arrives together, and what arrived meanwhile, as groups in order', async () => {
    const { commits, groups } = begin();
    const first = [commits.submit('a'), commits.submit('b')];
    await turn();
    const later = ['c', 'd', 'e', 'f'].map((write) => commits.submit(write));
    await Promise.all([...first, ...later]);
    expect(groups).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  it('tries the writes of a failed group one by one when one of them is to blame', async () => {
    const { commits, groups, failWhen } = begin();
    failWhen((group) => (group.includes('bad') ? new Error('own fault') : undefined));
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((write) => commits.submit(write)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(groups).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('does not write twice when the database is to blame', async () => {
    const { commits, groups, failWhen } = begin();
    failWhen(() => new Error('connection lost'));
    const results = await Promise.allSettled(['a', 'b'].map((write) => commits.submit(write)));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(groups).toEqual([['a', 'b']]);
    failWhen(undefined);
    await commits.submit('c');
    expect(groups.at(-1)).toEqual(['c']);
  });

  it('keeps two writes of one unique key apart', async () => {
    const { commits, groups } = begin();
    await Promise.all(['!a', 'b', '!a'].map((write) => commits.submit(write)));
    expect(groups).toEqual([['!a', 'b'], ['!a']]);
  });

  it('refuses more than it may keep waiting, and is drained when all are done', async () => {
    const { commits, groups } = begin({ maxWaiting: 2 });
    const kept = [commits.submit('a'), commits.submit('b')];
    await expect(commits.submit('c')).rejects.toThrow('overloaded');
    await commits.drained();
    await Promise.all(kept);
    expect(groups).toEqual([['a', 'b']]);
  });
});
