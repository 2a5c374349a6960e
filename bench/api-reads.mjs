// Reads with a token over keep-alive connections. Server and its embedded database share one core; the generator has the
// other, and so has PostgreSQL.
import { Agent, request } from 'node:http';
import { startServer } from '@intermix/testkit';
import { median, quantile, round, row } from './support/figures.mjs';
import { postgresPrograms, startPostgres } from './support/postgres.mjs';
import { pin, sleep, treeCpuMs } from './support/processes.mjs';
import { signIn } from './support/rated-server.mjs';

export const title =
  'API reads with token, 32 connections, server (and embedded database) on one core, PostgreSQL on the other';

const budgetPerSec = 3_000;
const connections = 32;
const ratedPerSec = 500;

export async function run({ ports, cores, seconds = 4 }) {
  const rows = await onStore('PGlite', {}, { cores, seconds });
  if (!postgresPrograms()) return rows;
  const postgres = await startPostgres(ports.port(30));
  try {
    if (cores.load !== undefined) pin(postgres.pid, cores.load);
    const env = { INTERMIX_DATABASE_URL: postgres.url };
    return [...rows, ...(await onStore('PostgreSQL', env, { cores, seconds }))];
  } finally {
    await postgres.stop();
  }
}

async function onStore(name, env, { cores, seconds }) {
  const server = await startServer({ env: { INTERMIX_LOG_LEVEL: 'warn', ...env } });
  try {
    const admin = await signIn(server);
    const callSids = await someCalls(server, admin);
    if (cores.server !== undefined) pin(server.pid, cores.server);
    const rows = [];
    const backend = await aBackend(server);
    for (const [what, paths, hasBudget, token = admin.token] of [
      // Each reader asks for another one of 50: what readers of the same call could share does not show.
      ['one call with legs and events', callSids.map((sid) => `/api/v1/calls/${sid}`), true],
      ['list of 50 calls', ['/api/v1/calls?limit=50'], true],
      ['carriers', ['/api/v1/carriers'], true],
      // What the vendor's SDK asks for before it registers; each of 50 users.
      ['integrations, the app', ['/v2/integrations/app'], true, backend.token],
      ['integrations, the settings', ['/v2/integrations/app_setting'], true, backend.token],
      ['integrations, one user with SipSecret', backend.userPaths, true, backend.token],
      ['health, without token or database', ['/healthz'], false],
    ]) {
      await load(server, paths, token, 2); // Warms the code up.
      rows.push(...rowsOf(`${name}: ${what}`, await load(server, paths, token, seconds), hasBudget));
    }
    const { latencies, failed, lateMs } = await rated(server, backend.userPaths, backend.token, seconds);
    const figures = `${round(median(latencies), 1)} / ${round(quantile(latencies, 0.99), 1)}; ${failed}; ${round(lateMs, 1)}`;
    rows.push(
      row(
        `${name}: integrations, one user, at ${ratedPerSec}/s: ms p50 / p99; failed; generator late at most`,
        figures,
      ),
    );
    return rows;
  } finally {
    await server.stop();
  }
}

/** Sixty calls to the number that is busy, so that lists are full. */
async function someCalls(server, admin) {
  const [exophone] = server.bootstrap.exophones;
  for (let i = 0; i < 60; i++) {
    // Nobody is registered: each is refused at once, and recorded.
    await admin('POST', '/api/v1/simulator/calls', { to: exophone });
  }
  for (let i = 0; i < 100; i++) {
    const { items } = await admin('GET', '/api/v1/calls?limit=50');
    if (items.length === 50) return items.map((item) => item.call_sid);
    await sleep(100);
  }
  throw new Error('the calls to read were not recorded');
}

/** The demo app with fifty users more and some settings. */
async function aBackend({ baseUrl, bootstrap }) {
  const ask = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: token }) };
    const response = await fetch(`${baseUrl}/v2/integrations${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()).Data;
  };
  const { app, account, exophones } = bootstrap;
  const token = await ask('/token', { Id: app.id, Secret: app.secret, Entity: 'app' });
  const users = Array.from({ length: 50 }, (_, n) => ({
    AppUserId: `agent_${n}`,
    AppUsername: 'Ashwini Sharma',
    Email: `agent_${n}@example.com`,
    ExotelAccountSid: account.sid,
    ExotelUserName: 'Ashwini Sharma',
    VirtualNumber: exophones[0],
  }));
  await ask('/usermapping', users, token);
  for (const Key of ['popup', 'missedCall', 'callback'])
    await ask('/app_setting', { Key, Value: 'https://crm.example/hook' }, token);
  return { token, userPaths: users.map(({ AppUserId }) => `/v2/integrations/usermapping?user_id=${AppUserId}`) };
}

async function load(server, paths, token, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const urls = paths.map((path) => new URL(path, server.baseUrl));
  let next = 0;
  const headers = { authorization: `Bearer ${token}` };
  const latencies = [];
  let failed = 0;
  const until = performance.now() + seconds * 1_000;
  const before = treeCpuMs(server.pid);
  const startedAt = performance.now();
  const one = () =>
    new Promise((resolve) => {
      const sentAt = performance.now();
      const sent = request(urls[next++ % urls.length], { agent, headers }, (response) => {
        response.on('data', () => {});
        response.on('end', () => {
          if (response.statusCode === 200) latencies.push(performance.now() - sentAt);
          else failed++;
          resolve();
        });
      });
      sent.on('error', () => resolve(failed++)).end();
    });
  const reader = async () => {
    while (performance.now() < until) await one();
  };
  await Promise.all(Array.from({ length: connections }, reader));
  const wallSec = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  return { latencies, failed, perSec: latencies.length / wallSec, cpuMs: treeCpuMs(server.pid) - before };
}

/** Sends at a steady rate whatever comes back: a read that waits is timed from when it was due. */
async function rated(server, paths, token, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const urls = paths.map((path) => new URL(path, server.baseUrl));
  const latencies = [];
  const answers = [];
  let failed = 0;
  let lateMs = 0;
  const startedAt = performance.now();
  for (let n = 0; n < seconds * ratedPerSec; n++) {
    const dueAt = startedAt + (n * 1_000) / ratedPerSec;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    lateMs = Math.max(lateMs, performance.now() - dueAt);
    answers.push(
      new Promise((resolve) => {
        const sent = request(urls[n % urls.length], { agent, headers: { authorization: token } }, (response) => {
          response.on('data', () => {});
          response.on('end', () => {
            if (response.statusCode === 200) latencies.push(performance.now() - dueAt);
            else failed++;
            resolve();
          });
        });
        sent.on('error', () => resolve(failed++)).end();
      }),
    );
  }
  await Promise.all(answers);
  agent.destroy();
  return { latencies, failed, lateMs };
}

function rowsOf(what, { latencies, failed, perSec, cpuMs }, hasBudget) {
  const perCoreSec = (latencies.length * 1_000) / cpuMs;
  return [
    row(`${what}: /s reached; /s of a full core; failed`, `${round(perSec)}; ${round(perCoreSec)}; ${failed}`, {
      ...(hasBudget ? { budget: `≥ ${budgetPerSec}/s`, met: perSec >= budgetPerSec && failed === 0 } : {}),
    }),
    row(`${what}: ms p50 / p99`, `${round(median(latencies), 1)} / ${round(quantile(latencies, 0.99), 1)}`),
  ];
}
