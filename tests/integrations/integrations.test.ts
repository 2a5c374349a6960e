import { type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { camelGolden } from './suites/camel-golden.js';
import { deletedUser } from './suites/deleted-user.js';
import { flowNotifications } from './suites/flow-notifications.js';
import { generations } from './suites/generations.js';
import { sessions } from './suites/session.js';
import { snakeGolden } from './suites/snake-golden.js';
import { usersAndCalls } from './suites/users-and-calls.js';

/** Each suite has customers and apps of its own: a start of a server costs more than most of them. */
describe('a server that backends integrate with', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  const theServer = () => server;
  usersAndCalls(theServer); // Wants a simulated network that nobody has called, and leaves one: its last test restarts the server.
  deletedUser(theServer);
  flowNotifications(theServer);
  generations(theServer);
  snakeGolden(theServer);
  camelGolden(theServer);
  sessions(theServer);
});
