import { silentLogger } from '@intermix/kernel';
import type { MediaEngine } from '@intermix/media';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { eventually, type PortBlock, reservePorts } from '@intermix/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bench, domain } from '../testing/bench.js';
import { dialIn, number } from '../testing/two-users.js';

// The same calls over the engine that carries audio: it must take the same steps in the same order as the fake one.

let ports: PortBlock;
let engine: MediaEngine;

beforeAll(async () => {
  ports = await reservePorts();
  engine = createEmbeddedEngine({
    announcedAddress: '127.0.0.1',
    webrtcPort: ports.port(0),
    rtpPortMin: ports.port(4),
    rtpPortMax: ports.port(60),
    processes: 1,
    logger: silentLogger,
  });
  await engine.start();
}, 30_000);

afterAll(async () => {
  await engine.stop();
  ports.release();
});

async function makeBench() {
  const bench = new Bench({}, { media: engine });
  bench.directory.addUser('alice');
  bench.directory.addUser('bob');
  bench.directory.addCarrier();
  bench.directory.addDid(number, ['u-alice']);
  await bench.start();
  /** The engine takes real time, the network none. */
  const until = (condition: () => boolean) =>
    eventually(async () => {
      await bench.run();
      return condition();
    });
  return { bench, until };
}

it('[REAL1] carrier to browser, hold, resume, end', async () => {
  const { bench, until } = await makeBench();
  const alice = await bench.registered('alice');
  const carrier = await bench.carrier();
  const placed = dialIn(carrier);
  await until(() => alice.calls.length === 1);
  const received = alice.calls[0]!;
  received.answer();
  await until(() => placed.session !== undefined);
  expect(engine.counts.legs).toBe(2);

  const told: string[] = [];
  bench.board.switch.on('held', () => told.push('held'));
  bench.board.switch.on('resumed', () => told.push('resumed'));
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    const before = told.length;
    void received.session!.reinvite({ sdp: received.media.offer({ direction }) });
    await until(() => told.length > before);
  }
  expect(told).toEqual(['held', 'resumed']);
  placed.session!.bye();
  await until(() => engine.counts.legs === 0);
  await until(() => [...bench.store.calls.values()][0]!.call.status === 'completed');
  expect((await bench.record()).legs[0]!.quality).toMatchObject({ codec: 'PCMU' });
});

it('[REAL2] browser to carrier with a late answer, and browser to browser in Opus', async () => {
  const { bench, until } = await makeBench();
  const alice = await bench.registered('alice');
  const bob = await bench.registered('bob');
  const carrier = await bench.carrier();
  const out = alice.call(`sip:+919876543210@${domain}`, `<sip:alice@${domain}>`);
  await until(() => carrier.calls.length === 1);
  carrier.calls[0]!.answer();
  await until(() => out.session !== undefined);
  out.session!.bye();
  await until(() => engine.counts.legs === 0);

  const internal = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
  await until(() => bob.calls.length === 1);
  bob.calls[0]!.answer();
  await until(() => internal.session !== undefined);
  internal.session!.bye();
  await until(() => engine.counts.legs === 0);
  await until(() => bench.board.switch.stats.endedByStatus.completed === 2);
  const codecs = [...bench.store.calls.values()].map(({ legs }) => [...legs.values()].map((leg) => leg.quality?.codec));
  expect(codecs).toEqual([
    ['PCMU', 'PCMU'],
    ['opus', 'opus'],
  ]);
});

it('[REAL3] a late offer of a carrier', async () => {
  const { bench, until } = await makeBench();
  const alice = await bench.registered('alice');
  const carrier = await bench.carrier();
  const placed = dialIn(carrier, { lateOffer: true });
  await until(() => alice.calls.length === 1);
  alice.calls[0]!.answer();
  await until(() => placed.session !== undefined);
  // A hold proves that the answer in the ACK has been taken and that the call goes on.
  let held = false;
  bench.board.switch.on('held', () => {
    held = true;
  });
  void placed.session!.reinvite({ sdp: placed.media.offer({ direction: 'sendonly' }) });
  await until(() => held);
  expect(placed.session!.ended).toBe(false);
  placed.session!.bye();
  await until(() => engine.counts.legs === 0);
});
