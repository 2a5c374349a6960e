import { expect, it } from 'vitest';
import { parts } from '../parts.js';
import { FakeProfile, type FakeTab } from '../testing/tabs-fixture.js';

/** A hidden tab that registered first, and a visible one. */
async function twoTabs() {
  await parts.sounds(); // Loading it takes real time.
  const profile = await FakeProfile.start();
  const tabs = [profile.openTab(), profile.openTab()] as const;
  tabs[0].platform.visible = false;
  const phones = tabs.map((tab) => tab.exotel());
  for (const { phone } of phones) {
    phone.DoRegister();
    await profile.pass(500);
  }
  return { profile, tabs, phones };
}

/** Whether each of the tabs makes a sound in the next seconds. */
async function sounding(profile: FakeProfile, tabs: readonly FakeTab[]): Promise<boolean[]> {
  const contexts = (tab: FakeTab) => tab.platform.audioContexts;
  for (const context of tabs.flatMap(contexts)) context.scheduled.length = 0;
  await profile.pass(4_000);
  return tabs.map((tab) => contexts(tab).some(({ state, scheduled }) => state === 'running' && scheduled.length > 0));
}

it('[SDK-D51] the tab in front rings aloud, and no other', async () => {
  const { profile, tabs } = await twoTabs();
  profile.server.call();
  await profile.pass(500);
  expect(await sounding(profile, tabs)).toEqual([false, true]);
});

it('[SDK-D51] in front is the tab that is so when the call comes', async () => {
  const { profile, tabs } = await twoTabs();
  tabs[1].platform.visible = false;
  tabs[1].platform.page('hidden');
  const third = profile.openTab();
  third.exotel().phone.DoRegister();
  await profile.pass(500);
  profile.server.call();
  await profile.pass(500);
  expect(await sounding(profile, [...tabs, third])).toEqual([false, false, true]);
});

it('[SDK-D51] the tab that rings aloud is closed: another does', async () => {
  const { profile, tabs } = await twoTabs();
  profile.server.call();
  await profile.pass(500);
  tabs[1].close();
  await profile.pass(500);
  expect(await sounding(profile, [tabs[0]])).toEqual([true]);
});

it('[SDK-D51] a tab that may make no sound yet leaves it to another, at the next call too', async () => {
  const { profile, tabs, phones } = await twoTabs();
  const create = tabs[1].platform.createAudioContext.bind(tabs[1].platform);
  tabs[1].platform.createAudioContext = () =>
    Object.assign(create() as object, { state: 'suspended', allowed: false }) as unknown as AudioContext;
  for (let call = 0; call < 2; call++) {
    profile.server.call();
    await profile.pass(1_500);
    expect((await sounding(profile, tabs))[0]).toBe(true);
    await phones[0]?.phone.getCall().Hangup();
    await profile.pass(5_000);
  }
});
