import type { Bootstrap } from '@intermix/contracts';
import { createId, silentLogger } from '@intermix/kernel';
import { openStore } from '@intermix/store';
import type { RunningServer } from '@intermix/testkit';
import { AdminApi } from './admin.js';

/** An account beside the one that a server makes by itself. */
export interface SecondAccount {
  account: Bootstrap['account'];
  /** Its number, on the simulated network. */
  number: string;
  /** Its administrator. */
  admin: AdminApi;
}

/** Made in the data of a server that stands still: a first account is all that a server makes by itself. */
export async function addSecondAccount(server: RunningServer): Promise<SecondAccount> {
  await server.kill();
  const store = await openStore({ dataDir: server.dataDir, logger: silentLogger });
  const account = { sid: 'second', api_key: createId(), api_token: createId() };
  const { sid, api_key: apiKey, api_token: apiToken } = account;
  await store.tenants.createAccount({ sid, name: 'Second', apiKey, apiToken });
  const admin = await store.admins.findAdminByEmail(server.bootstrap.admin.email);
  if (!admin) throw new Error('the demo tenant has no administrator');
  const email = 'second@example.com';
  await store.admins.createAdmin({ ...admin, email, accountSid: sid }); // The same password.
  const number = '+918000000055';
  const [simulated] = await store.carriers.listCarriers();
  if (!simulated) throw new Error('the demo tenant has no carrier');
  const { id: _, ...copy } = simulated;
  const carrier = await store.carriers.createCarrier({ ...copy, accountSid: sid });
  await store.carriers.createDid({
    ...{ carrierId: carrier.id, accountSid: sid, number, direction: 'both' },
    ...{ label: undefined, target: undefined, ringTimeoutSec: undefined },
  });
  await store.close();
  await server.restart();
  const bootstrap = { ...server.bootstrap, admin: { ...server.bootstrap.admin, email } };
  return { account, number, admin: new AdminApi({ baseUrl: server.baseUrl, bootstrap }) };
}
