import type { InviteSession } from '@intermix/sip';
import { expect, it } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import { answeredSession, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';

/** Two calls that were taken one after the other: the first is on hold since the second was answered. */
async function twoCalls() {
  const page = await registeredPage();
  const calls: VoiceCall[] = [];
  const refuses = new Set<InviteSession>();
  const sessions: InviteSession[] = [];
  for (let count = 0; count < 2; count++) {
    const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
    const invite = page.server.call();
    const call = await incoming;
    const [session] = await Promise.all([answeredSession(invite), call.answer()]);
    session.on('reinvite', (reinvite) =>
      refuses.has(session) ? reinvite.reject(488) : reinvite.accept({ sdp: serverSdp() }),
    );
    calls.push(call);
    sessions.push(session);
    await settle();
  }
  const [first, second] = calls as [VoiceCall, VoiceCall];
  const held = () => [first.held, second.held];
  return { ...page, first, second, held, refuses, sessions: sessions as [InviteSession, InviteSession] };
}

it('[SDK-D43] swap() holds the one and goes on with the other, in either order', async () => {
  const { client, first, second, held } = await twoCalls();
  expect(held()).toEqual([true, false]);
  await client.swap(first, second);
  expect([held(), client.activeCall]).toEqual([[false, true], first]);
  await client.swap(first, second);
  expect([held(), client.activeCall]).toEqual([[true, false], second]);
});

it('[SDK-D43] swap() changes nothing when the talking call cannot be held', async () => {
  const { client, first, second, held, refuses, sessions } = await twoCalls();
  refuses.add(sessions[1]);
  await expect(client.swap(first, second)).rejects.toMatchObject({ problem: 'hold-refused', status: 488 });
  expect(held()).toEqual([true, false]);
});

it('[SDK-D43] swap() goes back to the first when the other cannot be taken back', async () => {
  const { client, first, second, held, refuses, sessions } = await twoCalls();
  refuses.add(sessions[0]);
  await expect(client.swap(first, second)).rejects.toMatchObject({ problem: 'hold-refused', fatal: false });
  expect([held(), client.calls.length]).toEqual([[true, false], 2]);
});

it('[SDK-D72] of two calls that are answered at the same time one is talked in', async () => {
  const page = await registeredPage();
  const calls: VoiceCall[] = [];
  page.client.on('incoming', (call) => calls.push(call));
  const invites = [page.server.call(), page.server.call()];
  await settle();
  for (const invite of invites) {
    void answeredSession(invite).then((session) =>
      session.on('reinvite', (offer) => offer.accept({ sdp: serverSdp() })),
    );
  }
  await Promise.all(calls.map((call) => call.answer()));
  await settle();
  expect(calls.map(({ state, held }) => [state, held])).toEqual([
    ['connected', true],
    ['connected', false],
  ]);
});

it('[SDK-D72] a call that is answered while another is being dialled is held when that one is taken', async () => {
  const page = await registeredPage();
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const ringing = await incoming;
  const dialled = page.client.call('+15550001');
  const answered = answeredSession(invite);
  await ringing.answer();
  (await answered).on('reinvite', (offer) => offer.accept({ sdp: serverSdp() }));
  await settle();
  page.server.invites[0]?.accept({ sdp: serverSdp() });
  await settle();
  expect([ringing, dialled].map(({ state, held }) => [state, held])).toEqual([
    ['connected', true],
    ['connected', false],
  ]);
});
