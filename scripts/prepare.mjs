// Makes a fresh clone runnable: npm packages when they are missing or older than the lock file, and the build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Ends the process with a sentence instead of a stack. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Intermix needs Node.js 20.19 or newer; this is ${process.version}.`);
}

/** Runs a command in the project's root with its output shown; ends the process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.status !== 0) fail(`"${command} ${args.join(' ')}" failed; its output above says why.`);
}

function modifiedMs(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** Installs npm packages when needed. `probe` is a package that must be there (development packages may be absent). */
export function ensurePackages({ production, probe }) {
  const installed = modifiedMs(join(root, 'node_modules', '.package-lock.json'));
  const isFresh = installed > 0 && installed >= modifiedMs(join(root, 'package-lock.json'));
  if (isFresh && existsSync(join(root, 'node_modules', probe))) return;
  process.stdout.write('Installing npm packages…\n');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error', ...(production ? ['--omit=dev'] : [])]);
}

function newestSourceMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestSourceMs(path) : modifiedMs(path));
  }
  return newest;
}

/** Builds when a source is newer than the last build. */
export function ensureBuild() {
  const stamp = modifiedMs(join(root, 'apps', 'server', 'dist', 'main.js'));
  const newest = Math.max(...['packages', 'apps', 'scripts'].map((group) => newestSourceMs(join(root, group))));
  if (stamp > newest) return;
  process.stdout.write('Building…\n');
  run(process.execPath, ['scripts/build.mjs']);
}
