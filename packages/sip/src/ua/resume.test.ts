import { describe, expect, it } from 'vitest';
import type { SessionSnapshot } from '../dialog/session-snapshot.js';
import { SessionEndedError, SessionSnapshotError } from '../message/errors.js';
import { SipUri } from '../message/uri.js';
import type { Flow } from '../transport/flow.js';
import type { Endpoint } from './endpoint.js';
import {
  aliceUri,
  answerSdp,
  bobUri,
  leftovers,
  makeCall,
  makeWorld,
  offerSdp,
  type World,
  watchEnd,
} from './testing/ua-fixture.js';
import type { InviteSession } from './types.js';

interface Handed {
  world: World;
  /** The one that goes away, and the one that takes its call up. */
  old: Endpoint;
  heir: Endpoint;
  peer: Endpoint;
  /** The peer's session, which hears of nothing but new requests. */
  far: InviteSession;
  near: InviteSession;
  snapshot: SessionSnapshot;
  flow: Flow;
}

/** Alice and Bob talk; a third endpoint is about to go on for one of them. */
async function handing(who: 'caller' | 'callee'): Promise<Handed> {
  const world = makeWorld();
  const { alice, bob, caller, callee } = await makeCall(world, 'TCP');
  const [old, peer] = who === 'caller' ? [alice, bob] : [bob, alice];
  const [near, far] = who === 'caller' ? [caller, callee] : [callee, caller];
  const snapshot = JSON.parse(JSON.stringify(near.snapshot())) as SessionSnapshot;
  const heir = await world.endpoint('10.0.0.4');
  const address = { host: who === 'caller' ? '10.0.0.2' : '10.0.0.1', port: 5060 };
  const flow = await flowOf(world, heir, address);
  return { world, old, heir, peer, far, near, snapshot, flow };
}

async function flowOf(world: World, endpoint: Endpoint, address: { host: string; port: number }): Promise<Flow> {
  const flows: Flow[] = [];
  endpoint.on('flowOpened', (flow) => flows.push(flow));
  const uri = SipUri.parse(`sip:x@${address.host}:${address.port};transport=tcp`);
  const asked = endpoint.request({ method: 'OPTIONS', target: { uri }, from: aliceUri, to: bobUri });
  await world.pass(5);
  await asked;
  return flows[0]!;
}

describe('a session that another endpoint goes on with', () => {
  it.each(['caller', 'callee'] as const)(
    '[RES1] taken over from the %s: re-INVITE, requests both ways, BYE',
    async (who) => {
      const { world, old, heir, peer, far, snapshot, flow } = await handing(who);
      const session = heir.resume(snapshot, { flow });
      expect([session.callId, session.localTag, session.remoteTag]).toEqual([far.callId, far.remoteTag, far.localTag]);
      far.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
      const answered = session.reinvite({ sdp: offerSdp });
      await world.pass(5);
      expect((await answered).sdp).toBe(answerSdp);
      const infos: string[] = [];
      session.on('info', (info) => {
        infos.push(info.request.method);
        info.respond(200);
      });
      const asked = far.request('INFO');
      await world.pass(5);
      expect([(await asked).status, infos]).toEqual([200, ['INFO']]);
      const ends = watchEnd(far);
      session.bye();
      await world.pass(5);
      expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
      await old.stop();
      expect(await leftovers(world, heir, peer)).toEqual([]);
    },
  );

  it('[RES2] a snapshot that is older than the last requests still works: numbers begin further on', async () => {
    const { world, heir, far, near, snapshot, flow } = await handing('caller');
    far.on('info', (info) => info.respond(200));
    for (let i = 0; i < 5; i++) {
      const sent = near.request('INFO');
      await world.pass(5);
      await sent;
    }
    const ends = watchEnd(far);
    heir.resume(snapshot, { flow }).bye();
    await world.pass(5);
    expect(ends).toEqual([{ by: 'remote', cause: 'bye' }]);
  });

  it('[RES3] a dialog that the peer no longer has ends by 481', async () => {
    const { world, heir, far, snapshot, flow } = await handing('callee');
    far.bye();
    await world.pass(5);
    const session = heir.resume(snapshot, { flow });
    const ends = watchEnd(session);
    const refused = session.reinvite({ sdp: offerSdp }).catch((error: unknown) => error);
    await world.pass(5);
    expect(await refused).toMatchObject({ code: 'ERR_SIP_REJECTED', status: 481 });
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    expect(await leftovers(world, heir)).toEqual([]);
  });

  it('[RES4] what is no snapshot gives a typed error and leaves nothing behind', async () => {
    const { heir, snapshot, flow } = await handing('caller');
    const bad: unknown[] = [
      undefined,
      null,
      'text',
      {},
      { ...snapshot, v: 2 },
      { ...snapshot, role: 'other' },
      { ...snapshot, callId: 'a\r\nVia: x' },
      { ...snapshot, local: '<sip:alice@example.com>' },
      { ...snapshot, remote: 42 },
      { ...snapshot, routes: 'none' },
      { ...snapshot, routes: Array(50).fill('<sip:p@10.0.0.1;lr>') },
      { ...snapshot, remoteTarget: 'no uri' },
      { ...snapshot, localCseq: -1001 },
      { ...snapshot, localCseq: '7' },
      { ...snapshot, localCseq: 2 ** 31 - 1 },
      { ...snapshot, remoteCseq: 1.5 },
      { ...snapshot, timer: { sec: 1, weRefresh: true } },
      { ...snapshot, contactUser: 'a>b' },
    ];
    for (const wrong of bad) {
      expect(() => heir.resume(wrong as SessionSnapshot, { flow })).toThrow(SessionSnapshotError);
    }
    expect(heir.counts.dialogs).toBe(0);
  });

  it('[RES5] a session that is over gives none', async () => {
    const { world, near } = await handing('caller');
    near.bye();
    await world.pass(5);
    expect(() => near.snapshot()).toThrow(SessionEndedError);
  });

  it('[RES6] holds no password', async () => {
    const { snapshot } = await handing('caller');
    expect(Object.keys(snapshot).sort()).toEqual(
      'callId contactUser local localCseq remote remoteTarget role routes secure v'.split(' '),
    );
  });
});
