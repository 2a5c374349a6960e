// `npm run example -- <name>`: serves one of the examples on loopback, with an account of the running server, and prints its
// address. Options: `--server <address of Intermix>`, `--port <port>`, `--data <its data folder>`.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DemoServer } from './examples/demo-server.mjs';
import { servePage } from './examples/serve-page.mjs';
import { serveVite } from './examples/serve-vite.mjs';
import { ensureBuild, ensurePackages, fail, root } from './prepare.mjs';

const folder = join(root, 'examples');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: 'string' }, port: { type: 'string' }, data: { type: 'string' } },
});
const [name] = positionals;
if (!names.includes(name)) fail(`Say which one: npm run example -- <${names.join(' | ')}>`);

const port = values.port === undefined ? 5173 : Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`"${values.port}" is no port.`);

const usesVite = existsSync(join(folder, name, 'vite.config.js'));
if (usesVite) {
  ensurePackages({ production: false, probe: 'vite' });
  ensureBuild();
}

const demo = new DemoServer({
  url: values.server ?? process.env.INTERMIX_URL ?? 'http://127.0.0.1:8080',
  dataFolder: values.data ?? process.env.INTERMIX_DATA_DIR ?? join(root, 'data'),
});
try {
  await demo.accounts();
} catch (error) {
  fail(`${error.message}\nStart it with "npm start", or name another one with --server.`);
}

const serve = usesVite ? serveVite : servePage;
try {
  const address = await serve({ folder: join(folder, name), port, demo });
  process.stdout.write(`${name}: ${address}\nIntermix: ${demo.url}\nCtrl+C ends it.\n`);
} catch (error) {
  fail(error.code === 'EADDRINUSE' ? `Port ${port} is taken; choose another with --port.` : String(error));
}
