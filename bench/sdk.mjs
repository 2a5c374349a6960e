// The browser SDK in Chromium on loopback, beside Exotel's own, unmodified: DoRegister → registered, Answer() → audio both ways,
// octets to load. No name can be looked up: Exotel's asks a public STUN server whatever it is told.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually, SipPhone, startServer } from '@intermix/testkit';
import { launchBrowser } from '@intermix/testkit/browser';
import { median, round, row } from './support/figures.mjs';
import { sleep } from './support/processes.mjs';
import { signIn } from './support/rated-server.mjs';

export const needs = ['chromium'];
export const title = 'Browser SDK, Chromium on loopback; the peer is Exotel’s SDK 2.0.5';

const budget = { gzipKb: 45, registerMs: 200, audioMs: 250 };
const number = '+918040010001';
const require = createRequire(import.meta.url);
const ownBundle = require.resolve('../packages/voice-sdk/dist/exotelsdk.js');
const vendorFolder = dirname(require.resolve('@exotel-npm-dev/webrtc-client-sdk/package.json'));
const bundles = { ours: ownBundle, vendor: join(vendorFolder, 'dist', 'exotelsdk.js') };

export async function run({ ports, seconds = 7 }) {
  const runs = seconds >= 7 ? 7 : 2;
  const site = await serveBundles();
  const server = await startServer({ env: { INTERMIX_LOG_LEVEL: 'warn' } });
  const args = ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];
  const browser = await launchBrowser({ micToneHz: 620, args });
  try {
    const carrier = await carrierPhone(server, ports);
    const registered = { ours: [], vendor: [] };
    const audio = { ours: [], vendor: [] };
    for (let i = 0; i < runs; i++) {
      for (const which of ['ours', 'vendor']) {
        const page = await browser.openPage(`${site.origin}/${which}/`);
        registered[which].push(await register(page.page, server));
        audio[which].push(await answeredAudio(page.page, carrier));
        await page.page.evaluate(() => window.client.UnRegister());
        await page.close();
        await sleep(500);
      }
    }
    await carrier.stop();
    return rows(registered, audio);
  } finally {
    await browser.close();
    await server.stop();
    site.close();
  }
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

/** DoRegister until the callback says `registered`, by the page's clock. */
function register(page, server) {
  const [user] = server.bootstrap.users;
  const { host, port } = new URL(server.baseUrl);
  return page.evaluate(
    ({ user, host, port }) =>
      new Promise((resolve) => {
        const client = new exotelSDK.ExotelWebClient();
        window.client = client;
        window.callEvents = [];
        const account = {
          ...{ userName: user.sip_username, authUser: user.sip_username, displayname: user.name },
          ...{
            sipdomain: user.sip_domain,
            secret: user.sip_password,
            domain: host,
            port,
            security: 'ws',
            endpoint: 'wss',
          },
        };
        let startedAt;
        const onRegister = (state) => state === 'registered' && resolve(performance.now() - startedAt);
        client.initWebrtc(
          account,
          onRegister,
          (_call, event) => window.callEvents.push(event),
          () => {},
        );
        startedAt = performance.now();
        client.DoRegister();
      }),
    { user, host, port },
  );
}

/**
 * The carrier calls and sends a tone from its 200 on; Answer() until the page has decoded sound of it, and until the microphone's
 * first packet with sound reached the telephone: the later of the two. One machine, one wall clock.
 */
async function answeredAudio(page, phone) {
  const call = await phone.call(number);
  await eventually(() => page.evaluate(() => window.callEvents.includes('incoming')), {
    timeoutMs: 5_000,
    everyMs: 10,
  });
  call.sendTone(1_000);
  await page.evaluate(() => {
    const context = new AudioContext();
    window.listenTo = (track) => {
      const analyser = context.createAnalyser();
      const samples = new Float32Array(analyser.fftSize);
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      return () => {
        analyser.getFloatTimeDomainData(samples);
        return samples.some((sample) => Math.abs(sample) > 0.01);
      };
    };
    return context.resume();
  });
  await sleep(300); // The page's ringing has settled.
  const heard = new Promise((resolve) => {
    const look = () => (call.media.audio.stats.packetsReceived > 0 ? resolve(Date.now()) : setTimeout(look, 1));
    look();
  });
  const inPage = page.evaluate(async () => {
    const answeredAt = performance.timeOrigin + performance.now();
    window.client.getCall().Answer();
    // Sound out of Web Audio: getStats() would do, but Chromium takes its figures anew every 50 ms only.
    const listening = new Map();
    const receiving = () => {
      for (const peer of window.intermixPeers ?? []) {
        for (const { track } of peer.connectionState === 'closed' ? [] : peer.getReceivers()) {
          if (!listening.has(track)) listening.set(track, window.listenTo(track));
        }
      }
      return [...listening.values()].some((isSounding) => isSounding());
    };
    while (!receiving()) {
      if (performance.timeOrigin + performance.now() - answeredAt > 10_000) return { answeredAt };
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { answeredAt, heardAt: performance.timeOrigin + performance.now() };
  });
  const [{ answeredAt, heardAt }, telephoneHeardAt] = await Promise.all([inPage, Promise.race([heard, sleep(10_000)])]);
  call.hangup();
  await call.waitForEnd();
  await sleep(200);
  return Math.max(heardAt ?? Number.NaN, telephoneHeardAt ?? Number.NaN) - answeredAt;
}

function rows(registered, audio) {
  const size = (path) => {
    const bytes = readFileSync(path);
    return { rawKb: bytes.length / 1024, gzipKb: gzipSync(bytes, { level: 9 }).length / 1024 };
  };
  const [ours, vendor] = [size(bundles.ours), size(bundles.vendor)];
  const text = ({ rawKb, gzipKb }) => `${round(rawKb)} / ${round(gzipKb, 1)}`;
  const ms = (samples) => `${round(median(samples))} (${samples.map((sample) => round(sample)).join(' ')})`;
  return [
    row('bundle KB, raw / gzip -9', text(ours), {
      ...{ peer: text(vendor), budget: `≤ ${budget.gzipKb} KB gzip`, met: ours.gzipKb <= budget.gzipKb },
    }),
    row('DoRegister → registered ms, median (each)', ms(registered.ours), {
      ...{
        peer: ms(registered.vendor),
        budget: `< ${budget.registerMs} ms`,
        met: median(registered.ours) < budget.registerMs,
      },
    }),
    row('Answer() → audio both ways ms, median (each)', ms(audio.ours), {
      ...{ peer: ms(audio.vendor), budget: `< ${budget.audioMs} ms`, met: median(audio.ours) < budget.audioMs },
    }),
  ];
}

/** Each bundle as the one script of a page of its own, with the sounds beside it where it looks for them. */
async function serveBundles() {
  const types = { '.js': 'text/javascript', '.wav': 'audio/wav' };
  const page = '<!doctype html><link rel="icon" href="data:,"><script src="exotelsdk.js"></script>';
  const site = createServer((request, response) => {
    const [, which = '', file = ''] = (request.url ?? '').split('/');
    if (!(which in bundles) || file.includes('..')) return response.writeHead(404).end();
    if (file === '') return response.writeHead(200, { 'content-type': 'text/html' }).end(page);
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
