// The browser SDK's bundles, each self-contained:
//   exotelsdk.js + exotelsdk-<part>.js   the classic script with the global `exotelSDK`; parts are loaded from beside it
//   exotelsdk-whole.cjs                  the same with all parts inside, for `require` and for bundlers
//   voice-sdk.mjs, crm.mjs + chunks      ES modules; parts are chunks
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

export const browserTarget = ['chrome100', 'firefox100', 'safari15'];
const sdk = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'voice-sdk');
const source = join(sdk, 'src');
const sip = join(sdk, '..', 'sip', 'src');

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
  // Node's buffers are no part of a browser; where a page brings its own, they are another make.
  define: { 'globalThis.Buffer': 'undefined' },
};

/** Modules of the SIP engine that have a smaller likeness for a user agent with one WebSocket: `packages/sip/src/browser`. */
const slimSip = {
  name: 'SIP for a browser',
  setup({ onResolve }) {
    const likenesses = join(sip, 'browser');
    const names = readdirSync(likenesses).flatMap((name) => /^([\w-]+)\.ts$/.exec(name)?.[1] ?? []);
    onResolve({ filter: new RegExp(`/(${names.join('|')})\\.js$`) }, ({ path, importer }) =>
      importer.startsWith(sip) && !importer.startsWith(likenesses)
        ? { path: join(likenesses, `${basename(path, '.js')}.ts`) }
        : undefined,
    );
  },
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

/** Other entries than the SDK itself: a file in `src` or a folder with an `index.ts`, each with a module of its own. */
function moduleEntries() {
  const crm = ['crm/index.ts', 'crm.ts'].map((path) => join(source, path)).find(existsSync);
  return { 'voice-sdk': join(source, 'index.ts'), ...(crm ? { crm } : {}) };
}

const asModule = 'if(typeof module==="object"&&module.exports)module.exports=exotelSDK;';

/** Builds all bundles in memory: file name to text, source maps included. */
export async function bundleSdk() {
  const classic = build({
    ...browserBundle,
    entryPoints: [join(source, 'exotelsdk.ts')],
    outfile: 'exotelsdk.js',
    format: 'iife',
    globalName: 'exotelSDK',
    footer: { js: asModule },
    plugins: [slimSip, classicParts],
  });
  const besideClassic = partNames().map((name) =>
    build({
      ...browserBundle,
      entryPoints: [join(source, name, 'part.ts')],
      outfile: `exotelsdk-${name}.js`,
      format: 'esm',
      plugins: [slimSip, classicParts, sharedErrors],
    }),
  );
  const whole = build({
    ...browserBundle,
    entryPoints: [join(source, 'exotelsdk.ts')],
    outfile: 'exotelsdk-whole.cjs',
    format: 'cjs',
    plugins: [slimSip],
  });
  const modules = build({
    ...browserBundle,
    entryPoints: moduleEntries(),
    outdir: 'modules',
    format: 'esm',
    splitting: true,
    chunkNames: 'voice-sdk-[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    plugins: [slimSip],
  });
  const results = await Promise.all([classic, whole, modules, ...besideClassic]);
  return squeezeClassic(
    new Map(results.flatMap(({ outputFiles }) => outputFiles.map((file) => [basename(file.path), file.text]))),
  );
}

/**
 * A second minifier takes 3 % more off what browsers load as it is; source maps are led through it. Modules are left to the
 * bundler of the page, which minifies anyway.
 */
async function squeezeClassic(files) {
  const scripts = [...files].filter(([name]) => /^exotelsdk.*\.js$/.test(name));
  const squeezed = await Promise.all(scripts.map(([name, text]) => squeeze(name, text, files.get(`${name}.map`))));
  return new Map([...files, ...squeezed.flat()]);
}

async function squeeze(name, text, map) {
  const isPart = name !== 'exotelsdk.js';
  const { code, map: newMap } = await minify(text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, ''), {
    module: isPart, // The script's one name at the top is the page's, and stays.
    ecma: 2020,
    compress: {
      ecma: 2020,
      passes: 3,
      hoist_funs: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
    },
    format: { comments: false },
    sourceMap: { content: map, filename: name, url: `${name}.map` },
  });
  return [
    [name, `${code}\n`],
    [`${name}.map`, newMap],
  ];
}

/** What the server sends to browsers, once and for all: better than on the way, and free. */
function compress(name, text, files) {
  files.set(`${name}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
  files.set(`${name}.gz`, gzipSync(text, { level: 9 }));
}

/** Writes the bundles to the package's `dist`, in place of everything that was there but types. */
export async function buildSdk() {
  const out = join(sdk, 'dist');
  const files = await bundleSdk();
  // What ends in .js is for `<script>` and `require`; the package itself is of ES modules.
  files.set('package.json', '{ "type": "commonjs" }\n');
  for (const [name, text] of [...files]) if (/\.m?js$/.test(name)) compress(name, text, files);
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) {
    if (name !== 'types' && !files.has(name)) rmSync(join(out, name), { recursive: true });
  }
  for (const [name, text] of files) writeFileSync(join(out, name), text);
  return [...files.keys()];
}
