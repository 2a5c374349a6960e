// Builds everything: each package's src to dist, the server from these, the SDK's one-file bundle, the pages, the seed of the
// embedded database.
// Takes a few seconds, the first time some more.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { browserTarget, buildSdk } from './build-sdk.mjs';
import { buildServer } from './build-server.mjs';
import { buildSdkTypes } from './sdk-types.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = promisify(execFile);

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
  const entryPoints = sourcesOf(source);
  await build({
    entryPoints,
    outdir: out,
    outbase: source,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  removeStale(out, new Set(entryPoints.map((path) => path.slice(source.length, -'.ts'.length))));
}

/** What an earlier build left of sources that are gone. Done last: a server that runs meanwhile misses nothing. */
function removeStale(out, modules) {
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const module = path.slice(out.length).replace(/\.js(\.map)?$/, '');
    if (entry.isFile() && /\.js(\.map)?$/.test(entry.name) && !modules.has(module)) rmSync(path);
  }
}

const workspaces = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);
const pages = join(root, 'apps', 'softphone');
const sdk = join(root, 'packages', 'voice-sdk');
const server = join(root, 'apps', 'server');
await Promise.all(workspaces.filter((workspace) => ![pages, sdk, server].includes(workspace)).map(transpile));
await buildServer(server);

// The seed of the embedded database: a few seconds, once for each set of migrations. A server starts without it, slower.
const seeded = run(process.execPath, [join(root, 'packages', 'store', 'dist', 'embedded', 'make-seed.js')]).catch(
  (error) =>
    process.stderr.write(`The embedded database has no seed, its first start will be slow: ${error.message}\n`),
);

if (existsSync(join(sdk, 'src', 'exotelsdk.ts'))) {
  await Promise.all([buildSdk(), buildSdkTypes()]);
}

// The softphone page: static files, one script, one style sheet; the SDK bundle lies beside them.
if (existsSync(join(pages, 'src', 'main.ts'))) {
  const out = join(pages, 'dist');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(join(pages, 'public'), out, { recursive: true });
  await build({
    entryPoints: { softphone: join(pages, 'src', 'main.ts') },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: browserTarget,
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  await build({
    entryPoints: { softphone: join(pages, 'src', 'styles', 'softphone.css') },
    outdir: out,
    bundle: true,
    minify: true,
    target: browserTarget,
    logLevel: 'warning',
  });
  for (const name of readdirSync(join(sdk, 'dist'))) {
    if (/^exotelsdk[\w-]*\.js(\.map)?$/.test(name)) cpSync(join(sdk, 'dist', name), join(out, name));
  }
}

await seeded;
