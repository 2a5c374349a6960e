import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../store-error.js';

/** Major version of the PostgreSQL inside the pinned PGlite. There is no upgrade in place between majors. */
export const embeddedMajor = '18';

/** Makes the data folder, for this user only: PGlite creates its files world-writable whatever the umask. */
export function makeDataFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if ((statSync(dataDir).mode & 0o777) !== 0o700) chmodSync(dataDir, 0o700);
}

/** Where the embedded cluster lives; throws ERR_STORE_VERSION when another major wrote it. */
export function embeddedFolder(dataDir: string): string {
  const folder = join(dataDir, 'database');
  const found = versionOf(folder);
  if (found !== undefined && found !== embeddedMajor) throw StoreError.folderVersion(folder, found, embeddedMajor);
  return folder;
}

/** Major version of PostgreSQL that wrote a cluster; undefined when there is none. */
export function versionOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  } catch {
    return undefined;
  }
}
