import { type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { camelBadInput } from './suites/camel-bad-input.js';
import { snakeBadInput } from './suites/snake-bad-input.js';

describe('a server that is reached from elsewhere', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ env: { INTERMIX_ALLOW_PRIVATE_URLS: 'off' } });
  });
  afterAll(() => server?.stop());

  camelBadInput(() => server);
  snakeBadInput(() => server);
});
