import { type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { addSecondAccount, type SecondAccount } from '../support/second-account.js';
import { camelTenants } from './suites/camel-tenants.js';
import { snakeTenants } from './suites/snake-tenants.js';

describe('a server with two accounts', () => {
  let server: RunningServer;
  let second: SecondAccount;
  beforeAll(async () => {
    server = await startServer();
    second = await addSecondAccount(server);
  });
  afterAll(() => server?.stop());

  const of = [() => server, () => second] as const;
  camelTenants(...of);
  snakeTenants(...of);
});
