import { silentLogger } from '@intermix/kernel';
import { expect, it, vi } from 'vitest';
import { parts } from '../parts.js';
import { FakeProfile } from '../testing/tabs-fixture.js';

it('[SDK-D50] tabs that register in the same moment share one connection', async () => {
  for (const gapMs of [0, 1, 20]) {
    const profile = await FakeProfile.start();
    const tabs = [1, 2, 3, 4].map(() => profile.openTab());
    const phones = tabs.map((tab) => tab.exotel());
    for (const { phone } of phones) {
      phone.DoRegister();
      if (gapMs) await profile.clock.advanceAsync(gapMs);
    }
    await profile.pass(1_000);
    expect(tabs.map(({ openSockets }) => openSockets.length).sort()).toEqual([0, 0, 0, 1]);
    profile.server.call();
    await profile.pass(100);
    for (const { heard } of phones) expect(heard.at(-1)).toMatch(/^call incoming/);
  }
});

it('[SDK-D50] a tab that hears of the lead while it asks for it itself opens no connection of its own', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  const locks = second.platform.locks;
  // The browser's answer takes its time; meanwhile the other tab says that it has the lead.
  const request = (name: string, options: LockOptions, callback: LockGrantedCallback<unknown>) => {
    const ask = () => locks?.request(name, options, callback);
    return options.ifAvailable
      ? profile.clock
          .advanceAsync(0)
          .then(() => late)
          .then(ask)
      : ask();
  };
  const late = new Promise<void>((resolve) => profile.clock.schedule(200, resolve));
  second.platform.locks = { ...locks, request } as LockManager;
  second.client().register();
  await profile.pass(100);
  first.client().register();
  await profile.pass(2_000);
  expect([first.openSockets.length, second.openSockets.length]).toEqual([1, 0]);
});

it('[SDK-D57] a part that does not come in 1.5 s keeps no tab from registering, as a device of its own', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab().exotel(), profile.openTab()];
  first.phone.DoRegister();
  await profile.pass(300);
  const shared = profile.server.instance;
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (_fields: object, message: string) => errors.push(message) };
  const load = vi.spyOn(parts, 'tabs').mockReturnValue(new Promise(() => {}));
  const client = second.client({ logger });
  void client.register();
  await profile.pass(1_000);
  expect(client.registrationState).toBe('connecting');
  await profile.pass(1_000);
  load.mockRestore();
  expect([client.registered, errors]).toEqual([true, ['exotelsdk-tabs.js cannot be loaded']]);
  expect(profile.server.instance).not.toBe(shared);
  expect(first.heard.at(-1)).toBe('register registered');
  // The next time it is one of the tabs.
  await client.unregister();
  void client.register();
  await profile.pass(500);
  expect([client.tabRole, second.openSockets.length]).toEqual(['following', 0]);
});
