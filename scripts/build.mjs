// Builds everything: each package's src to dist, the SDK's one-file bundle, the pages, the seed of the embedded database.
// Takes a few seconds, the first time some more.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { browserTarget, buildSdk } from './build-sdk.mjs';

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
await Promise.all(workspaces.filter((workspace) => workspace !== pages).map(transpile));

// The seed of the embedded database: a few seconds, once for each set of migrations. A server starts without it, slower.
const seeded = run(process.execPath, [join(root, 'packages', 'store', 'dist', 'embedded', 'make-seed.js')]).catch(
  (error) =>
    process.stderr.write(`The embedded database has no seed, its first start will be slow: ${error.message}\n`),
);

const sdk = join(root, 'packages', 'voice-sdk');
if (existsSync(join(sdk, 'src', 'exotelsdk.ts'))) {
  await Promise.all([buildSdk(), emitSdkTypes()]);
}

/** Types of the SDK and of what it is made of, so that they need no other package. Skipped where there is no compiler. */
async function emitSdkTypes() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) return; // A production install leaves it out.
  const types = join(sdk, 'dist', 'types');
  await run(process.execPath, [compiler, '-p', join(sdk, 'tsconfig.types.json'), '--outDir', types]);
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.d.ts')) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const near = readFileSync(file, 'utf8').replace(/(['"])@intermix\/([\w-]+)\1/g, (_, quote, name) => {
      return `${quote}${relative(dirname(file), join(types, name, 'src', 'index.js'))
        .split(sep)
        .join('/')}${quote}`;
    });
    writeFileSync(file, near);
  }
  writeFileSync(join(types, 'index.d.ts'), "export * from './voice-sdk/src/index.js';\n");
  const classic = "export * from './voice-sdk/src/exotelsdk.js';\nexport as namespace exotelSDK;\n";
  writeFileSync(join(types, 'exotelsdk.d.ts'), classic);
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
  for (const name of readdirSync(join(sdk, 'dist'))) {
    if (/^exotelsdk[\w-]*\.js(\.map)?$/.test(name)) cpSync(join(sdk, 'dist', name), join(out, name));
  }
}

await seeded;
