// The browser SDK's bundles, each self-contained: a classic script with the global `exotelSDK` (which `require` takes too)
// and an ES module; in both, the parts that a page loads later are files of their own.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const browserTarget = ['chrome100', 'firefox100', 'safari15'];
const sdk = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'voice-sdk');
const source = join(sdk, 'src');

const browserBundle = {
  bundle: true,
  minify: true,
  platform: 'browser',
  target: browserTarget,
  conditions: ['intermix-source'],
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
};

/** Folders with a `part.ts`: what is loaded when it is first needed. */
function partNames() {
  return readdirSync(source).filter((name) => existsSync(join(source, name, 'part.ts')));
}

const classicParts = {
  name: 'parts beside the script',
  setup({ onResolve }) {
    onResolve({ filter: /\/parts\.js$/ }, () => ({ path: join(source, 'parts-beside-script.ts') }));
  },
};

/** A part's errors must be instances of the page's `exotelSDK.VoiceError`. */
const sharedErrors = {
  name: 'errors of the classic script',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/errors\.js$/ }, ({ importer }) =>
      importer.startsWith(source) ? { path: 'errors', namespace: 'classic' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'classic' }, () => ({
      contents: 'export const VoiceError = globalThis.exotelSDK.VoiceError;',
    }));
  },
};

/** Builds all bundles in memory: file name to text, source maps included. */
export async function bundleSdk() {
  const classic = build({
    ...browserBundle,
    entryPoints: [join(source, 'exotelsdk.ts')],
    outfile: 'exotelsdk.js',
    format: 'iife',
    globalName: 'exotelSDK',
    footer: { js: 'if(typeof module==="object"&&module.exports)module.exports=exotelSDK;' },
    plugins: [classicParts],
  });
  const besideClassic = partNames().map((name) =>
    build({
      ...browserBundle,
      entryPoints: [join(source, name, 'part.ts')],
      outfile: `exotelsdk-${name}.js`,
      format: 'esm',
      plugins: [classicParts, sharedErrors],
    }),
  );
  const modules = build({
    ...browserBundle,
    entryPoints: { 'voice-sdk': join(source, 'index.ts') },
    outdir: 'modules',
    format: 'esm',
    splitting: true,
    chunkNames: 'voice-sdk-[name]-[hash]',
  });
  const results = await Promise.all([classic, modules, ...besideClassic]);
  return new Map(results.flatMap(({ outputFiles }) => outputFiles.map((file) => [basename(file.path), file.text])));
}

/** Writes the bundles to the package's `dist`, and takes away those of an earlier build. */
export async function buildSdk() {
  const out = join(sdk, 'dist');
  const files = await bundleSdk();
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) {
    if (/^(exotelsdk|voice-sdk)\b.*\.js(\.map)?$/.test(name) && !files.has(name)) rmSync(join(out, name));
  }
  for (const [name, text] of files) writeFileSync(join(out, name), text);
  return [...files.keys()];
}
