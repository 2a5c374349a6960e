import { describe, expect, it } from 'vitest';
import {
  answerSdp,
  callTo,
  leftovers,
  makeCall,
  makeWorld,
  nextInvite,
  offerSdp,
  watchCall,
  watchEnd,
} from './testing/ua-fixture.js';

describe('two endpoints', () => {
  it('[CALL1] ring, answer, talk and hang up with nothing left behind', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2');
    const ringing = nextInvite(bob);
    const call = watchCall(alice.invite(callTo('10.0.0.2')));
    await world.pass();
    const incoming = await ringing;
    expect(incoming.offer).toBe(offerSdp);
    incoming.progress(180);
    await world.pass();
    const callee = incoming.accept({ sdp: answerSdp })!;
    const acknowledged: (string | undefined)[] = [];
    callee.on('acknowledged', (sdp) => acknowledged.push(sdp));
    await world.pass();
    expect(call.events).toEqual([expect.stringMatching(/^progress 180 \w+$/), 'answered']);
    expect(acknowledged).toEqual([undefined]);
    const [callerEnd, calleeEnd] = [watchEnd(call.session!), watchEnd(callee)];
    callee.bye({ reason: { protocol: 'Q.850', cause: 16, text: 'Normal "call" clearing' } });
    await world.pass();
    expect(calleeEnd).toEqual([{ by: 'local', cause: 'bye' }]);
    const reason = { protocol: 'Q.850', cause: 16, text: 'Normal "call" clearing' };
    expect(callerEnd).toEqual([{ by: 'remote', cause: 'bye', reason }]);
    expect(world.network.ladder().map((line) => line.split(' ')[0])).toEqual([
      'INVITE',
      '100',
      '180',
      '200',
      'ACK',
      'BYE',
      '200',
    ]);
    expect(await leftovers(world, alice, bob)).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it.each(['TCP', 'TLS', 'WS'] as const)('[CALL2] talk over %s and name the transport in Contact', async (protocol) => {
    const world = makeWorld();
    const { alice, bob, caller } = await makeCall(world, protocol);
    const invite = world.network.messages.find((message) => message.startLine.startsWith('INVITE'))!;
    expect(invite.text).toContain(`Contact: <sip:alice@10.0.0.1:5060;transport=${protocol.toLowerCase()}>`);
    caller.bye();
    expect(await leftovers(world, alice, bob)).toEqual([]);
    expect(alice.counts.flows).toBe(1);
  });

  it('[CALL3] survive a network that loses, repeats and reorders', async () => {
    for (let round = 0; round < 20; round++) {
      const world = makeWorld();
      Object.assign(world.network.conditions, { loss: 0.2, duplication: 0.1, reorder: 0.1, delayMs: 20 });
      for (let skip = 0; skip < round; skip++) world.network.random.fraction();
      const { alice, bob, caller, callee } = await makeLossyCall(world);
      const [callerEnd, calleeEnd] = [watchEnd(caller), watchEnd(callee)];
      caller.bye();
      expect(await leftovers(world, alice, bob)).toEqual([]);
      expect([callerEnd.length, calleeEnd.length]).toEqual([1, 1]);
    }
  });
});

async function makeLossyCall(world: ReturnType<typeof makeWorld>) {
  const alice = await world.endpoint('10.0.0.1');
  const bob = await world.endpoint('10.0.0.2');
  const ringing = nextInvite(bob);
  const call = watchCall(alice.invite(callTo('10.0.0.2')));
  await world.pass(16_000);
  const incoming = await ringing;
  incoming.progress(180);
  await world.pass(1000);
  const callee = incoming.accept({ sdp: answerSdp })!;
  await world.pass(20_000);
  expect(call.events.at(-1)).toBe('answered');
  return { alice, bob, caller: call.session!, callee };
}
