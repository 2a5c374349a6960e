import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import type { Flow } from '../transport/flow.js';
import { talking } from './testing/talk.js';
import { answerSdp, leftovers, offerSdp, watchEnd } from './testing/ua-fixture.js';
import type { IncomingReinvite } from './types.js';

describe('the end of a session', () => {
  it('[END1] BYEs that cross are both answered 200, and it ends once', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const ends = watchEnd(session);
    session.bye();
    peer.send(flow, 'BYE', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(peer.statuses('BYE')).toEqual([200]);
    peer.send(flow, 'INFO', { ...inDialog, cseq: 3 });
    await world.pass();
    expect(peer.statuses('INFO')).toEqual([481]);
    peer.answer(peer.last('BYE'), 200);
    await world.pass();
    expect(ends).toEqual([{ by: 'local', cause: 'bye' }]);
    peer.send(flow, 'BYE', { ...inDialog, cseq: 4 });
    await world.pass();
    expect(peer.lastResponse('BYE').status).toBe(481);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END6] the 200 to a BYE waits for what the user asks for, at most 2 s; everything else happens at once', async () => {
    const cases: [ready: () => Promise<unknown> | undefined, answeredAfterMs: number][] = [
      [() => undefined, 0],
      [() => Promise.reject(new Error('not written')), 0],
      [() => new Promise(() => {}), 2_000],
    ];
    for (const [ready, limitMs] of cases) {
      const { world, bob, peer, flow, session, inDialog } = await talking();
      const ends = watchEnd(session);
      session.answerByeAfter(ready);
      const bye = peer.write(flow, 'BYE', { ...inDialog, cseq: 2 });
      flow.send(bye);
      await world.pass();
      expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
      if (limitMs > 0) {
        flow.send(bye); // Repeated after T1: swallowed, not refused.
        await world.pass(limitMs - 10);
        expect(peer.statuses('BYE')).toEqual([]);
        await world.pass(20);
      }
      expect(peer.statuses('BYE')).toEqual([200]);
      flow.send(bye);
      await world.pass();
      expect(peer.statuses('BYE')).toEqual([200, 200]);
      expect(await leftovers(world, bob)).toEqual([]);
      expect(world.clock.pendingTimers).toBe(0);
    }
  });

  it('[END2] answers what is pending with 487, and settles what we asked for', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const pending: IncomingReinvite[] = [];
    session.on('reinvite', (reinvite) => pending.push(reinvite));
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass();
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    const info = session.request('INFO').catch((error: { code: string }) => error.code);
    peer.send(flow, 'BYE', { ...inDialog, cseq: 3 });
    await world.pass();
    expect(peer.statuses('BYE')).toEqual([200]);
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(await Promise.all([ours, info])).toEqual(['ERR_SIP_SESSION_ENDED', 'ERR_SIP_SESSION_ENDED']);
    pending[0]!.accept({ sdp: answerSdp });
    await world.pass();
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END2] sends none of ours that waited behind what it answers with 487', async () => {
    const { world, bob, peer, flow, session, inDialog } = await talking();
    session.on('reinvite', () => {});
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 2, sdp: offerSdp });
    await world.pass();
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    session.bye();
    await world.pass();
    expect(peer.lastResponse('INVITE').status).toBe(487);
    expect(peer.requests('INVITE')).toEqual([]);
    expect(await ours).toBe('ERR_SIP_SESSION_ENDED');
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END3] still ACKs the 2xx to a re-INVITE that was under way, and sends nothing else', async () => {
    const talk = await talking();
    const { world, bob, peer, flow, session, inDialog } = talk;
    const ours = session.reinvite({ sdp: offerSdp }).catch((error: { code: string }) => error.code);
    await world.pass();
    peer.send(flow, 'BYE', { ...inDialog, cseq: 2 });
    await world.pass();
    expect(await ours).toBe('ERR_SIP_SESSION_ENDED');
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp });
    await world.pass();
    expect(peer.requests('ACK')).toHaveLength(1);
    expect(peer.requests('BYE')).toEqual([]);
    expect(await leftovers(world, bob)).toEqual([]);
  });

  it('[END4] does not come by itself when the flow closes: the user rebinds, or calls it lost', async () => {
    const { world, bob, peer, flow, session } = await talking('WS');
    const ends = watchEnd(session);
    world.network.cut(flow);
    await world.pass(60_000);
    expect(ends).toEqual([]);
    const refused = session.request('INFO').catch((error) => error);
    await world.pass();
    expect(await refused).toMatchObject({ failure: { cause: 'transport' } });
    expect(ends).toEqual([]);
    const flows: Flow[] = [];
    bob.on('flowOpened', (opened) => flows.push(opened));
    peer.send(await peer.connect('10.0.0.2', 'WS'), 'REGISTER');
    await world.pass();
    session.rebind(flows[0]!, SipUri.parse('sip:new@xyz.invalid;transport=ws'));
    const moved = session.request('INFO');
    await world.pass();
    expect(peer.last('INFO').request.uri.toString()).toBe('sip:new@xyz.invalid;transport=ws');
    peer.answer(peer.last('INFO'), 200);
    await world.pass();
    expect((await moved).status).toBe(200);
    const sent = world.network.messages.length;
    session.flowLost();
    session.flowLost();
    session.bye();
    await world.pass(60_000);
    expect(ends).toEqual([{ by: 'local', cause: 'flow-lost' }]);
    expect(world.network.messages).toHaveLength(sent);
    expect(await leftovers(world, bob)).toEqual([]);
    const late: unknown[] = [];
    session.on('ended', (end) => late.push(end));
    await world.pass();
    expect(late).toEqual(ends);
  });

  it('[END5] of a TCP call whose connection is gone sends BYE over a new one', async () => {
    const { world, bob, peer, flow, session } = await talking('TCP');
    world.network.cut(flow);
    await world.pass();
    session.bye();
    await world.pass();
    const bye = peer.last('BYE');
    expect(bye.flow.closed).toBe(false);
    peer.answer(bye, 200);
    expect(await leftovers(world, bob)).toEqual([]);
  });
});
