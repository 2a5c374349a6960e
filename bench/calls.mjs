// Calls through the switch alone: carrier → DID → registered device over UDP, INVITE to BYE, stores in memory, no audio.
// Kamailio is the peer as a record-routing proxy: it forwards where the switch ends and starts dialogs.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { p50p95, round, row } from './support/figures.mjs';
import { startKamailio } from './support/kamailio.mjs';
import { dialled, domain, probed } from './support/memory-stores.mjs';
import { Prober } from './support/prober.mjs';
import { cpuMsOf, forkNode, sleep } from './support/processes.mjs';
import { profileShares } from './support/profile.mjs';
import { hasProgram, runSipp, startSipp } from './support/sipp.mjs';

export const needs = ['sipp'];
export const title = 'Calls set up and ended, signalling alone, UDP, server on one core';

const budgetRate = 1_500;
const budgetRatio = 2.5;
const talkMs = 200;

export async function run({ ports, cores, seconds = 6, rates = [250, 500, 1_000, 1_500], profile }) {
  const at = { server: ports.port(0), caller: ports.port(20), callee: ports.port(21), probed: ports.port(22) };
  const figures = new Map();
  const script = fileURLToPath(new URL('./support/switch-process.mjs', import.meta.url));
  const ours = await forkNode(script, { core: cores.server, args: [at.server, 2] });
  const prober = await Prober.start({ serverPort: at.server, calleePort: at.probed, number: probed });
  let shares = [];
  try {
    await runSipp({
      ...{
        scenario: 'register',
        port: at.callee,
        remote: `127.0.0.1:${at.server}`,
        rate: 1,
        calls: 1,
        core: cores.load,
      },
      lines: [`u0;${domain};[authentication username=u0 password=secret]`],
      args: ['-auth_uri', domain],
    });
    await prober.register({ user: 'u1', domain, password: 'secret' });
    const cpuMs = () => cpuMsOf(ours.pid);
    await load({ at, rate: 200, seconds: 6, cores, prober }, cpuMs); // Warms the code up.
    for (const rate of rates) {
      await ours.ask('delay');
      const step = await load({ at, rate, seconds, cores, prober }, cpuMs);
      figures.set(rate, { ours: step, delay: await ours.ask('delay') });
      if (!isSustained(step, rate)) break;
    }
    if (profile) {
      await ours.ask('profile');
      await load({ at, rate: rates[0], seconds, cores, prober }, cpuMs);
      const recorded = await ours.ask('stop-profile');
      writeFileSync(profile, JSON.stringify(recorded));
      shares = profileShares(recorded).map(([what, share]) => row(`profile: ${what}`, `${round(share * 100, 1)} %`));
    }
    if (hasProgram('kamailio')) {
      await ours.stop();
      await againstKamailio({ at, seconds, cores, prober }, figures);
    }
  } finally {
    await prober.stop();
    await ours.stop();
  }
  return [...rows(figures), ...shares];
}

async function againstKamailio({ at, ...rest }, figures) {
  const peer = await startKamailio({
    ...{ port: at.server, calleePort: at.callee, probedPort: at.probed, core: rest.cores.server },
  });
  try {
    for (const rate of figures.keys()) figures.get(rate).peer = await load({ at, rate, ...rest }, peer.cpuMs);
  } finally {
    await peer.stop();
  }
}

async function load({ at, rate, seconds, cores, prober }, cpuMs) {
  const answering = await startSipp({
    scenario: 'callee',
    port: at.callee,
    core: cores.load,
    timeoutSec: seconds + 60,
  });
  prober.begin(50);
  const before = cpuMs();
  const startedAt = performance.now();
  const result = await runSipp({
    ...{ scenario: 'caller', port: at.caller, remote: `127.0.0.1:${at.server}`, rate, calls: rate * seconds },
    ...{ core: cores.load, timeoutSec: seconds + 40, args: ['-s', dialled, '-d', String(talkMs)] },
  });
  const wallSec = (performance.now() - startedAt) / 1_000;
  const usedMs = cpuMs() - before;
  const probes = await prober.pause();
  await answering.stop();
  await sleep(500);
  const calls = result.good + probes.samples.length / 2; // A refused call is about half of one.
  return {
    ...result,
    ...probes,
    us: (usedMs * 1_000) / calls,
    share: usedMs / wallSec / 10,
    perSec: result.good / (wallSec - talkMs / 1_000),
  };
}

/** Nothing failed or was sent twice, and the rate was kept. */
const isSustained = (step, rate) => step.failed === 0 && step.retransmissions === 0 && step.perSec > 0.9 * rate;

function rows(figures) {
  const sustained = Math.max(
    0,
    ...[...figures].filter(([rate, { ours }]) => isSustained(ours, rate)).map(([rate]) => rate),
  );
  const steps = [...figures].flatMap(([rate, { ours, peer, delay }]) => {
    const ratio = peer && ours.us / peer.us;
    return [
      row(`${rate}/s: reached /s; failed, retransmitted`, lost(ours), { peer: peer && lost(peer) }),
      row(`${rate}/s: CPU µs a call (share of the core)`, cpu(ours), {
        ...{ peer: peer && cpu(peer) },
        ...(ratio ? { budget: `≤ ${budgetRatio} ×: ${round(ratio, 1)} ×`, met: ratio <= budgetRatio } : {}),
      }),
      row(`${rate}/s: INVITE in → INVITE out ms p50 / p95`, p50p95(ours.samples), {
        peer: peer && p50p95(peer.samples),
      }),
      row(`${rate}/s: event-loop delay p99 ms; memory MB`, `${round(delay.p99Ms, 1)}; ${round(delay.rssMb)}`),
    ];
  });
  const verdict = { budget: `≥ ${budgetRate}/s, none retransmitted`, met: sustained >= budgetRate };
  return [row('highest step sustained without retransmission', `${sustained}/s`, verdict), ...steps];
}

const cpu = ({ us, share }) => `${round(us)} (${round(share)} %)`;
const lost = ({ perSec, failed, retransmissions }) => `${round(perSec)}; ${failed}, ${retransmissions}`;
