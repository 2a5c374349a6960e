// Calls between two telephones through the embedded engine, G.711 both ways, first as they are and then each recorded to MP3,
// in turn: what recording adds to a packet's delay. The encoding thread shares its media process's core.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@intermix/kernel';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { median, round, row } from './support/figures.mjs';
import { watchHost } from './support/host-stalls.mjs';
import { cpuMsOf, forkNode, pin, sleep, treeOf } from './support/processes.mjs';
import { audioPortOf, telephoneOffer } from './support/telephone-sdp.mjs';

export const title = 'Recording to MP3, RTP leg ↔ RTP leg, PCMU, one media child with its encoding thread on one core';

const support = (name) => fileURLToPath(new URL(`./support/${name}`, import.meta.url));
const budget = { addedP99Ms: 5 };
/** A recorder writes so often: recordings begin spread over that, as calls do. */
const flushMs = 200;

export async function run({ ports, cores, seconds = 10, calls = 100, rounds = 3 }) {
  const before = new Set(treeOf(process.pid));
  const folder = mkdtempSync(join(tmpdir(), 'intermix-bench-recordings-'));
  // More ports than a block of tests has: above those, where the system gives none by itself.
  const engine = createEmbeddedEngine({
    ...{ announcedAddress: '127.0.0.1', webrtcPort: ports.port(4), processes: 1, logger: silentLogger },
    ...{ rtpPortMin: 12_000, rtpPortMax: 12_000 + calls * 8, childPath: support('recording-child.mjs') },
  });
  await engine.start();
  const child = treeOf(process.pid).find((pid) => !before.has(pid));
  if (cores.server !== undefined) pin(child, cores.server);
  const generator = await forkNode(support('telephone-pairs.mjs'), { core: cores.load });
  try {
    const legs = [];
    for (let index = 0; index < calls; index++) legs.push(await connect(engine, generator, index));
    generator.child.send({ type: 'go' });
    await sleep(3_000);
    const measured = [];
    const takenByHost = watchHost();
    for (let at = 0; at < rounds; at++) {
      const bare = await measure({ generator, child, seconds, calls });
      const recordings = await record(legs, join(folder, String(at)));
      await sleep(2_000); // The first one compiles the encoder.
      const recorded = await measure({ generator, child, seconds, calls });
      for (const { attachment } of recordings) attachment.close();
      const ends = await Promise.all(recordings.map(({ attachment }) => attachment.ended));
      measured.push({ bare, recorded, whole: ends.filter((end) => end.how === 'ended' && end.result?.ok).length });
      await sleep(1_000);
    }
    return [
      ...rowsOf(calls, measured),
      row(`${calls} calls: taken by the host meanwhile, of two cores`, takenByHost()),
    ];
  } finally {
    await generator.stop();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function connect(engine, generator, index) {
  const callId = `bench-${index}`;
  const { ports } = await generator.answerTo({ type: 'add', index }, 'ports');
  const legs = [];
  const targets = [];
  for (const [at, port] of ports.entries()) {
    const leg = await engine.createLeg({ kind: 'rtp', callId, legId: `${callId}-${at}` });
    const answer = await leg.acceptOffer(telephoneOffer(port));
    legs.push(leg);
    targets.push(audioPortOf(answer));
  }
  generator.child.send({ type: 'target', index, ports: targets });
  await engine.bridge(...legs);
  return legs[0];
}

async function record(legs, prefix) {
  const recordings = [];
  for (const [index, leg] of legs.entries()) {
    const spec = {
      do: 'record',
      path: `${prefix}-${index}.part`,
      format: 'mp3',
      channels: 'single',
      pausedAs: 'silence',
      heldAs: 'silence',
    };
    recordings.push({ attachment: await leg.attach('recording', spec) });
    await sleep(flushMs / legs.length);
  }
  return recordings;
}

async function measure({ generator, child, seconds, calls }) {
  generator.child.send({ type: 'measure', on: true });
  const [usedBefore, startedAt] = [cpuMsOf(child), performance.now()];
  await sleep(seconds * 1_000);
  const cpuMs = ((cpuMsOf(child) - usedBefore) / (performance.now() - startedAt)) * 1_000;
  generator.child.send({ type: 'measure', on: false });
  return { ...(await generator.answerTo({ type: 'take' }, 'taken')), cpuMs: cpuMs / calls };
}

function rowsOf(calls, measured) {
  const middle = (read) => median(measured.map(read));
  const sum = (read) => measured.reduce((total, one) => total + read(one), 0);
  const added = (key) => middle(({ bare, recorded }) => recorded[key] - bare[key]);
  const lost = (key) => `${sum((one) => one[key].sent - one[key].received)} of ${sum((one) => one[key].sent)}`;
  const told = (key) =>
    measured
      .map(({ [key]: one }) => `${round(one.p50Ms, 2)} / ${round(one.p99Ms, 2)} (${round(one.medianSecondP99Ms, 2)})`)
      .join(', ');
  const whole = sum((one) => one.whole);
  const due = calls * measured.length;
  return [
    row(`${calls} calls: delay ms p50 / p99 (p99 of the median second) of each round, not recorded`, told('bare')),
    row(`${calls} calls: the same, all recorded`, told('recorded')),
    row(
      `${calls} calls: added by recording, the same, median of rounds`,
      `${round(added('p50Ms'), 2)} / ${round(added('p99Ms'), 2)} (${round(added('medianSecondP99Ms'), 2)})`,
      { budget: `p99 < ${budget.addedP99Ms} ms`, met: added('p99Ms') < budget.addedP99Ms },
    ),
    row(
      `${calls} calls: CPU ms a call-second, not recorded / recorded`,
      `${round(
        middle(({ bare }) => bare.cpuMs),
        2,
      )} / ${round(
        middle(({ recorded }) => recorded.cpuMs),
        2,
      )}`,
    ),
    row(`${calls} calls: packets lost of sent, not recorded`, lost('bare')),
    row(`${calls} calls: the same, all recorded`, lost('recorded')),
    row(`${calls} calls: recordings that came out whole`, `${whole} of ${due}`, {
      ...{ budget: 'all', met: whole === due },
    }),
  ];
}
