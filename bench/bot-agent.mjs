// Agents: a caller's stream and its provider's WebSocket each, speech both ways, and the caller talking into the bot every second
// and a half. Beside it, with the same ends, a bare relay that only changes the envelopes: what WebSockets, JSON and the machine
// take by themselves. Callers and providers share one process on the other core; what that takes is in its own lateness.
import { fileURLToPath } from 'node:url';
import { BotWorker, botKinds } from '@intermix/bots';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { round, row } from './support/figures.mjs';
import { watchHost } from './support/host-stalls.mjs';
import { cpuMsOf, forkNode, pin, sleep } from './support/processes.mjs';

export const title = 'Agents, stream at 8 kHz ↔ provider at 24 kHz, one process of bots on one core';

const budget = { frameMs: 10, clearMs: 60 };
const script = (path) => fileURLToPath(new URL(path, import.meta.url));
const ends = script('./support/agent-ends.mjs');
const relay = script('./support/bare-relay.mjs');
const childPath = script('../apps/server/dist/bot-child.js');

export async function run({ cores, seconds = 10, sizes = [20, 50] }) {
  const rows = [];
  for (const sessions of sizes) {
    const peer = await conversed({ sessions, seconds, cores, start: startRelay });
    const ours = await conversed({ sessions, seconds, cores, start: startBots });
    rows.push(...rowsOf(`${sessions} conversations`, sessions, ours, peer));
  }
  return rows;
}

async function conversed({ sessions, seconds, cores, start }) {
  const generator = await forkNode(ends, { core: cores.load });
  const bridge = await start(`ws://127.0.0.1:${generator.ready.port}/v1/realtime`, cores);
  try {
    for (let index = 0; index < sessions; index++)
      generator.child.send({ type: 'dial', index, ...bridge.callOf(index) });
    await sleep(1_000);
    generator.child.send({ type: 'go' });
    await sleep(5_000); // Code that has just begun to run is slow.
    generator.child.send({ type: 'measure', on: true });
    const usedBefore = cpuMsOf(bridge.pid);
    const takenByHost = watchHost();
    const startedAt = performance.now();
    await sleep(seconds * 1_000);
    const cpuMs = ((cpuMsOf(bridge.pid) - usedBefore) * 1_000) / (performance.now() - startedAt);
    generator.child.send({ type: 'measure', on: false });
    const taken = takenByHost();
    return { ...(await generator.answerTo({ type: 'stop' }, 'result')), cpuMs, taken };
  } finally {
    await bridge.stop();
    await generator.stop();
  }
}

async function startRelay(provider, cores) {
  const { child, pid, ready, stop } = await forkNode(relay, { core: cores.server, args: [provider] });
  child.on('message', () => {});
  return { pid, stop, callOf: () => ({ url: `ws://127.0.0.1:${ready.port}/` }) };
}

/** The process of the bots as the server runs it; who is let in is settled. */
async function startBots(provider, cores) {
  const worker = new BotWorker({
    ...{ childPath, maxSessions: 1_000, allowPrivate: true, onEvent: () => {}, logger: silentLogger },
    ...{ clock: systemClock, random: systemRandom, render: async () => Promise.reject(new Error('nothing to say')) },
  });
  worker.start();
  while (worker.load.status === 'unreachable') await sleep(20);
  const { pid } = worker.load;
  if (cores.server !== undefined) pin(pid, cores.server);
  const config = botKinds.get('agent').parse({
    ...{ url: provider, instructions: '{{custom.index}}', greeting: { by: 'none' }, silence: { after_seconds: 0 } },
  });
  const callOf = (index) => {
    const ticket = `bench-${index}`;
    // Each a bot of its own: of one, only so many connections may be about to begin.
    const bot = { botId: `bot_${index}`, accountSid: 'bench', kind: 'agent', config };
    const { port } = worker.admit({ sessionId: ticket, ticket, bot, verdict: 'run', maxCallMs: 600_000 });
    return { url: `ws://127.0.0.1:${port}/exotel/bot`, headers: { 'X-Intermix-Ticket': ticket } };
  };
  return { pid, callOf, stop: () => worker.stop() };
}

function rowsOf(name, sessions, ours, peer) {
  const limited = (figures, limit) => ({ budget: `p99 < ${limit} ms`, met: figures.p99Ms < limit });
  return [
    row(`${name}: CPU of the core, ms a conversation-second`, cpuTold(ours, sessions), {
      peer: cpuTold(peer, sessions),
    }),
    row(`${name}: frames at the provider of those sent`, `${ours.arrived} of ${ours.sent}`, {
      peer: `${peer.arrived} of ${peer.sent}`,
    }),
    row(`${name}: frame in → frame at the provider, ms p50 / p99 (p99 of the median second)`, told(ours.delays), {
      ...{ peer: told(peer.delays), ...limited(ours.delays, budget.frameMs) },
    }),
    row(`${name}: barge-ins cleared of those told`, `${ours.clears.count} of ${ours.bargeIns}`, {
      peer: `${peer.clears.count} of ${peer.bargeIns}`,
    }),
    row(`${name}: provider tells that the caller speaks → clear at the caller, ms, the same`, told(ours.clears), {
      ...{ peer: told(peer.clears), ...limited(ours.clears, budget.clearMs) },
    }),
    row(`${name}: lateness of the generator's own frames, ms, the same`, told(ours.sendLate), {
      peer: told(peer.sendLate),
    }),
    row(`${name}: taken by the host meanwhile, of two cores`, ours.taken, { peer: peer.taken }),
  ];
}

const cpuTold = ({ cpuMs }, sessions) => `${round(cpuMs / 10, 1)} %, ${round(cpuMs / sessions, 2)}`;
const told = ({ p50Ms, p99Ms, medianSecondP99Ms }) =>
  `${round(p50Ms, 1)} / ${round(p99Ms, 1)} (${round(medianSecondP99Ms, 1)})`;
