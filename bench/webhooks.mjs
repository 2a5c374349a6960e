// Webhooks from a call's step to the receiver: the store of calls that the switch writes to, outbox, dispatcher and guarded
// client in this process, a database, and 1,000 receivers (names that mean one loopback port) in another. No SIP, no media.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createId, silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import { openStore } from '@intermix/store';
import { AppContext, CallNotices, Dispatcher, LateNotices, NotifyingCallStore } from '@intermix/webhooks';
import { p50p95, quantile, round, row } from './support/figures.mjs';
import { postgresPrograms, startPostgres } from './support/postgres.mjs';
import { sleep } from './support/processes.mjs';

export const title = 'Webhooks: a call’s steps to 1,000 receivers, all of it and the receivers on the same cores';

const receivers = 1_000;
const eventsPerCall = 4;

export async function run({ ports, seconds = 15 }) {
  const rows = await onStore('PGlite', undefined, seconds);
  if (!postgresPrograms()) return rows;
  const postgres = await startPostgres(ports.port(30));
  try {
    return [...(await onStore('PostgreSQL', postgres.url, seconds)), ...rows];
  } finally {
    await postgres.stop();
  }
}

async function onStore(name, databaseUrl, seconds) {
  const bench = await begin(databaseUrl);
  const isPostgres = databaseUrl !== undefined;
  try {
    await bench.offer({ callsPerSec: 25, seconds: Math.min(5, seconds) }); // Warms everything up.
    const calm = await bench.offer({ callsPerSec: 25, seconds });
    const calmAgain = await bench.offer({ callsPerSec: 25, seconds });
    await bench.offer({ callsPerSec: 25, seconds: Math.max(10, seconds), dead: 100 }); // The dead become known.
    const beside = await bench.offer({ callsPerSec: 25, seconds, dead: 100 });
    const drain = await bench.drain(isPostgres ? 6_000 : 2_000);
    const p95 = (ages) => quantile(ages, 0.95);
    const noise = p95(calmAgain) / p95(calm);
    const ratio = p95(beside) / Math.min(p95(calm), p95(calmAgain));
    return [
      row(`${name}: event → first attempt at the receiver, 100/s, p50 / p95`, `${p50p95(calm)} ms`, {
        budget: 'p95 < 50 ms',
        met: p95(calm) < 50,
      }),
      row(`${name}: the same again, p95 against the first`, `${p50p95(calmAgain)} ms, ${round(noise, 2)} ×`),
      row(
        `${name}: 100 dead among 1,000, the living, p95 against without`,
        `${p50p95(beside)} ms, ${round(ratio, 2)} ×`,
        {
          budget: '≤ 1.2 ×',
          met: ratio <= 1.2,
        },
      ),
      row(`${name}: deliveries, from a backlog`, `${round(drain.perSec)}/s`, {
        ...(isPostgres ? { budget: '≥ 500/s', met: drain.perSec >= 500 } : {}),
      }),
      row(`${name}: CPU of a delivery, this process`, `${round(drain.cpuUs)} µs`),
    ];
  } finally {
    await bench.end();
  }
}

