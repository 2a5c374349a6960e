import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { UserCaches, type UserKeys, userKey } from './user-caches.js';

const asha: UserKeys = { accountSid: 'one', appId: 'crm', userId: 'asha', sipUsername: 'asha' };
const ravi: UserKeys = { accountSid: 'two', appId: 'desk', userId: 'ravi', sipUsername: 'ravi' };

/** Caches that hold both, and how often each was read from the database. */
async function filled() {
  const caches = new UserCaches({ clock: new FakeClock(), ttlMs: Number.POSITIVE_INFINITY });
  const reads = { asha: 0, ravi: 0 };
  const read = async (user: UserKeys) =>
    caches.users.get(userKey(user.appId, user.userId), async () => {
      reads[user.userId as keyof typeof reads]++;
      return { ...user, name: user.userId, phone: undefined, virtualNumber: undefined } as never;
    });
  const readBoth = async () => {
    await read(asha);
    await read(ravi);
    return { ...reads };
  };
  await readBoth();
  return { caches, readBoth };
}

/** An error as the database's driver gives it. */
const refused = (code: string, constraint: string) => Object.assign(new Error('refused'), { code, constraint });

it('forgets the user whom a write changed, and nobody else', async () => {
  const { caches, readBoth } = await filled();
  await caches.forgetting(
    async () => asha,
    (user) => [user],
  );
  expect(await readBoth()).toEqual({ asha: 2, ravi: 1 });
});

it.each([
  ['an id that is taken', '23505', 'users_pkey'],
  ['a SIP user name that is taken', '23505', 'users_sip_username_unique'],
  ['no device that is on', '23514', 'users_device_enabled'],
])('forgets nobody when the database refused %s', async (_what, code, constraint) => {
  const { caches, readBoth } = await filled();
  const error = refused(code, constraint);
  await expect(
    caches.forgetting(
      () => Promise.reject(error),
      () => [],
    ),
  ).rejects.toBe(error);
  expect(await readBoth()).toEqual({ asha: 1, ravi: 1 });
});

it('forgets everybody when a write may have been committed though it failed', async () => {
  const { caches, readBoth } = await filled();
  const lost = new Error('connection lost');
  await expect(
    caches.forgetting(
      () => Promise.reject(lost),
      () => [],
    ),
  ).rejects.toBe(lost);
  expect(await readBoth()).toEqual({ asha: 2, ravi: 2 });
});
