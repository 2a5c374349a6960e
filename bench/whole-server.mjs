// The product as it is started: store, embedded media with an RTP endpoint for each leg, HTTP, metrics. A carrier (SIPp) calls
// a number, a device registered over UDP (SIPp) answers, talks a second, the carrier hangs up. No RTP flows: media-bridge
// measures that. Once on the embedded database, once on PostgreSQL where it is installed.
import { p50p95, quantile, round, row } from './support/figures.mjs';
import { postgresPrograms, startPostgres } from './support/postgres.mjs';
import { Prober } from './support/prober.mjs';
import { cpuMsOf, sleep, treeCpuMs } from './support/processes.mjs';
import { dialled, metric, metricSum, probed, startRatedServer } from './support/rated-server.mjs';
import { runSipp, startSipp } from './support/sipp.mjs';

export const needs = ['sipp'];
export const title = 'The whole server, embedded media, on the machine together with the load';

const budgetRate = 100;
const budgetP95Ms = 15;
/** Steps in calls a second; a store whose step failed is not asked for more. */
const steps = [50, 100, 150];
const talkMs = 1_000;

export async function run({ ports, cores, seconds = 8, rates = steps }) {
  const rows = await onStore('PGlite', undefined);
  if (!postgresPrograms()) return rows;
  const postgres = await startPostgres(ports.port(30));
  try {
    return [...rows, ...(await onStore('PostgreSQL', postgres))];
  } finally {
    await postgres.stop();
  }

  async function onStore(name, database) {
    const { server } = await startRatedServer({ databaseUrl: database?.url, ports });
    const at = { server: server.sip.port, caller: ports.port(20), callee: ports.port(21), probed: ports.port(22) };
    const prober = await Prober.start({ serverPort: at.server, calleePort: at.probed, number: probed });
    try {
      await registerBoth(server.bootstrap.users, at, prober);
      const used = () => ({
        main: cpuMsOf(server.pid),
        all: treeCpuMs(server.pid),
        database: database ? treeCpuMs(database.pid) : 0,
      });
      await load({ at, rate: 30, seconds: 3, cores, prober, used, server }); // Warms the code up.
      const figures = [];
      for (const rate of rates) {
        const step = await load({ at, rate, seconds, cores, prober, used, server });
        figures.push(...rowsOf(`${name}, ${rate}/s`, rate, step));
        if (step.failed > 0) break;
      }
      return figures;
    } finally {
      await prober.stop();
      await server.stop();
    }
  }
}

async function registerBoth([callee, other], at, prober) {
  const { sip_username: user, sip_domain: domain, sip_password: password } = callee;
  const registered = await runSipp({
    ...{ scenario: 'register', port: at.callee, remote: `127.0.0.1:${at.server}`, rate: 1, calls: 1 },
    lines: [`${user};${domain};[authentication username=${user} password=${password}]`],
    args: ['-auth_uri', domain],
  });
  if (registered.good !== 1) throw new Error(`the callee could not register: ${registered.errors}`);
  await prober.register({ user: other.sip_username, domain: other.sip_domain, password: other.sip_password });
}

async function load({ at, rate, seconds, cores, prober, used, server }) {
  const answering = await startSipp({
    scenario: 'callee',
    port: at.callee,
    core: cores.load,
    timeoutSec: seconds + 60,
  });
  const recordedBefore = await metricSum(server, 'intermix_calls_ended_total');
  await metric(server, 'nodejs_eventloop_lag_p99_seconds'); // Reading it begins a new window.
  prober.begin(50);
  const before = used();
  const startedAt = performance.now();
  const result = await runSipp({
    ...{ scenario: 'caller', port: at.caller, remote: `127.0.0.1:${at.server}`, rate, calls: rate * seconds },
    ...{ core: cores.load, timeoutSec: seconds + 40, args: ['-s', dialled, '-d', String(talkMs)] },
  });
  const wallSec = (performance.now() - startedAt) / 1_000;
  const after = used();
  const lagMs = (await metric(server, 'nodejs_eventloop_lag_p99_seconds')) * 1_000;
  const probes = await prober.pause();
  await answering.stop();
  await sleep(1_000); // Ends are written.
  const ended = (await metricSum(server, 'intermix_calls_ended_total')) - recordedBefore;
  const calls = result.good + probes.samples.length / 2;
  const each = Object.fromEntries(Object.keys(before).map((key) => [key, (after[key] - before[key]) / calls]));
  const missing = Math.max(0, result.good + result.failed + probes.samples.length - ended);
  return { ...result, ...probes, each, lagMs, missing, perSec: result.good / (wallSec - talkMs / 1_000) };
}

function rowsOf(name, rate, step) {
  const { good, refusals, failed, retransmissions, missing, perSec, each, samples, lagMs } = step;
  const sustained = good > 0 && failed === 0 && missing === 0 && perSec > 0.9 * rate;
  const isBudget = rate === budgetRate;
  const cpu = `${round(each.all, 1)}: ${round(each.main, 1)}, ${round(each.all - each.main, 1)}`;
  return [
    row(
      `${name}: reached /s; failed, retransmitted, ended without a record`,
      `${round(perSec)}; ${failed}, ${retransmissions}, ${missing}${refusals ? ` (${refusals})` : ''}`,
      {
        ...(isBudget ? { budget: `≥ ${budgetRate}/s, nothing lost`, met: sustained } : {}),
      },
    ),
    row(
      `${name}: CPU ms a call: main process, media child${each.database ? `; PostgreSQL` : ''}`,
      `${cpu}${each.database ? `; ${round(each.database, 1)}` : ''}`,
    ),
    row(`${name}: INVITE in → INVITE out ms p50 / p95, call record written`, p50p95(samples), {
      ...(isBudget ? { budget: `p95 < ${budgetP95Ms} ms`, met: quantile(samples, 0.95) < budgetP95Ms } : {}),
    }),
    // The sampler ticks every 10 ms and counts its own tick in; the tick is taken off.
    row(`${name}: event-loop delay p99 ms`, round(lagMs - 10, 1), {
      ...(isBudget ? { budget: '< 10 ms', met: lagMs - 10 < 10 } : {}),
    }),
  ];
}
