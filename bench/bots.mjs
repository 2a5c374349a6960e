// Calls of bots: streams as Exotel's cloud opens them, to an echo bot, 100 ms a frame both ways and all the time. The way in
// (HTTP port, octets to the process of the bots) and that process share one core; the callers are on the other. Beside it a
// WebSocket server that sends each message back unread, with the same callers: what the library alone costs.
import { fileURLToPath } from 'node:url';
import { round, row } from './support/figures.mjs';
import { watchHost } from './support/host-stalls.mjs';
import { cpuMsOf, forkNode, sleep, treeCpuMs } from './support/processes.mjs';

export const title =
  'Bots: echo sessions at /exotel/{bot_id}, both ways, HTTP port and process of the bots on one core';

/** At 8 kHz a frame has 1,600 octets, and each second one waits for the next: messages are to have 3,200. */
const gatherMs = 100;
const budgetMs = 20;
const script = (name) => fileURLToPath(new URL(`./support/${name}.mjs`, import.meta.url));

export async function run({ cores, seconds = 10, sizes = [50, 200], rates = [8_000, 16_000] }) {
  const rows = [];
  for (const rate of rates) {
    for (const sessions of sizes) {
      const options = { sessions, rate, cores, seconds };
      const ours = await measured('bot-server', options);
      const bare = await measured('bare-echo', options);
      rows.push(...rowsOf({ sessions, rate, ours, bare }));
    }
  }
  return rows;
}

async function measured(name, { sessions, rate, cores, seconds }) {
  const server = await forkNode(script(name), { core: cores.server });
  const callers = await forkNode(script('bot-callers'), { core: cores.load });
  const { url, botsPid } = server.ready;
  try {
    await callers.answerTo({ type: 'connect', url, count: sessions, rate }, 'connected');
    await sleep(2_000);
    callers.child.send({ type: 'measure', on: true });
    const usedBefore = [treeCpuMs(server.pid), botsPid ? cpuMsOf(botsPid) : 0];
    const takenByHost = watchHost();
    const startedAt = performance.now();
    await sleep(seconds * 1_000);
    const wallSec = (performance.now() - startedAt) / 1_000;
    const used = [treeCpuMs(server.pid), botsPid ? cpuMsOf(botsPid) : 0];
    const taken = takenByHost();
    callers.child.send({ type: 'measure', on: false });
    await sleep(500);
    const result = await callers.answerTo({ type: 'stop' }, 'result');
    const [cpuMs, botsCpuMs] = used.map((ms, at) => (ms - usedBefore[at]) / wallSec);
    return { ...result, cpuMs, botsCpuMs, taken };
  } finally {
    await callers.stop();
    await server.stop();
  }
}

function rowsOf({ sessions, rate, ours, bare }) {
  const name = `${sessions} sessions at ${rate / 1_000} kHz`;
  const percent = (cpuMs) => `${round(cpuMs / 10, 1)} %`;
  const gathered = rate === 8_000 ? gatherMs : 0;
  const allBack = ours.back === ours.sent;
  return [
    row(
      `${name}: CPU of the core (of it the process of the bots)`,
      `${percent(ours.cpuMs)} (${percent(ours.botsCpuMs)})`,
      {
        ...{ peer: percent(bare.cpuMs), budget: sessions === 200 ? '200 on one core' : '' },
        met: sessions === 200 ? allBack && ours.cpuMs < 1_000 : undefined,
      },
    ),
    row(`${name}: frames that came back, of those sent`, `${ours.back} of ${ours.sent}`, {
      peer: `${bare.back} of ${bare.sent}`,
    }),
    row(`${name}: frame sent → its echo, ms p50 / p99 (p99 of the median second)`, told(ours.delay), {
      ...{
        peer: told(bare.delay),
        budget: `p99 < ${budgetMs + gathered} ms${gathered ? `, ${gathered} of them to gather` : ''}`,
      },
      met: ours.delay.p99Ms < budgetMs + gathered,
    }),
    row(`${name}: lateness of the callers' own frames, ms, the same`, told(ours.sendLate), {
      peer: told(bare.sendLate),
    }),
    row(`${name}: taken by the host meanwhile, of two cores`, ours.taken, { peer: bare.taken }),
  ];
}

const told = ({ p50Ms, p99Ms, medianSecondP99Ms }) =>
  `${round(p50Ms, 1)} / ${round(p99Ms, 1)} (${round(medianSecondP99Ms, 1)})`;
