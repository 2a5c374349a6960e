// Browser leg ↔ telephone leg through the embedded engine, G.711 both ways: 100 packets a second and call. The generator's
// own sending and receiving is in the delay, measured besides by a packet's way without an engine.
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@intermix/kernel';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { round, row } from './support/figures.mjs';
import { watchHost } from './support/host-stalls.mjs';
import { cpuMsOf, forkNode, pin, sleep, treeOf } from './support/processes.mjs';
import { audioPortOf, telephoneOffer } from './support/telephone-sdp.mjs';

export const title = 'Media bridge, WebRTC leg ↔ RTP leg, PCMU, one media child on one core';

const support = (name) => fileURLToPath(new URL(`./support/${name}`, import.meta.url));
const budget = { cpuMs: 4.5, p50Ms: 1, p99Ms: 5 };

export async function run({ ports, cores, seconds = 10, sizes = [20, 60] }) {
  const rows = [];
  for (const calls of sizes) rows.push(...rowsOf(`${calls} calls`, await bridged({ calls, ports, cores, seconds })));
  const calls = sizes.at(-1);
  const tapped = await bridged({ calls, ports, cores, seconds, isTapped: true });
  return [...rows, ...rowsOf(`${calls} calls, both directions listened to`, tapped)];
}

async function bridged({ calls, ports, cores, seconds, isTapped = false }) {
  const before = new Set(treeOf(process.pid));
  const engine = createEmbeddedEngine({
    ...{ announcedAddress: '127.0.0.1', webrtcPort: ports.port(4), processes: 1, logger: silentLogger },
    ...{ rtpPortMin: ports.port(20), rtpPortMax: ports.port(199) },
    childPath: support('tapping-child.mjs'),
  });
  await engine.start();
  const child = treeOf(process.pid).find((pid) => !before.has(pid));
  if (cores.server !== undefined) pin(child, cores.server);
  const generator = await forkNode(support('media-generator.mjs'), { core: cores.load });
  let open = 0;
  generator.child.on('message', ({ type }) => {
    if (type === 'open') open++;
  });
  try {
    const setUpMs = await timed(child, async () => {
      for (let index = 0; index < calls; index++) await connect(engine, generator, index, isTapped);
      for (let waitedMs = 0; open < calls; waitedMs += 20) {
        if (waitedMs > 20_000) throw new Error(`${calls - open} of ${calls} browser legs did not open`);
        await sleep(20);
      }
    });
    generator.child.send({ type: 'go' });
    await sleep(2_000);
    generator.child.send({ type: 'measure', on: true });
    const takenByHost = watchHost();
    const startedAt = performance.now();
    const usedMs = await timed(child, () => sleep(seconds * 1_000));
    const taken = takenByHost();
    const wallSec = (performance.now() - startedAt) / 1_000;
    generator.child.send({ type: 'measure', on: false });
    await sleep(200);
    const result = await generator.answerTo({ type: 'stop' }, 'result');
    return { ...result, cpuMs: usedMs / wallSec / calls, setUpMs: setUpMs / calls, bareMs: await bareDelayMs(), taken };
  } finally {
    await generator.stop();
    await engine.stop();
  }
}

async function connect(engine, generator, index, isTapped) {
  const callId = `bench-${index}`;
  const browser = await engine.createLeg({ kind: 'webrtc', callId, legId: `${callId}-browser` });
  const telephone = await engine.createLeg({ kind: 'rtp', callId, legId: `${callId}-telephone` });
  const offer = await browser.offer({ codecs: ['PCMU'] });
  const { sdp, port } = await generator.answerTo({ type: 'add', index, sdp: offer }, 'answer');
  await browser.acceptAnswer(sdp);
  const answer = await telephone.acceptOffer(telephoneOffer(port));
  generator.child.send({ type: 'target', index, port: audioPortOf(answer) });
  await engine.bridge(browser, telephone);
  if (isTapped) await browser.attach('tap', {});
}

async function timed(pid, work) {
  const before = cpuMsOf(pid);
  await work();
  return cpuMsOf(pid) - before;
}

/** What a datagram takes from socket to socket in one process, median: the part of the delay that is not the engine's. */
async function bareDelayMs() {
  const [from, to] = [createSocket('udp4'), createSocket('udp4')];
  await new Promise((resolve) => to.bind(0, '127.0.0.1', resolve));
  const samples = [];
  for (let i = 0; i < 50; i++) {
    const sentAt = performance.now();
    const arrived = new Promise((resolve) => to.once('message', resolve));
    from.send(Buffer.alloc(172), to.address().port, '127.0.0.1');
    await arrived;
    samples.push(performance.now() - sentAt);
    await sleep(5);
  }
  from.close();
  to.close();
  return samples.sort((a, b) => a - b)[25];
}

function rowsOf(name, { cpuMs, sent, received, p50Ms, p99Ms, medianSecondP99Ms, setUpMs, bareMs, taken }) {
  return [
    row(`${name}: CPU ms a call-second (calls a core)`, `${round(cpuMs, 2)} (${round(1_000 / cpuMs)})`, {
      ...{ budget: `≤ ${budget.cpuMs} ms`, met: cpuMs <= budget.cpuMs },
    }),
    row(`${name}: packets lost of sent`, `${sent - received} of ${sent}`, { budget: '0', met: sent === received }),
    row(
      `${name}: delay ms p50 / p99 (p99 of the median second; socket to socket ${round(bareMs, 2)})`,
      `${round(p50Ms, 2)} / ${round(p99Ms, 2)} (${round(medianSecondP99Ms, 2)})`,
      {
        ...{ budget: `< ${budget.p50Ms} / < ${budget.p99Ms} ms`, met: p50Ms < budget.p50Ms && p99Ms < budget.p99Ms },
      },
    ),
    row(`${name}: CPU ms to set a call up (ICE, DTLS)`, round(setUpMs, 1)),
    row(`${name}: taken by the host meanwhile, of two cores`, taken),
  ];
}
