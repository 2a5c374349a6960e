import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const source = join(repositoryRoot(), 'packages', 'voice-sdk', 'src');

/** The adapter, and what finds the script's own address before there is one. */
const mayTouch = ['platform.ts', 'parts-beside-script.ts'];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(^|\/)testing\//.test(path))
  .sort();

/** What a page has and a program has not; timers too, as time comes from the clock. */
const browserGlobals = new Set(
  `window document navigator localStorage sessionStorage indexedDB caches location history screen self top frames
   WebSocket BroadcastChannel SharedWorker Worker fetch XMLHttpRequest EventSource MediaStream MediaRecorder Audio Image
   AudioContext webkitAudioContext OfflineAudioContext AudioWorkletNode RTCPeerConnection RTCRtpReceiver RTCRtpSender
   RTCSessionDescription RTCIceCandidate HTMLElement HTMLAudioElement Notification Blob File FileReader performance crypto
   alert confirm prompt open setTimeout setInterval clearTimeout clearInterval requestAnimationFrame
   addEventListener removeEventListener dispatchEvent matchMedia getComputedStyle`.split(/\s+/),
);

interface Node {
  type: string;
  [key: string]: unknown;
}

/** Names of the browser that the code of a file uses as values; types name what they like. */
function globalsIn(text: string): string[] {
  const found = new Set<string>();
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (node === null || typeof node !== 'object' || Array.isArray(node)) return;
    const { type, ...parts } = node as Node;
    // Of TypeScript's own nodes, only those that wrap a value have one.
    if (/^TS/.test(type) && !/^TS(As|Satisfies|NonNull|TypeAssertion)/.test(type)) return;
    if (type === 'Identifier' && browserGlobals.has(parts.name as string)) found.add(parts.name as string);
    if (type === 'MemberExpression' && (parts.object as Node).name === 'globalThis') {
      const { name } = parts.property as { name?: string };
      if (name !== 'console') found.add(`globalThis.${name}`);
    }
    for (const [key, child] of Object.entries(parts)) {
      const isName = (key === 'property' || key === 'key') && !parts.computed;
      const isType = /^(typeAnnotation|typeArguments|typeParameters|returnType|superTypeArguments|implements)$/.test(
        key,
      );
      if (key === 'id' || key === 'local') names.add(String((child as Node | null)?.name));
      if (!isName && !isType) visit(child);
    }
  };
  const { program, errors } = parseSync('file.ts', text);
  expect(errors).toEqual([]);
  visit(program);
  return [...found].filter((name) => !names.has(name)).sort();
}

describe('the browser is reached through one adapter', () => {
  it('finds what it looks for', () => {
    expect(globalsIn('export const a = () => new WebSocket(location.href);')).toEqual(['WebSocket', 'location']);
    expect(globalsIn('export const b = (globalThis as { open?: () => void }).open?.();')).toEqual([]);
    expect(globalsIn('export const c = globalThis.setTimeout;')).toEqual(['globalThis.setTimeout']);
    expect(globalsIn('export class A { document: Document; f(a: WebSocket) { return a.location; } }')).toEqual([]);
    expect(globalsIn("import { fetch } from './x.js'; export const d = fetch;")).toEqual([]);
  });

  it.each(files.filter((path) => !mayTouch.includes(path)))('%s', (path) => {
    expect(globalsIn(readFileSync(join(source, path), 'utf8'))).toEqual([]);
  });

  it('[SDK-D12] sets no handler that would keep a page out of the back/forward cache', () => {
    expect(files.length).toBeGreaterThan(20);
    for (const path of files) {
      expect([
        path,
        /['"](?:before)?unload['"]|\.on(?:before)?unload\b/.test(readFileSync(join(source, path), 'utf8')),
      ]).toEqual([path, false]);
    }
  });
});
