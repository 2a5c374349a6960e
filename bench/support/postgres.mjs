// A PostgreSQL cluster of our own, in a temporary folder, as it comes: every commit reaches the disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from './processes.mjs';

const installations = '/usr/lib/postgresql';

/** Folder of the newest server programs, version 15 at least; undefined: none here. */
export function postgresPrograms() {
  if (!existsSync(installations)) return undefined;
  const versions = readdirSync(installations).map(Number);
  const folder = join(installations, String(Math.max(...versions.filter((version) => version >= 15))), 'bin');
  return existsSync(join(folder, 'initdb')) ? folder : undefined;
}

export async function startPostgres(port) {
  const bin = postgresPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'intermix-bench-postgres-'));
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const user = process.getuid() === 0 ? { uid: id('-u'), gid: id('-g') } : {}; // It refuses to run as root.
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const [data, as] = [join(folder, 'data'), { cwd: folder, stdio: 'ignore', ...user }];
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], as);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], as);
  const kill = () => child.kill('SIGQUIT');
  process.on('exit', kill);
  for (let i = 0; i < 100 && !answers(bin, port); i++) await sleep(100);
  return {
    pid: child.pid,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', kill);
      const exited = once(child, 'exit');
      child.kill('SIGINT'); // Fast shutdown.
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(bin, port) {
  try {
    execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
