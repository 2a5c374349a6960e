import { expect, it } from 'vitest';
import { answeredSession, serverSdp } from '../testing/page-fixture.js';
import { FakeProfile, type FakeTab } from '../testing/tabs-fixture.js';

/** Tabs that have registered one after the other; the first is the one that registers for all. */
async function registeredTabs(count: number) {
  const profile = await FakeProfile.start();
  const tabs: FakeTab[] = [];
  const phones: ReturnType<FakeTab['exotel']>[] = [];
  for (let n = 0; n < count; n++) {
    const tab = profile.openTab();
    const phone = tab.exotel();
    phone.phone.DoRegister();
    await profile.pass(400);
    tabs.push(tab);
    phones.push(phone);
  }
  return { profile, tabs, phones };
}

const last = ({ heard }: { heard: string[] }) => heard.filter((line) => line.startsWith('register')).at(-1);

it('[SDK-D54] UnRegister() right after DoRegister() is told, and keeps no other tab from registering', async () => {
  const profile = await FakeProfile.start();
  const { phone, heard } = profile.openTab().exotel();
  phone.DoRegister();
  phone.UnRegister();
  await profile.pass(500);
  expect(heard).toEqual(['register unregistered']);
  expect([phone.isReadyToRegister, profile.network.openSockets.length]).toEqual([true, 0]);
  const other = profile.openTab().exotel();
  other.phone.DoRegister();
  await profile.pass(500);
  expect(last(other)).toBe('register registered');
});

it('[SDK-D54] DoRegister(), UnRegister(), DoRegister() in one go registers, as an effect that runs twice does', async () => {
  const profile = await FakeProfile.start();
  const { phone, heard } = profile.openTab().exotel();
  const results = [phone.DoRegister()];
  phone.UnRegister();
  results.push(phone.DoRegister());
  await profile.pass(500);
  expect(results).toEqual([true, true]);
  expect(heard.at(-1)).toBe('register registered');
  expect(profile.network.openSockets).toHaveLength(1);
});

it('[SDK-D54] a client that is disposed of at once leaves the lead to the next', async () => {
  const profile = await FakeProfile.start();
  const tab = profile.openTab();
  const first = tab.client();
  const registering = first.register();
  await first.dispose();
  await expect(registering).rejects.toThrow('not registered: requested');
  const second = tab.client();
  void second.register();
  await profile.pass(500);
  expect(second.registered).toBe(true);
});

for (const who of [0, 1]) {
  it(`[SDK-D55] UnRegister() in the ${who ? 'child' : 'parent'} takes the phone offline in all tabs`, async () => {
    const { profile, phones } = await registeredTabs(3);
    phones[who]?.phone.UnRegister();
    await profile.pass(6_000);
    expect(phones.map(last)).toEqual(Array(3).fill('register unregistered'));
    expect(profile.server.contact).toBeUndefined();
    expect(profile.network.openSockets).toEqual([]);
    // Another goes online, and with it the one that had not gone offline itself.
    phones[2]?.phone.DoRegister();
    await profile.pass(1_000);
    const online = phones.map((phone) => last(phone) === 'register registered');
    expect(online).toEqual([who === 1, who === 0, true]);
    expect(profile.network.openSockets).toHaveLength(1);
  });
}

for (const who of [0, 1]) {
  const name = who ? 'child' : 'parent';
  it(`[SDK-D55] UnRegister() of a ${name} whose page is being left (beforeunload) is for that page alone`, async () => {
    const { profile, tabs, phones } = await registeredTabs(3);
    phones[who]?.phone.UnRegister();
    tabs[who]?.close();
    await profile.pass(2_000);
    const others = phones.filter((_phone, index) => index !== who);
    expect(others.map(last)).toEqual(Array(2).fill('register registered'));
    expect(profile.network.openSockets).toHaveLength(1);
    void answeredSession(profile.server.call());
    await profile.pass(100);
    expect(others.map(({ heard }) => heard.at(-1))).toEqual(Array(2).fill(expect.stringMatching(/incoming/)));
  });
}

