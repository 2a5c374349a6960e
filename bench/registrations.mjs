// Registrations with digest over UDP: REGISTER, 401, REGISTER, 200. Ours keeps transactions and counts nonces; Kamailio
// answers statelessly.
import { fileURLToPath } from 'node:url';
import { round, row } from './support/figures.mjs';
import { startKamailio } from './support/kamailio.mjs';
import { domain } from './support/memory-stores.mjs';
import { cpuMsOf, forkNode, sleep } from './support/processes.mjs';
import { hasProgram, runSipp } from './support/sipp.mjs';

export const needs = ['sipp'];
export const title = 'Registrations with digest, UDP, server on one core';

const users = 5_000;
const budgetPerSec = 2_500;

export async function run({ ports, cores, seconds = 6, rates = [500, 1_000, 2_500, 4_000] }) {
  const port = ports.port(0);
  const script = fileURLToPath(new URL('./support/switch-process.mjs', import.meta.url));
  const ours = await forkNode(script, { core: cores.server, args: [port, users] });
  const figures = new Map();
  try {
    await load({ port, rate: 500, seconds: 4, cores }, () => 0); // Warms the code up.
    for (const rate of rates) {
      figures.set(rate, { ours: await load({ port, rate, seconds, cores }, () => cpuMsOf(ours.pid)) });
      if (!isSustained(figures.get(rate).ours, rate)) break;
    }
  } finally {
    await ours.stop();
  }
  if (hasProgram('kamailio')) {
    const peer = await startKamailio({ port, core: cores.server });
    try {
      for (const rate of figures.keys())
        figures.get(rate).peer = await load({ port, rate, seconds, cores }, peer.cpuMs);
    } finally {
      await peer.stop();
    }
  }
  return rows(figures);
}

/** Nothing failed, and the rate was kept. */
const isSustained = (step, rate) => step.failed === 0 && step.perSec > 0.9 * rate;

async function load({ port, rate, seconds, cores }, cpuMs) {
  const lines = Array.from(
    { length: users },
    (_, i) => `u${i};${domain};[authentication username=u${i} password=secret]`,
  );
  const before = cpuMs();
  const startedAt = performance.now();
  const scenario = {
    scenario: 'register',
    port: port + 20,
    remote: `127.0.0.1:${port}`,
    lines,
    core: cores.load,
    args: ['-auth_uri', domain],
  };
  const result = await runSipp({ ...scenario, rate, calls: rate * seconds, timeoutSec: seconds + 30 });
  const wallSec = (performance.now() - startedAt) / 1_000;
  const usedMs = cpuMs() - before;
  await sleep(500);
  return { ...result, perSec: result.good / wallSec, us: (usedMs * 1_000) / result.good, share: usedMs / wallSec / 10 };
}

function rows(figures) {
  const sustained = Math.max(
    0,
    ...[...figures].filter(([rate, { ours }]) => isSustained(ours, rate)).map(([rate]) => rate),
  );
  const steps = [...figures].flatMap(([rate, { ours, peer }]) => [
    row(`${rate}/s: reached /s; failed, retransmitted`, lost(ours), { peer: peer && lost(peer) }),
    row(`${rate}/s: CPU µs each (share of the core)`, cpu(ours), { peer: peer && cpu(peer) }),
  ]);
  const verdict = { budget: `≥ ${budgetPerSec}/s`, met: sustained >= budgetPerSec };
  return [row('highest step sustained', `${sustained}/s`, verdict), ...steps];
}

const cpu = ({ us, share }) => `${round(us)} (${round(share)} %)`;
const lost = ({ perSec, failed, retransmissions }) => `${round(perSec)}; ${failed}, ${retransmissions}`;
