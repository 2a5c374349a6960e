import type { Bootstrap } from '@intermix/contracts';
import type { Random } from '@intermix/kernel';
import type { Store } from '@intermix/store';
import type { Addresses } from '../addresses.js';
import { refreshAddresses, writeBootstrap } from './bootstrap-file.js';
import { createDemoTenant } from './demo-tenant.js';

export interface FirstRunOptions {
  store: Store;
  dataDir: string;
  sipDomain: string;
  addresses: Addresses;
  random: Random;
}

/**
 * Makes the demo tenant and `bootstrap.json` in an empty store, and gives what was written. Later starts give undefined and
 * only keep the file's addresses true.
 */
export async function firstRun(options: FirstRunOptions): Promise<Bootstrap | undefined> {
  const { store, dataDir, addresses } = options;
  if (!(await store.tenants.isEmpty())) {
    refreshAddresses(dataDir, addresses);
    return undefined;
  }
  const bootstrap = await createDemoTenant(options);
  writeBootstrap(dataDir, bootstrap);
  return bootstrap;
}
