import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import type { MediaEngine } from '@intermix/media';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { eventually, type PortBlock, reservePorts, toneWav } from '@intermix/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bench, domain } from '../testing/bench.js';
import { HeldProgram } from '../testing/program-bench.js';
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

it('[REAL4] a program answers, plays a file, connects to a user with an announcement, and plays again', async () => {
  const { bench, until } = await makeBench();
  const folder = await mkdtemp(join(tmpdir(), 'intermix-program-'));
  const file = join(folder, 'hello.wav');
  await writeFile(file, toneWav(440, 0.2, { sampleRateHz: 8_000 }));
  const flowNumber = '+918047110009';
  bench.directory.addDid(flowNumber, [], { target: { type: 'flow', flowId: 'flow_1' } });
  const program = new HeldProgram();
  bench.flows.set('flow_1', program);
  const alice = await bench.registered('alice');
  const carrier = await bench.carrier();
  const placed = dialIn(carrier, {}, flowNumber);
  await until(() => program.runs === 1);
  const steps: unknown[] = [];
  const script = async () => {
    const { control } = program;
    steps.push((await control.playFile(file)).how);
    const outcome = control.connect({
      parties: [{ type: 'user', appId: 'app1', userId: 'u-alice' }],
      waiting: { file },
      announcement: { file, to: 'both' },
    });
    steps.push(await outcome);
    const looping = control.playFile(file, { loop: true });
    await control.stopPlaying();
    steps.push((await looping).how);
    steps.push(await control.playFile(join(folder, 'none.wav')).catch((error) => error.problem));
    program.finish();
  };
  const scripted = script();
  await until(() => alice.calls.length === 1);
  expect(steps).toEqual(['played']);
  alice.calls[0]!.answer();
  const { callSid } = program.control.call;
  await until(() => bench.store.calls.get(callSid)!.events.some(({ type }) => type === 'leg-answered'));
  alice.calls[0]!.session!.bye(); // As the announcement plays: nobody has talked.
  await until(() => placed.session?.ended === true);
  await scripted;
  expect(steps.slice(1)).toEqual([
    expect.objectContaining({ status: 'failed', reason: 'hangup', party: 'u-alice', endedBy: 'callee' }),
    'stopped',
    'bad-argument',
  ]);
  await until(() => engine.counts.legs === 0);
  await rm(folder, { recursive: true });
});
