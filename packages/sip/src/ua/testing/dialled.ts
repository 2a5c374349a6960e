// Shared by the tests of the caller.
import { DigestServer } from '../../auth/digest-server.js';
import type { OutgoingInviteOptions } from '../types.js';
import { callTo, makeWorld, seededRandom, type World, watchCall } from './ua-fixture.js';

/** Alice calls a peer that answers by hand; the INVITE has arrived. */
export async function dialled(more: Partial<OutgoingInviteOptions> = {}) {
  const world = makeWorld();
  const alice = await world.endpoint('10.0.0.1');
  const peer = await world.peer('10.0.0.9');
  const invite = alice.invite(callTo('10.0.0.9', more));
  const call = watchCall(invite);
  await world.pass();
  return { world, alice, peer, invite, call };
}

/** A peer's check of credentials: the password of everybody is `secret`. */
export function digestOf(world: World, options: { realm?: string } = {}): DigestServer {
  return new DigestServer({
    realm: options.realm ?? 'carrier',
    algorithms: ['SHA-256', 'MD5'],
    secret: 'a secret of the test, long enough',
    clock: world.clock,
    random: seededRandom(),
    lookup: () => ({ password: 'secret' }),
  });
}