it('[SDK-D55] a tab that went offline, and is closed a while later, brings the phone back nowhere', async () => {
  const { profile, tabs, phones } = await registeredTabs(2);
  phones[0]?.phone.UnRegister();
  await profile.pass(3_000);
  tabs[0]?.close();
  await profile.pass(3_000);
  expect(last(phones[1]!)).toBe('register unregistered');
  expect(profile.network.openSockets).toEqual([]);
});

it('[SDK-D55] both tabs UnRegister() at the same time: the server hears of it', async () => {
  const { profile, phones } = await registeredTabs(2);
  for (const { phone } of phones) phone.UnRegister();
  await profile.pass(3_000);
  expect(phones.map(last)).toEqual(Array(2).fill('register unregistered'));
  expect(profile.server.contact).toBeUndefined();
  expect(profile.network.openSockets).toEqual([]);
});

it('[SDK-D55] offline in a call of the child: the call goes on and is ended from either tab', async () => {
  const { profile, phones } = await registeredTabs(2);
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await phones[1]?.phone.getCall().Answer();
  const session = await answered;
  phones[0]?.phone.UnRegister();
  await profile.pass(3_000);
  expect([session.ended, profile.server.contact]).toEqual([false, undefined]);
  await phones[1]?.phone.getCall().Hangup();
  await profile.pass(500);
  expect(session.ended).toBe(true);
  expect(profile.network.openSockets).toEqual([]); // Nothing needs it any more.
});

it('[SDK-D55] a tab that is offline and in a call hands the lead to one that registers, and may follow it', async () => {
  const { profile, phones, tabs } = await registeredTabs(1);
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await phones[0]?.phone.getCall().Answer();
  const session = await answered;
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  phones[0]?.phone.UnRegister();
  await profile.pass(500);
  const other = profile.openTab().exotel();
  other.phone.DoRegister();
  await profile.pass(2_000);
  expect([last(other), session.ended]).toEqual(['register registered', false]);
  expect(phones[0]?.phone.DoRegister()).toBe(true);
  await profile.pass(1_000);
  await phones[0]?.phone.getCall().Hangup();
  await profile.pass(500);
  expect(session.ended).toBe(true);
  profile.server.call();
  await profile.pass(100);
  for (const { heard } of [phones[0], other] as { heard: string[] }[]) expect(heard.at(-1)).toMatch(/^call incoming/);
  expect([tabs[0]?.openSockets.length, profile.network.openSockets.length]).toEqual([0, 1]);
});

it('[SDK-D55] UnRegister() and DoRegister() in a call: the tab goes on registering for the others', async () => {
  const profile = await FakeProfile.start();
  const client = profile.openTab().client();
  const roles: string[] = [];
  client.on('tabRole', (role) => roles.push(role));
  void client.register();
  await profile.pass(300);
  profile.server.call();
  await profile.pass(100);
  void client.unregister();
  await profile.pass(300);
  void client.register();
  await profile.pass(300);
  expect([roles, client.registered]).toEqual([['leading'], true]);
});

it('[SDK-D56] re-register comes to no tab that was the first, and to none that went offline on purpose', async () => {
  const profile = await FakeProfile.start();
  const parent = profile.openTab().exotel();
  parent.phone.SessionListener();
  await profile.pass(2_000);
  expect(parent.heard).toEqual([]);
  parent.phone.DoRegister();
  await profile.pass(500);
  const child = profile.openTab().exotel();
  child.phone.SessionListener();
  await profile.pass(500);
  parent.phone.UnRegister();
  await profile.pass(3_000);
  expect(parent.heard.at(-1)).toBe('register unregistered');
  expect(child.heard).toEqual([]);
  expect(profile.network.openSockets).toEqual([]);
});
