// initdb and the migrations take eight seconds of one core inside WebAssembly, and their outcome is always the same: the
// build runs them once and keeps the cluster as a seed, of which the first start makes a copy. Its tables are empty.
import { createHash } from 'node:crypto';
import { constants, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { builtFolder } from './database-worker.js';

/** Files that are copied at once: enough to keep the disk busy while it syncs, few enough for any limit of descriptors. */
const copiesAtOnce = 32;

/** Where the build keeps the seed. The name tells PGlite's version and the migrations: a seed of others is never taken. */
export function seedFolder(): string {
  const library = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const { version } = JSON.parse(readFileSync(join(library, '..', 'package.json'), 'utf8')) as { version: string };
  return join(builtFolder(), 'seed', `pglite-${version}-${migrationsDigest()}`);
}

function migrationsDigest(): string {
  const folder = join(builtFolder(), 'migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort())
    if (file.endsWith('.js')) hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Copies a cluster to a new folder, for this user only, and has the disk keep it. */
export async function copyCluster(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const pathsOf = (wanted: (entry: (typeof entries)[number]) => boolean) =>
    entries.filter(wanted).map((entry) => relative(from, join(entry.parentPath ?? entry.path, entry.name)));
  const folders = ['', ...pathsOf((entry) => entry.isDirectory())];
  const files = pathsOf((entry) => entry.isFile());
  for (const folder of folders) await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
  for (let first = 0; first < files.length; first += copiesAtOnce) {
    const some = files.slice(first, first + copiesAtOnce);
    await Promise.all(some.map((file) => copySynced(join(from, file), join(to, file))));
  }
  for (const folder of folders) await keep(join(to, folder), 0o700);
}

async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await keep(to, 0o600);
}

/** Gives a file or folder its mode, which a copy may have from elsewhere, and asks the disk to keep it. */
async function keep(path: string, mode: number): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
