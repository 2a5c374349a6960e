// The browser SDK in Chromium on loopback, beside Exotel's own, unmodified, by the same page on the same server: registering,
// ringing, answering, reconnecting, and what many calls leave behind. No name can be looked up: Exotel's asks a public STUN server
// whatever it is told.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually, SipPhone, startServer } from '@intermix/testkit';
import { launchBrowser } from '@intermix/testkit/browser';
import { startCutProxy } from './support/cut-proxy.mjs';
import { median, quantile, round, row } from './support/figures.mjs';
import { packetsIn, routeMedia, startMediaPath } from './support/media-path.mjs';
import { sleep } from './support/processes.mjs';
import { signIn } from './support/rated-server.mjs';
import {
  accountOf,
  answerAndListen,
  awaitLoss,
  prepareListening,
  recoveredMs,
  register,
  skeleton,
  startMeter,
  timesTold,
  writeLines,
} from './support/sdk-page.mjs';

export const needs = ['chromium'];
export const title = 'Browser SDK, Chromium on loopback; the peer is Exotel’s SDK 2.0.5';

const budget = {
  gzipKb: 45,
  registerMs: 200,
  incomingMs: 15,
  audioMs: 150,
  reconnectMs: 1500,
  switchMs: 3000,
  heapMb: 1,
};
const lossMs = 800;
/** Without audio for so long after a change of network, an SDK is taken to have none any more. */
const giveUpMs = 20_000;
const number = '+918040010001';
const require = createRequire(import.meta.url);
const ownBundle = require.resolve('../packages/voice-sdk/dist/exotelsdk.js');
const vendorFolder = dirname(require.resolve('@exotel-npm-dev/webrtc-client-sdk/package.json'));
const bundles = { ours: ownBundle, vendor: join(vendorFolder, 'dist', 'exotelsdk.js') };
const each = (make) => ({ ours: make('ours'), vendor: make('vendor') });

export async function run({ ports, seconds = 7 }) {
  const isWhole = seconds >= 7;
  const runs = isWhole ? 7 : 2;
  // Exotel's SDK needs a second and more for each call, and its heap shows after twenty what it would after a hundred.
  const calls = isWhole ? { ours: 100, vendor: 20 } : { ours: 5, vendor: 3 };
  const losses = isWhole ? { ours: 20, vendor: 7 } : { ours: 3, vendor: 2 };
  const switches = isWhole ? { ours: 15, vendor: 1 } : { ours: 2, vendor: 1 };
  const site = await serveBundles();
  const server = await startServer({ env: { INTERMIX_LOG_LEVEL: 'warn' } });
  const args = ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];
  const browser = await launchBrowser({ micToneHz: 620, args });
  const proxy = await startCutProxy({ host: '127.0.0.1', port: Number(new URL(server.baseUrl).port) });
  const account = accountOf(server.bootstrap.users[0], proxy.port);
  try {
    const carrier = await carrierPhone(server, ports);
    const times = each(() => ({ registered: [], incoming: [], audio: [], reconnected: [], switched: [], line: [] }));
    for (let i = 0; i < runs; i++) {
      for (const which of ['ours', 'vendor']) {
        const { page, close } = await openPage(browser, `${site.origin}/${which}/`);
        times[which].registered.push(await register(page, account));
        const { incomingMs, audioMs } = await answeredCall(page, carrier);
        times[which].incoming.push(incomingMs);
        times[which].audio.push(audioMs);
        if (i === 0) times[which].line.push(await lineMs(page));
        times[which].reconnected.push(await reconnected(page, proxy));
        await page.evaluate(() => window.client.UnRegister());
        await close();
        await sleep(500);
      }
    }
    const kept = {};
    for (const which of ['ours', 'vendor']) {
      kept[which] = await keptByCalls(browser, `${site.origin}/${which}/`, account, carrier, calls[which]);
    }
    for (const which of ['ours', 'vendor']) {
      for (let i = runs; i < losses[which]; i++) {
        const { page, close } = await openPage(browser, `${site.origin}/${which}/`);
        await register(page, account);
        times[which].reconnected.push(await reconnected(page, proxy));
        await page.evaluate(() => window.client.UnRegister());
        await close();
      }
      const url = `${site.origin}/${which}/moving`;
      for (let i = 0; i < switches[which]; i++) {
        times[which].switched.push(await switched(browser, url, { account, carrier, proxy, server }));
      }
    }
    await carrier.stop();
    return rows(times, kept);
  } finally {
    await proxy.close();
    await browser.close();
    await server.stop();
    site.close();
  }
}

async function openPage(browser, url) {
  const opened = await browser.openPage(url);
  return { page: opened.page, close: () => opened.close() };
}

