// `npm start`: everything from a fresh clone to a running server.
import { ensureBuild, ensurePackages } from './prepare.mjs';

ensurePackages({ production: true, probe: 'fastify' });
ensureBuild();
// The server runs in this process, so that a signal to `npm start` reaches it directly.
await import('../apps/server/dist/main.js');
