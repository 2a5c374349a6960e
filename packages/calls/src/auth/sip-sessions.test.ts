import { systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { Bench, nothingLeft } from '../testing/bench.js';
import { MemoryDirectory } from '../testing/memory-directory.js';
import { SipSessions } from './sip-sessions.js';

const hourSec = 3_600;

async function begin() {
  const bench = new Bench();
  bench.directory.addUser('alice');
  bench.directory.addUser('bob');
  await bench.start();
  const phone = await bench.browser();
  const session = await bench.board.sessions.issue({ accountSid: 'acme', sipUsername: 'alice' }, hourSec);
  if (!session) throw new Error('no session');
  const { authUsername: username, password } = session;
  const bindings = () => bench.board.location.bindingsOf({ accountSid: 'acme', sipUsername: 'alice' });
  return { bench, phone, session, username, password, bindings };
}

describe('a short-lived password', () => {
  it('[REG30] registers its user, and the lasting one still does', async () => {
    const { bench, phone, session, username, password, bindings } = await begin();
    expect(session.expiresAt.getTime() / 1000).toBeCloseTo(bench.clock.now() / 1000 + hourSec, -1);
    expect((await bench.register(phone, 'alice', { username, password })).status).toBe(200);
    expect(bindings()).toMatchObject([{ sipUsername: 'alice', userId: 'u-alice' }]);
    expect((await bench.register(phone, 'alice')).status).toBe(200);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REG30] is good for its own user only, with its own name and nothing changed', async () => {
    const { bench, phone, username, password } = await begin();
    expect((await bench.register(phone, 'bob', { username, password })).status).toBe(403);
    for (const changed of [
      { username: username.replace('alice', 'bob'), password },
      { username: username.replace(/~[0-9a-z]+~/, '~zzzzzz~'), password }, // Later than it was signed for.
      { username, password: `${password}x` },
      { username: 'alice', password },
    ])
      expect((await bench.register(phone, 'alice', changed)).status).toBe(401);
    await bench.close();
  });

  it('[REG31] is over at its end, and the registration that it made soon after at the latest', async () => {
    const { bench, phone, username, password, bindings } = await begin();
    await bench.run((hourSec - 100) * 1000);
    const late = await bench.register(phone, 'alice', { username, password, expires: 3_600 });
    const granted = Number(/expires=(\d+)/.exec(late.headers.get('contact') ?? '')?.[1]);
    expect(granted).toBeGreaterThan(90);
    expect(granted).toBeLessThanOrEqual(101);
    await bench.run(99_000);
    const last = await bench.register(phone, 'alice', { username, password, expires: 3_600 });
    expect(last.status).toBe(200); // The least that may be granted: 30 s.
    await bench.run(5_000);
    expect((await bench.register(phone, 'alice', { username, password })).status).toBe(401);
    expect(bindings()).toHaveLength(1);
    await bench.run(30_000);
    expect(bindings()).toHaveLength(0);
    await bench.close();
  });

  it('[REG32] ends with the user, and with a new lasting password', async () => {
    const { bench, phone, username, password } = await begin();
    const alice = bench.directory.users[0];
    if (alice) alice.password = 'another';
    expect((await bench.register(phone, 'alice', { username, password })).status).toBe(401);
    bench.directory.users.length = 0;
    expect((await bench.register(phone, 'alice', { username, password })).status).toBe(401);
    expect(await bench.board.sessions.issue({ accountSid: 'acme', sipUsername: 'alice' }, hourSec)).toBeUndefined();
    await bench.close();
  });

  it('[REG30] two are never alike, and a process with the same key knows those of another', async () => {
    const users = new MemoryDirectory();
    const user = users.addUser('alice');
    const make = (key: number) =>
      new SipSessions({ users, key: new Uint8Array(32).fill(key), clock: new FakeClock(), random: systemRandom });
    const [one, other] = [await make(1).issue(user, 60), await make(1).issue(user, 60)];
    expect(one?.password).not.toBe(other?.password);
    const name = one?.authUsername ?? '';
    expect(make(1).passwordOf('acme', name, 'secret-alice')).toBe(one?.password);
    for (const [key, account] of [
      [2, 'acme'],
      [1, 'other'],
    ] as const)
      expect(make(key).passwordOf(account, name, 'secret-alice')).not.toBe(one?.password);
  });

  it.each(['alice', 'alice~', 'alice~1~2', '~t1~0123456789abcdef', 'a~t1~0123456789ABCDEF'])(
    '[REG30] %j is the name of a user, not of a session',
    (name) => {
      const deps = { users: new MemoryDirectory(), key: new Uint8Array(32), clock: new FakeClock() };
      expect(new SipSessions({ ...deps, random: systemRandom }).read(name)).toBeUndefined();
    },
  );
});
