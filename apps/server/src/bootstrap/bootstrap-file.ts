import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bootstrap } from '@intermix/contracts';
import type { Addresses } from '../addresses.js';

const pathOf = (dataDir: string) => join(dataDir, 'bootstrap.json');

/** The demo tenant's secrets, as written at the first start; undefined when the operator has taken the file away. */
export function readBootstrap(dataDir: string): Bootstrap | undefined {
  const path = pathOf(dataDir);
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as Bootstrap;
}

/** Writes the file whole or not at all, readable by its owner only. */
export function writeBootstrap(dataDir: string, bootstrap: Bootstrap): void {
  const path = pathOf(dataDir);
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(bootstrap, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}

/** Keeps the addresses true when the server starts on other ports; the secrets stay as they are. */
export function refreshAddresses(dataDir: string, addresses: Addresses): void {
  const bootstrap = readBootstrap(dataDir);
  if (bootstrap === undefined) return;
  const isTrue = (Object.keys(addresses) as (keyof Addresses)[]).every((key) => bootstrap[key] === addresses[key]);
  if (!isTrue) writeBootstrap(dataDir, { ...bootstrap, ...addresses });
}
