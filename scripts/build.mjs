// Builds everything: each package's src to dist, the SDK's one-file bundle, the pages. Takes about a second.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const browserTarget = ['chrome100', 'firefox100', 'safari15'];

function sourcesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Transpiles one workspace file by file, so that a stack trace names the file it came from. */
async function transpile(workspace) {
  const source = join(workspace, 'src');
  if (!existsSync(source)) return;
  const out = join(workspace, 'dist');
  rmSync(out, { recursive: true, force: true });
  await build({
    entryPoints: sourcesOf(source),
    outdir: out,
    outbase: source,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

const workspaces = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);
const pages = join(root, 'apps', 'softphone');
await Promise.all(workspaces.filter((workspace) => workspace !== pages).map(transpile));

// The browser SDK as one classic script with the global `exotelSDK`.
const sdk = join(root, 'packages', 'voice-sdk');
if (existsSync(join(sdk, 'src', 'exotelsdk.ts'))) {
  await build({
    entryPoints: [join(sdk, 'src', 'exotelsdk.ts')],
    outfile: join(sdk, 'dist', 'exotelsdk.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'exotelSDK',
    platform: 'browser',
    target: browserTarget,
    conditions: ['intermix-source'],
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

// The softphone page: static files and one script; the SDK bundle lies beside them.
if (existsSync(join(pages, 'src', 'main.ts'))) {
  const out = join(pages, 'dist');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(join(pages, 'public'), out, { recursive: true });
  await build({
    entryPoints: [join(pages, 'src', 'main.ts')],
    outfile: join(out, 'softphone.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: browserTarget,
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  cpSync(join(sdk, 'dist', 'exotelsdk.js'), join(out, 'exotelsdk.js'));
  cpSync(join(sdk, 'dist', 'exotelsdk.js.map'), join(out, 'exotelsdk.js.map'));
}