/** A carrier's telephone, and a number that rings the first demo user. */
async function carrierPhone(server, ports) {
  const phone = await SipPhone.start({ server: server.sip, user: '+911130000100', port: ports.port(20) });
  const admin = await signIn(server);
  const carrier = await admin('POST', '/api/v1/carriers', {
    ...{ name: 'Bench', sip_address: `127.0.0.1:${ports.port(20)}`, transport: 'udp', destination_country: 'IN' },
    inbound_allowed_addresses: ['127.0.0.1'],
  });
  const [user] = server.bootstrap.users;
  const target = { type: 'user', app_id: server.bootstrap.app.id, user_id: user.user_id };
  await admin('POST', `/api/v1/carriers/${carrier.id}/dids`, { number, target });
  return phone;
}

/**
 * The carrier calls and sends a tone from its 200 on. INVITE frame → callback, by the page's clock; Answer() until the page has
 * decoded sound, and until the microphone's first packet reached the telephone: the later of the two, by the machine's clock.
 */
async function answeredCall(page, phone) {
  const call = await phone.call(number);
  await toldTimes(page, 'incoming', 1);
  const incomingMs = await page.evaluate(() => window.incomingMs);
  call.sendTone(1_000);
  await prepareListening(page);
  await sleep(300); // The page's ringing has settled.
  const heard = new Promise((resolve) => {
    const look = () => (call.media.audio.stats.packetsReceived > 0 ? resolve(Date.now()) : setTimeout(look, 1));
    look();
  });
  const [{ answeredAt, heardAt }, telephoneHeardAt] = await Promise.all([
    answerAndListen(page),
    Promise.race([heard, sleep(10_000)]),
  ]);
  call.hangup();
  await call.waitForEnd();
  await toldTimes(page, 'callEnded', 1);
  return { incomingMs, audioMs: Math.max(heardAt ?? Number.NaN, telephoneHeardAt ?? Number.NaN) - answeredAt };
}

/** The way to the server is gone for 0.8 s: from the loss to the 200 that registers the page again. */
async function reconnected(page, proxy) {
  await awaitLoss(page);
  await proxy.cut(lossMs);
  return eventually(() => recoveredMs(page), { timeoutMs: 30_000, everyMs: 50, message: 'the page to be back' });
}

/**
 * In a call the device is in another network at once: the way of its audio is dead and nobody is told, the connection is broken, and
 * both can be had anew. Until packets arrive again in the page and at the telephone. A page for each, as the waits between
 * attempts grow where a connection does not last.
 */
async function switched(browser, url, { account, carrier, proxy, server }) {
  const mediaPort = Number(server.env.INTERMIX_WEBRTC_PORT);
  const [before, after] = [await startMediaPath(mediaPort), await startMediaPath(mediaPort)];
  const { page, close } = await openPage(browser, `${url}?${before.port}`);
  try {
    await register(page, account);
    await page.evaluate((port) => {
      window.answersAtOnce = true;
      window.nextMediaPort = port;
    }, after.port);
    const call = await carrier.call(number);
    await call.waitForAnswer(10_000);
    call.sendTone(1_000);
    const heard = async () => [await packetsIn(page), call.media.audio.stats.packetsReceived];
    await grown(heard, [0, 0]);
    await page.evaluate(() => {
      window.mediaPort = window.nextMediaPort;
    });
    await sleep(1_000); // Both have settled.
    const startedAt = performance.now();
    before.die();
    await proxy.cut(0);
    await sleep(100); // What was on its way has arrived.
    const tookMs = (await grown(heard, await heard())) ? performance.now() - startedAt : Number.NaN;
    call.hangup();
    await call.waitForEnd();
    await page.evaluate(() => window.client.UnRegister());
    return tookMs;
  } finally {
    await close();
    for (const path of [before, after]) path.die();
  }
}

/** Whether both counts grow by some packets. */
function grown(count, from) {
  const isMore = async () => (await count()).every((packets, i) => packets >= from[i] + 3);
  return eventually(isMore, { timeoutMs: giveUpMs, everyMs: 10, message: 'audio' }).catch(() => false);
}

/** What a line costs when the log is full: the call, and the time that scripts run later to write it to the browser's storage. */
async function lineMs(page) {
  const lines = 1_000;
  await writeLines(page, lines);
  await sleep(3_000); // The last of them are stored.
  const measure = await startMeter(page);
  const before = await measure();
  const linesMs = await writeLines(page, lines);
  await sleep(3_000);
  const storedMs = ((await measure()).scriptSec - before.scriptSec) * 1_000;
  return (linesMs + storedMs) / lines;
}

