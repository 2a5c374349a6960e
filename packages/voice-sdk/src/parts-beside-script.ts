// Takes the place of `parts.ts` in the classic script: a part is the file `exotelsdk-<name>.js` beside it. The URL is made
// absolute here, because a script of another origin has no base URL of its own for `import()`. A query of the script's address,
// as `?v=3`, is the parts' too: they belong together.
import type { parts as bundled } from './parts.js';

const script = typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null);
const base = script?.src;

/** Loads a part. Rejects where the file is not beside the script. */
async function beside<T>(name: string): Promise<T> {
  const script = base ?? (typeof location === 'undefined' ? undefined : location.href);
  const part = new URL(`exotelsdk-${name}.js${base ? new URL(base).search : ''}`, script);
  return import(/* @vite-ignore */ /* webpackIgnore: true */ part.href);
}

export const parts: typeof bundled = {
  devices: () => beside('devices'),
  diagnostics: () => beside('diagnostics'),
  logs: () => beside('logs'),
  quality: () => beside('quality'),
  recording: () => beside('recording'),
  resume: () => beside('resume'),
  ringing: () => beside('ringing'),
  sounds: () => beside('sounds'),
  tokens: () => beside('tokens'),
  tabs: () => beside('tabs'),
};
