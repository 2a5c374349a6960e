import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL server for tests, with a database of its own. */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

const installations = '/usr/lib/postgresql';

/** Why there is no PostgreSQL to test with; undefined when there is one. */
export function whyNoPostgres(): string | undefined {
  if (process.env.INTERMIX_TEST_DATABASE_URL !== undefined || programs() !== undefined) return undefined;
  return 'PostgreSQL 15 or newer is missing: apt-get install postgresql-15, or set INTERMIX_TEST_DATABASE_URL.';
}

/** A new database on INTERMIX_TEST_DATABASE_URL's server, or else a cluster of our own on loopback. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env.INTERMIX_TEST_DATABASE_URL;
  if (given !== undefined) return newDatabase(given);
  return startCluster(programs() as string);
}

/** Folder of the newest server programs, version 15 at least. */
function programs(): string | undefined {
  if (!existsSync(installations)) return undefined;
  const versions = readdirSync(installations)
    .map(Number)
    .filter((version) => version >= 15);
  const folder = join(installations, String(Math.max(...versions)), 'bin');
  return existsSync(join(folder, 'initdb')) ? folder : undefined;
}

async function newDatabase(serverUrl: string): Promise<TestPostgres> {
  const name = `intermix_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function startCluster(bin: string): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-postgres-'));
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const asUser = { cwd: folder, ...user };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...asUser,
    stdio: 'ignore',
  });
  const port = await sparePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...asUser,
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilItAnswers(url);
  return {
    url,
    async stop() {
      server.kill('SIGINT'); // Fast shutdown.
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function sparePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function untilItAnswers(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await onServer(url, 'SELECT 1');
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // The server may go while we leave.
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}
