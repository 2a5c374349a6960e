import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sdkEntries, sdkTypes } from '../../scripts/sdk-types.mjs';

const root = repositoryRoot();
const sdk = join(root, 'packages', 'voice-sdk');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** A folder of somebody else's, in which the package is installed and nothing else. */
const app = mkdtempSync(join(tmpdir(), 'intermix-sdk-user-'));
afterAll(() => rmSync(app, { recursive: true, force: true }));

beforeAll(() => {
  const installed = join(app, 'node_modules', '@intermix', 'voice-sdk');
  mkdirSync(installed, { recursive: true });
  cpSync(join(sdk, 'package.json'), join(installed, 'package.json'));
  cpSync(join(sdk, 'dist'), join(installed, 'dist'), { recursive: true });
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
});

function write(name: string, text: string): string {
  const path = join(app, name);
  writeFileSync(path, text);
  return path;
}

const node = (file: string): string => execFileSync(process.execPath, [file], { cwd: app, encoding: 'utf8' }).trim();

function compile(files: readonly string[], resolution: 'bundler' | 'node16'): string {
  const module = resolution === 'bundler' ? 'esnext' : 'node16';
  const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', 'es2022,dom'];
  const options = [...flags, '--types', '', '--module', module, '--moduleResolution', resolution];
  try {
    execFileSync(process.execPath, [compiler, ...options, ...files], { cwd: app, encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

describe('the public surface', () => {
  it('is the one that was reviewed; when the change is meant, run "npm run surface" and commit what it writes', async () => {
    const { surfaces } = (await sdkTypes()) ?? { surfaces: new Map<string, string>() };
    const reviewed = readdirSync(join(sdk, 'api')).filter((name) => name.endsWith('.api.md'));
    expect(reviewed.sort()).toEqual([...surfaces.keys()].map((name) => `${name}.api.md`).sort());
    for (const [name, text] of surfaces) expect(readFileSync(join(sdk, 'api', `${name}.api.md`), 'utf8')).toBe(text);
  });

  it('has the entries that the package exports', () => {
    const { exports } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8'));
    for (const name of Object.keys(sdkEntries()))
      expect(exports).toHaveProperty([name === 'voice-sdk' ? '.' : `./${name}`]);
    const paths = JSON.stringify(exports).match(/\.\/dist\/[^"]+/g) ?? [];
    expect(paths.length).toBeGreaterThan(4);
    expect(paths.filter((path) => !existsSync(join(sdk, path)))).toEqual([]);
  });
});

describe('the package in a project of its own', () => {
  const use = `
import { type ExotelCall, ExotelWebClient, type SipAccountInfo, VoiceClient, VoiceError } from '@intermix/voice-sdk';
const account: SipAccountInfo = { userName: 'a', sipdomain: 'b', domain: 'c:443', secret: 'd', port: 443 };
export const phone = new ExotelWebClient();
phone.initWebrtc(account, (state: string) => state, (call: ExotelCall, event: string) => void (event && call.Answer()));
export const client = new VoiceClient({ serverUrl: 'wss://c/wss', username: 'a', password: 'd', domain: 'b' });
client.on('incoming', (call) => call.on('ended', (end) => end.reason satisfies string));
export const isOurs = (error: unknown): string => (error instanceof VoiceError ? error.cure : '');
// @ts-expect-error: there is no such event
client.on('ringing-loudly', () => {});
`;

  it('[SDK-D24] has types that need no other package, for bundlers and for Node, as ES modules and as CommonJS', () => {
    const files = [
      write('use.ts', use),
      write('use.cts', use),
      write('classic.ts', '/// <reference types="@intermix/voice-sdk/exotelsdk.js" />\nexport const v = 1;\n'),
    ];
    expect(compile(files, 'node16')).toBe('');
    expect(compile(files.slice(0, 1), 'bundler')).toBe('');
  });

  it('is loaded by Node without a browser, by import and by require', () => {
    const names = "['ExotelWebClient', 'VoiceClient', 'VoiceCall', 'VoiceError']";
    const made = `console.log(${names}.map((name) => typeof sdk[name]).join(), typeof new sdk.ExotelWebClient().getCall().Answer)`;
    const expected = 'function,function,function,function function';
    expect(node(write('esm.mjs', `import * as sdk from '@intermix/voice-sdk'; ${made}`))).toBe(expected);
    expect(node(write('cjs.cjs', `const sdk = require('@intermix/voice-sdk'); ${made}`))).toBe(expected);
  });

  it('is required as the guide shows: the classic script as a file', () => {
    cpSync(join(sdk, 'dist'), join(app, 'dist'), { recursive: true });
    const program = `const exotelSDK = require('./dist/exotelsdk.js');
      const exWebClient = new exotelSDK.ExotelWebClient();
      console.log(typeof exWebClient.initWebrtc, exotelSDK.default === exotelSDK.ExotelWebClient);`;
    expect(node(write('guide.cjs', program))).toBe('function true');
  });

  it('is bundled by Vite, its parts as chunks', async () => {
    const { build } = await import('vite');
    write('index.html', '<script type="module" src="./main.js"></script>');
    write('main.js', "import { VoiceClient } from '@intermix/voice-sdk'; document.title = typeof VoiceClient;");
    await build({ root: app, logLevel: 'silent', build: { outDir: 'built' } });
    const chunks = readdirSync(join(app, 'built', 'assets')).filter((name) => name.endsWith('.js'));
    const parts = readdirSync(join(sdk, 'dist')).filter((name) => /^voice-sdk-part-.*\.mjs$/.test(name));
    expect(chunks.length).toBeGreaterThan(parts.length);
    expect(readFileSync(join(app, 'built', 'index.html'), 'utf8')).toContain('assets/');
  });
});