async function begin(databaseUrl) {
  const dataDir = mkdtempSync(join(tmpdir(), 'intermix-bench-webhooks-'));
  const receiver = fork(fileURLToPath(new URL('./support/webhook-receivers.mjs', import.meta.url)));
  const [ports] = await once(receiver, 'message');
  const store = await openStore({ dataDir, databaseUrl, logger: silentLogger });
  const account = { sid: createId(), name: 'bench', apiKey: createId(), apiToken: createId() };
  await store.tenants.createAccount(account);
  const customer = await store.customers.create({
    accountSid: account.sid,
    name: 'bench',
    email: undefined,
    secret: 'x',
  });
  const apps = [];
  for (let n = 0; n < receivers; n++) {
    const app = { customerId: customer.id, accountSid: account.sid, name: `app ${n}`, secret: 'x' };
    const { id } = await store.apps.create({ ...app, exotelDomain: 'mumbai', isActive: true });
    apps.push(id);
    await setUrl(id, n, ports.living);
  }

  function setUrl(appId, n, port) {
    const url = `http://r${n}.example:${port}/hook`;
    return store.appSettings.update(account.sid, appId, { popupUrl: url, callbackUrl: url }, 'snake');
  }

  const { outbox, secrets } = store.webhooks;
  const common = { clock: systemClock, logger: silentLogger };
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const client = new OutboundClient({ clock: systemClock, allowPrivate: true, resolve });
  const newDispatcher = () => new Dispatcher({ outbox, client, secrets, ...common, userAgent: 'bench' });
  let dispatcher = newDispatcher();
  const { appSettings: settings, apps: identities, contacts } = store;
  const context = new AppContext({ settings, identities, contacts, ...common });
  const late = new LateNotices({ context, outbox, random: systemRandom, ...common, onQueued: () => dispatcher.wake() });
  const notices = new CallNotices({ context, late, hasRecording: () => false });
  const calls = new NotifyingCallStore({ store: store.calls, notices, onQueued: () => dispatcher.wake() });
  dispatcher.start();
  for (const id of apps) await secrets.inForce(account.sid, id);
  let deadSet = 0;

  const report = async () => {
    receiver.send('report');
    const [{ ages }] = await once(receiver, 'message');
    return ages;
  };

  /** One call of an app, told in four steps half a second apart, as the switch tells it. */
  async function oneCall(appId, stepMs) {
    const callSid = createId();
    const leg = { legId: createId('leg_'), callSid, role: 'callee', kind: 'browser', party: 'asha', status: 'queued' };
    const user = { address: 'sip:asha@bench', userId: 'asha', device: 'sip', createdAt: new Date() };
    const legs = [{ ...leg, ...user }];
    const party = { from: '+919876543210', to: '+918040001234', userId: 'asha', exophone: '+918040001234' };
    const call = {
      callSid,
      accountSid: account.sid,
      appId,
      direction: 'inbound',
      ...party,
      status: 'queued',
      durationSec: 0,
    };
    const event = (type, legId) => ({ callSid, legId, type, at: new Date(), data: {} });
    await calls.create({ ...call, createdAt: new Date() }, legs, [event('call-created')]);
    const steps = [
      ['leg-ringing', () => ({ status: 'ringing' })],
      ['call-answered', () => ({ status: 'in-progress', answeredAt: new Date() })],
      ['call-ended', () => ({ status: 'completed', endedAt: new Date() })],
    ];
    for (const [type, change] of steps) {
      if (stepMs > 0) await sleep(stepMs);
      await calls.apply({ call: { callSid, ...change() }, legs, events: [event(type, leg.legId)] });
    }
  }

  return {
    /** Calls at a steady rate, each of another app; gives the ages of their events at the living receivers. */
    async offer({ callsPerSec, seconds, dead = 0 }) {
      for (; deadSet < dead; deadSet++) await setUrl(apps[deadSet * 10], deadSet * 10, ports.dead);
      await report();
      const running = [];
      const began = Date.now();
      const total = callsPerSec * seconds;
      for (let n = 0; n < total; n++) {
        const waitMs = began + (n * 1000) / callsPerSec - Date.now();
        if (waitMs > 0) await sleep(waitMs);
        running.push(oneCall(apps[(n * 7) % receivers], 500));
      }
      await Promise.all(running);
      await sleep(500);
      return report();
    },
    /** A backlog of so many, delivered as fast as it goes. */
    async drain(count) {
      await dispatcher.stop(0);
      const living = apps.filter((_, n) => n % 10 !== 0);
      for (let n = 0; n < count / eventsPerCall; n += 50)
        await Promise.all(Array.from({ length: 50 }, (_, i) => oneCall(living[((n + i) * 7) % living.length], 0)));
      await report();
      const cpu = process.cpuUsage();
      const began = process.hrtime.bigint();
      let done = 0;
      dispatcher = newDispatcher();
      const all = new Promise((resolve) => {
        dispatcher.on('attempted', ({ result }) => {
          if (result === 'delivered' && ++done === count) resolve();
        });
      });
      dispatcher.start();
      await all;
      const sec = Number(process.hrtime.bigint() - began) / 1e9;
      const { user, system } = process.cpuUsage(cpu);
      return { perSec: count / sec, cpuUs: (user + system) / count };
    },
    async end() {
      await dispatcher.stop(0);
      await client.close();
      await store.close();
      receiver.send('stop');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
