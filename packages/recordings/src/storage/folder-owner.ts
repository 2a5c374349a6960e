import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createId, type Random } from '@intermix/kernel';

/**
 * Names the server that has this folder, the same at each start: several servers may share a database, and each has the files
 * of its own recordings. Throws errors of Node's fs.
 */
export function folderOwner(folder: string, random: Random): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'owner');
  const known = ownerIn(path);
  if (known !== '') return known;
  const owner = createId('', 16, random);
  writeWhole(path, owner);
  return owner;
}

/** Empty when there is none, or what is left of it after a power failure. */
function ownerIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', '').trim();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    return '';
  }
}

/** Whoever reads it finds all of it, or what was there before. */
function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.new`;
  const file = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}
