import { expect, it } from 'vitest';
import type { VoiceClient } from '../client/voice-client.js';
import { answeredSession, PASSWORD } from '../testing/page-fixture.js';
import { FakeProfile } from '../testing/tabs-fixture.js';

/** What a client's page hears of its registration. */
function ear(client: VoiceClient): string[] {
  const heard: string[] = [];
  client.on('registered', () => heard.push('registered'));
  client.on('unregistered', ({ reason, willRetry }) => heard.push(`${reason}${willRetry ? ', again' : ''}`));
  client.on('incoming', () => heard.push('incoming'));
  return heard;
}

it('[SDK-D58] a tab with a wrong password hears so; the tab that registers, and the server, stay as they were', async () => {
  const profile = await FakeProfile.start();
  const leader = profile.openTab().client();
  void leader.register();
  await profile.pass(100);
  const stranger = profile.openTab().client({ password: 'guessed' });
  const heard = ear(stranger);
  stranger.register().catch(() => {});
  const { contact } = profile.server;
  await profile.pass(200);
  expect(heard).toEqual(['credentials-rejected']);
  expect([leader.registered, stranger.registered, stranger.tabRole]).toEqual([true, false, 'alone']);
  expect(profile.server.contact).toBe(contact);
  void answeredSession(profile.server.call());
  await profile.pass(100);
  expect([leader.calls.length, stranger.calls.length]).toEqual([1, 0]);
});

it('[SDK-D58] a call that comes while a password is judged does not ring there; neither channel nor storage has it', async () => {
  const profile = await FakeProfile.start();
  const leader = profile.openTab().client();
  void leader.register();
  await profile.pass(100);
  const { registrar } = profile.server;
  const judge: Array<() => void> = [];
  profile.server.registrar = (incoming) => void judge.push(() => registrar(incoming));
  const follower = profile.openTab().client();
  const heard = ear(follower);
  void follower.register();
  await profile.pass(100);
  profile.server.call();
  await profile.pass(100);
  expect([heard, leader.calls.length]).toEqual([[], 1]);
  profile.server.registrar = registrar;
  for (const go of judge) go();
  await profile.pass(100);
  profile.server.call();
  await profile.pass(100);
  expect(heard).toEqual(['registered', 'incoming']);
  expect(JSON.stringify([profile.channels.posted, [...profile.stored]])).not.toContain(PASSWORD);
});

it('[SDK-D58] the password is judged once, not at each refresh; a tab that listened and registers then is judged too', async () => {
  const profile = await FakeProfile.start();
  void profile.openTab().client({ expiresSec: 100_000 }).register();
  await profile.pass(100);
  const follower = profile.openTab().client({ expiresSec: 10 });
  void follower.register();
  await profile.pass(100);
  const before = profile.network.sentByPage('REGISTER').length;
  await profile.pass(30_000);
  expect(profile.network.sentByPage('REGISTER').length).toBe(before);
  const stranger = profile.openTab().client({ password: 'guessed' });
  stranger.listen();
  await profile.pass(100);
  const heard = ear(stranger);
  stranger.register().catch(() => {});
  await profile.pass(200);
  expect(heard).toEqual(['credentials-rejected']);
});

it('[SDK-D58] a password that was changed meanwhile: a tab that has the new one is registered', async () => {
  const profile = await FakeProfile.start();
  const stale = profile.openTab().client();
  void stale.register();
  await profile.pass(100);
  // The server's word counts, not the registering tab's own password, which is good only until its refresh.
  profile.server.digest.check = () => ({ ok: true, username: 'priya' });
  const follower = profile.openTab().client({ password: 'the new one' });
  void follower.register();
  await profile.pass(200);
  expect([stale.registered, follower.registered, follower.tabRole]).toEqual([true, true, 'following']);
});

it('[SDK-D50] different users in two tabs of one profile know nothing of one another', async () => {
  const profile = await FakeProfile.start();
  profile.server.digest.check = () => ({ ok: true, username: 'whoever' });
  const instances = new Set<string | undefined>();
  const users = ['priya', 'ravi'].map((username) => profile.openTab().client({ username }));
  for (const client of users) {
    void client.register();
    await profile.pass(100);
    instances.add(profile.server.instance);
  }
  expect(users.map(({ tabRole, registered }) => [tabRole, registered])).toEqual(Array(2).fill(['leading', true]));
  expect([profile.network.openSockets.length, instances.size]).toEqual([2, 2]);
});
