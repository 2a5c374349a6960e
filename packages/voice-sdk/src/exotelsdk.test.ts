import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { bundleSdk } from '../../../scripts/build-sdk.mjs';

/** The vendor's whole bundle is 202 KB; ours holds its SIP too. */
const GZIP_BUDGET = 45 * 1024;

let script = '';

beforeAll(async () => {
  script = (await bundleSdk()).get('exotelsdk.js') ?? '';
});

it('[SDK-D23] stays within its size budget, SIP included', () => {
  expect(script.length).toBeGreaterThan(10_000);
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(GZIP_BUDGET);
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
    'ExotelWebClient,VoiceCall,VoiceClient,VoiceError,default',
  );
  expect(runInContext('made.getCall() === made.getCall() && typeof made.DoRegister', context)).toBe('function');
});

it('[SDK-D14] [SDK-D12] names no third party and no unload handler', () => {
  expect(script).not.toMatch(/stun:|turn:|google/i);
  expect(script).not.toMatch(/onunload|beforeunload|"unload"/);
});

it('[SDK-D24] emits types of both faces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voice-sdk-types-'));
  try {
    const home = fileURLToPath(new URL('..', import.meta.url));
    const compiler = join(home, '../../node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-p', join(home, 'tsconfig.types.json'), '--outDir', folder]);
    const text = (file: string) => readFileSync(join(folder, 'voice-sdk/src', file), 'utf8');
    expect(text('index.d.ts')).toContain('ExotelWebClient');
    expect(text('client/voice-client.d.ts')).toContain('register(): Promise<void>');
    expect(text('compat/exotel-call.d.ts')).toContain('callDetails: () => ExotelCallDetails');
    expect(readFileSync(join(folder, 'kernel/src/index.d.ts'), 'utf8')).toContain('TypedEmitter');
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
