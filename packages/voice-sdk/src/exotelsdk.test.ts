import { existsSync, readdirSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { bundleSdk } from '../../../scripts/build-sdk.mjs';
import { answeredSession, DOMAIN, makePage, PASSWORD, serverSdp, settle } from './testing/page-fixture.js';

/** The vendor's whole bundle is 202 KB; ours holds its SIP too. */
const GZIP_BUDGET = 45 * 1024;

let files = new Map<string, string>();
let script = '';

beforeAll(async () => {
  files = await bundleSdk();
  script = files.get('exotelsdk.js') ?? '';
}, 120_000);

const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;

it('[SDK-D23] stays within its size budget, SIP included', () => {
  const sizes = [...files].filter(([name]) => !name.endsWith('.map'));
  const lines = sizes.map(([name, text]) => `${gzipped(text)} bytes gzipped, ${text.length} plain: ${name}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  expect(script.length).toBeGreaterThan(10_000);
  expect(gzipped(script)).toBeLessThanOrEqual(GZIP_BUDGET);
});

it('each part that is loaded later is a file of its own, beside the script and as a chunk, and inside the whole one', () => {
  const named = readdirSync(new URL('.', import.meta.url)).filter((name) =>
    existsSync(new URL(`${name}/part.ts`, import.meta.url)),
  );
  const beside = [...files.keys()].flatMap((name) => /^exotelsdk-(?!whole)([\w-]+)\.js$/.exec(name)?.[1] ?? []);
  expect(beside.sort()).toEqual(named.sort());
  expect(named.filter((name) => !script.includes(name))).toEqual([]);
  expect([...files.keys()].filter((name) => /^voice-sdk-part-.*\.mjs$/.test(name))).toHaveLength(named.length);
  expect(files.get('exotelsdk-whole.cjs')).not.toMatch(/\bimport\(/);
});

it('every script has a source map that leads to our sources', () => {
  for (const [name, text] of files) {
    if (name.endsWith('.map')) continue;
    expect(text.trimEnd()).toMatch(new RegExp(`//# sourceMappingURL=${name}\\.map$`));
    const map = JSON.parse(files.get(`${name}.map`) ?? '{}');
    if (/^(import(\{[^}]*\}from)?"[^"]*";)+export\{[^}]*\};\n\/\//.test(text)) continue; // An entry that only passes on a chunk.
    expect(map.sources.length).toBeGreaterThan(0);
    expect(map.sources.filter((source: string) => !/\.ts$|noble|^classic:|<runtime>/.test(source))).toEqual([]);
    expect(map.mappings.length).toBeGreaterThan(100);
  }
});

it('the minified script registers, takes a call, holds it, places one and hangs up', async () => {
  const page = await makePage();
  const load = new Function(`${script};return exotelSDK;`) as () => typeof import('./exotelsdk.js');
  const sdk = load();
  const client = new sdk.VoiceClient({
    serverUrl: 'ws://127.0.0.1:8080/wss',
    username: 'priya',
    password: PASSWORD,
    domain: DOMAIN,
    platform: page.platform,
  });
  client.on('incoming', (call) => void call.answer());
  await client.register();
  const incoming = page.server.call();
  const session = await answeredSession(incoming);
  await settle();
  const [call] = client.calls;
  expect(call?.state).toBe('connected');
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp('recvonly') }));
  await call?.hold();
  expect(call?.held).toBe(true);
  await call?.hangup();
  const outgoing = client.call('+919876543210');
  await settle();
  const invite = page.server.invites.at(-1);
  invite?.accept({ sdp: serverSdp() });
  await settle();
  expect(outgoing.state).toBe('connected');
  await outgoing.hangup();
  await client.unregister();
  expect(page.server.contact).toBeUndefined();
  expect(page.platform.liveTracks).toEqual([]);
  expect(() => client.call('sip:')).toThrow(sdk.VoiceError);
});

it('[SDK-D12] [SDK-D16] loading makes no element, opens nothing, stores nothing and sets no handler', () => {
  const touched: string[] = [];
  const trap = (name: string) =>
    class {
      constructor() {
        touched.push(name);
      }
    };
  const page: Record<string, unknown> = { TextEncoder, TextDecoder, URL, console, crypto: globalThis.crypto };
  for (const name of ['Audio', 'WebSocket', 'RTCPeerConnection', 'AudioContext', 'BroadcastChannel'])
    page[name] = trap(name);
  page.addEventListener = (event: string) => touched.push(`listener ${event}`);
  page.document = { createElement: (tag: string) => touched.push(tag), addEventListener: page.addEventListener };
  page.window = page;
  for (const store of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(page, store, { get: () => touched.push(store) });
  }
  const context = createContext(page);
  runInContext(`${script};globalThis.made = new exotelSDK.ExotelWebClient();`, context);
  expect(touched).toEqual([]);
  expect(page.onunload).toBeUndefined();
  expect(runInContext('Object.keys(exotelSDK).sort().join()', context)).toBe(
    'ExDelegationHandler,ExSynchronousHandler,ExotelWebClient,SdkLog,VoiceCall,VoiceClient,VoiceError,default',
  );
  expect(runInContext('made.getCall() === made.getCall() && typeof made.DoRegister', context)).toBe('function');
});

it('[SDK-D14] [SDK-D12] names no third party and no unload handler', () => {
  expect(script).not.toMatch(/stun:|turn:|google/i);
  expect(script).not.toMatch(/onunload|beforeunload|"unload"/);
});
