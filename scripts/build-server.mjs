// The server's processes as few files: a Node process that loads 1,700 modules one by one needs 2.4 s of a core for it, and
// 0.9 s for these. Chunks are shared by the main process and its children. Source maps name the file that a stack trace came from.
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** What is bundled: our packages, and libraries of many small modules. The rest has binaries, or is loaded as it is installed. */
const bundled = /^(@intermix\/|typebox(\/|$)|kysely(\/|$)|libphonenumber-js(\/|$)|jose(\/|$))/;

const installedStaysOutside = {
  name: 'installed-stays-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || bundled.test(path) ? undefined : { path, external: true },
    );
  },
};

/** Bundles `main.ts` and each process that it forks (`*-child.ts`) into the workspace's `dist`. */
export async function buildServer(workspace) {
  const source = join(workspace, 'src');
  const out = join(workspace, 'dist');
  const entryPoints = readdirSync(source)
    .filter((name) => name === 'main.ts' || name.endsWith('-child.ts'))
    .map((name) => join(source, name));
  const { metafile } = await build({
    ...{ entryPoints, outdir: out, chunkNames: '[name]-[hash]' },
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
    ...{ sourcemap: 'linked', sourcesContent: false, metafile: true, logLevel: 'warning' },
    plugins: [installedStaysOutside],
  });
  // Done last: a server that starts a child meanwhile finds either build whole.
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(out)) {
    if (!made.has(name)) rmSync(join(out, name), { recursive: true });
  }
}
