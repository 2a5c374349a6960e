import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createId, type Random } from '@intermix/kernel';

/**
 * Names the server that has this folder, the same at each start: several servers may share a database, and each has the files
 * of its own recordings. Throws errors of Node's fs.
 */
export function folderOwner(folder: string, random: Random): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'owner');
  try {
    writeFileSync(path, createId('', 16, random), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