/** What calls leave on the heap from the first to the last, and the time that scripts ran for each. */
async function keptByCalls(browser, url, account, phone, count) {
  // A page without the tone meter's hook, which would keep the connections itself.
  const context = await browser.browser.newContext({ permissions: ['microphone'] });
  const page = await context.newPage();
  try {
    await page.goto(url);
    await register(page, account);
    await page.evaluate(() => {
      window.answersAtOnce = true;
    });
    const measure = await startMeter(page);
    await quickCall(page, phone, 1);
    const first = await measure();
    for (let i = 2; i <= count; i++) await quickCall(page, phone, i);
    const last = await measure();
    await page.evaluate(() => window.client.UnRegister());
    return {
      count,
      heapMb: (last.heapBytes - first.heapBytes) / 2 ** 20,
      scriptMs: ((last.scriptSec - first.scriptSec) * 1_000) / (count - 1),
    };
  } finally {
    await context.close();
  }
}

async function quickCall(page, phone, nth) {
  const call = await phone.call(number);
  await call.waitForAnswer(10_000);
  call.sendTone(1_000);
  await eventually(() => call.media.audio.stats.packetsReceived > 0, { timeoutMs: 10_000, message: 'audio' });
  call.hangup();
  await call.waitForEnd();
  await toldTimes(page, 'callEnded', nth);
}

const toldTimes = (page, event, count) =>
  eventually(async () => (await timesTold(page, event)) >= count, {
    ...{ timeoutMs: 10_000, everyMs: 10, message: `${event}, ${count} times` },
  });

function rows(times, kept) {
  const sizes = each((which) => sizeOf(bundles[which]));
  const size = ({ rawKb, gzipKb }) => `${round(rawKb)} / ${round(gzipKb, 1)}`;
  const timed = (what, key, limitMs) => {
    const text = (samples) => `${round(median(samples))} (${samples.map((sample) => round(sample)).join(' ')})`;
    return row(`${what} ms, median (each)`, text(times.ours[key]), {
      ...{ peer: text(times.vendor[key]), budget: `< ${limitMs} ms`, met: median(times.ours[key]) < limitMs },
    });
  };
  /** The 95th of a hundred; a run without an end is the slowest of all. */
  const slowest = (what, key, limitMs) => {
    const p95 = ({ [key]: samples }) =>
      quantile(
        samples.map((ms) => (Number.isNaN(ms) ? Infinity : ms)),
        0.95,
      );
    const text = (of) =>
      p95(of) === Infinity ? `none within ${giveUpMs / 1000} s` : `${round(p95(of))} (${of[key].length} times)`;
    return row(`${what} ms, p95`, text(times.ours), {
      ...{ peer: text(times.vendor), budget: `< ${limitMs} ms`, met: p95(times.ours) < limitMs },
    });
  };
  const heap = ({ heapMb, count }) => `${round(heapMb, 2)} (${count} calls)`;
  return [
    row('bundle KB, raw / gzip -9', size(sizes.ours), {
      ...{ peer: size(sizes.vendor), budget: `≤ ${budget.gzipKb} KB gzip`, met: sizes.ours.gzipKb <= budget.gzipKb },
    }),
    timed('DoRegister → registered', 'registered', budget.registerMs),
    timed('INVITE frame → incoming', 'incoming', budget.incomingMs),
    timed('Answer() → audio both ways', 'audio', budget.audioMs),
    timed(`${lossMs / 1000} s without a way → registered again`, 'reconnected', budget.reconnectMs),
    slowest(`${lossMs / 1000} s without a way → registered again`, 'reconnected', budget.reconnectMs),
    slowest('another network in a call → audio both ways', 'switched', budget.switchMs),
    row('heap MB after the last call, over that after the first', heap(kept.ours), {
      ...{ peer: heap(kept.vendor), budget: `≤ ${budget.heapMb} MB`, met: kept.ours.heapMb <= budget.heapMb },
    }),
    row('a log line ms, log full, console stubbed', round(times.ours.line[0], 3), {
      peer: round(times.vendor.line[0], 3),
    }),
    row('scripts ms a call, logging included', round(kept.ours.scriptMs, 1), { peer: round(kept.vendor.scriptMs, 1) }),
  ];
}

function sizeOf(path) {
  const bytes = readFileSync(path);
  return { rawKb: bytes.length / 1024, gzipKb: gzipSync(bytes, { level: 9 }).length / 1024 };
}

const moving = skeleton.replace(
  '<script>',
  `<script>window.mediaPort = Number(location.search.slice(1)); (${routeMedia})();</script><script>`,
);

/** Each bundle as the one script of a page of its own, with what it loads later beside it. */
async function serveBundles() {
  const types = { '.js': 'text/javascript', '.wav': 'audio/wav' };
  const site = createServer((request, response) => {
    const [, which = '', file = ''] = (request.url ?? '').split('?')[0].split('/');
    if (!(which in bundles) || file !== basename(file)) return response.writeHead(404).end();
    if (file === '') return response.writeHead(200, { 'content-type': 'text/html' }).end(skeleton);
    if (file === 'moving') return response.writeHead(200, { 'content-type': 'text/html' }).end(moving);
    try {
      const bytes = readFileSync(join(dirname(bundles[which]), file));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${site.address().port}`,
    close: () => site.closeAllConnections() ?? site.close(),
  };
}
