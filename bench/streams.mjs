// Conversations with bots: a telephone leg each, its audio to a bot as 100 ms frames, the bot's back, both at once and all the
// time. Telephones and bots share one process on the other core; what that takes is in the lateness.
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@intermix/kernel';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { openStream } from '@intermix/streaming';
import { round, row } from './support/figures.mjs';
import { watchHost } from './support/host-stalls.mjs';
import { cpuMsOf, forkNode, pin, sleep, treeOf } from './support/processes.mjs';
import { audioPortOf, telephoneOffer } from './support/telephone-sdp.mjs';

export const title = 'Streams to bots, PCMU leg ↔ WebSocket, both ways, one media child on one core';

const frameMs = 100;
const budget = { lateMs: 20, delayMs: 20 };
const ends = fileURLToPath(new URL('./support/stream-ends.mjs', import.meta.url));
const childPath = fileURLToPath(new URL('../packages/streaming/dist/testing/stream-child.js', import.meta.url));

export async function run({ ports, cores, seconds = 10, sizes = [50, 200], rates = [8_000, 16_000] }) {
  const rows = [];
  for (const rate of rates) {
    for (const streams of sizes) {
      const figures = await streamed({ streams, rate, ports, cores, seconds });
      rows.push(...rowsOf(`${streams} streams at ${rate / 1_000} kHz`, streams, seconds, figures));
    }
  }
  return rows;
}

async function streamed({ streams, rate, ports, cores, seconds }) {
  const before = new Set(treeOf(process.pid));
  // More ports than a block of tests has: above those, where the system gives none by itself.
  const engine = createEmbeddedEngine({
    ...{ announcedAddress: '127.0.0.1', webrtcPort: ports.port(4), processes: 1, logger: silentLogger },
    ...{ rtpPortMin: 12_000, rtpPortMax: 12_000 + streams * 4, childPath },
  });
  await engine.start();
  const child = treeOf(process.pid).find((pid) => !before.has(pid));
  if (cores.server !== undefined) pin(child, cores.server);
  const generator = await forkNode(ends, { core: cores.load });
  try {
    const legs = [];
    for (let index = 0; index < streams; index++) legs.push(await connect(engine, generator, index, rate));
    generator.child.send({ type: 'go' });
    await sleep(3_000);
    generator.child.send({ type: 'measure', on: true });
    const usedBefore = cpuMsOf(child);
    const takenByHost = watchHost();
    const startedAt = performance.now();
    await sleep(seconds * 1_000);
    const wallSec = (performance.now() - startedAt) / 1_000;
    const cpuMs = (cpuMsOf(child) - usedBefore) / wallSec;
    const taken = takenByHost();
    generator.child.send({ type: 'measure', on: false });
    const result = await generator.answerTo({ type: 'stop' }, 'result');
    for (const { stream } of legs) stream.stop();
    const dropped = (await Promise.all(legs.map(({ stream }) => stream.ended))).reduce(
      (sum, { counters }) => sum + counters.framesDropped,
      0,
    );
    return { ...result, cpuMs, dropped, taken };
  } finally {
    await generator.stop();
    await engine.stop();
  }
}

async function connect(engine, generator, index, rate) {
  const callId = `bench-${index}`;
  const leg = await engine.createLeg({ kind: 'rtp', callId, legId: 'caller' });
  const { port } = await generator.answerTo({ type: 'add', index }, 'port');
  const answer = await leg.acceptOffer(telephoneOffer(port));
  generator.child.send({ type: 'target', index, port: audioPortOf(answer) });
  const url = `ws://127.0.0.1:${generator.ready.port}/?sample-rate=${rate}&index=${index}`;
  const stream = await openStream((kind, spec) => leg.attach(kind, spec), {
    ...{
      url,
      mode: 'bidirectional',
      callSid: callId,
      accountSid: 'bench',
      from: '+911',
      to: '+912',
      allowPrivate: true,
    },
  });
  return { leg, stream };
}

function rowsOf(name, streams, seconds, { heard, late, delay, sendLate, cpuMs, dropped, taken }) {
  const due = streams * seconds * (1_000 / frameMs);
  const delayTold =
    delay.count === 0
      ? []
      : [
          row(`${name}: last packet of a frame sent → frame at the bot, ms, the same`, told(delay), {
            ...{ budget: `p99 ≤ ${budget.delayMs} ms`, met: delay.p99Ms <= budget.delayMs },
          }),
        ];
  return [
    row(`${name}: CPU of the core, ms a stream-second`, `${round(cpuMs / 10, 1)} %, ${round(cpuMs / streams, 2)}`),
    row(`${name}: frames at bots of those due, dropped`, `${late.count} of ${due}, ${dropped}`),
    row(`${name}: packets to telephones of those due`, `${heard} of ${streams * seconds * 50}`),
    row(`${name}: lateness of a frame, ms p50 / p99 (p99 of the median second)`, told(late), {
      ...{ budget: `p99 < ${budget.lateMs} ms`, met: late.p99Ms < budget.lateMs },
    }),
    ...delayTold,
    row(`${name}: lateness of the generator's own packets, ms, the same`, told(sendLate)),
    row(`${name}: taken by the host meanwhile, of two cores`, taken),
  ];
}

const told = ({ p50Ms, p99Ms, medianSecondP99Ms }) =>
  `${round(p50Ms, 1)} / ${round(p99Ms, 1)} (${round(medianSecondP99Ms, 1)})`;
