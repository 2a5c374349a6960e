import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@intermix/kernel';
import { StoreError } from './store-error.js';

const keyBytes = 32;

/** Reads `<dataDir>/secret.key`, 32 octets, making it (0600) at the first start. Whoever has it reads the secrets. */
export function loadSecretKey(dataDir: string, random: Random): Buffer {
  const path = join(dataDir, 'secret.key');
  return checked(path, readKey(path) ?? writeKey(path, Buffer.from(random.bytes(keyBytes))));
}

/** As `loadSecretKey`, but makes none: throws ERR_STORE_SECRET_KEY when it is missing. */
export function readSecretKey(dataDir: string): Buffer {
  const path = join(dataDir, 'secret.key');
  const key = readKey(path);
  if (key === undefined) throw StoreError.secretKey(path, 'is missing');
  return checked(path, key);
}

function checked(path: string, key: Buffer): Buffer {
  if (key.length !== keyBytes) throw StoreError.secretKey(path, `holds ${key.length} octets instead of ${keyBytes}`);
  return key;
}

function readKey(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw StoreError.secretKey(path, 'cannot be read');
  }
}

/** On disk before anything is encrypted with it. `wx`: two first starts must not each believe in a key of their own. */
function writeKey(path: string, key: Buffer): Buffer {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return key;
}
