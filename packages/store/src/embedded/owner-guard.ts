import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { StoreError } from '../store-error.js';

/** Proof that this process alone owns the data folder. */
export interface OwnerGuard {
  release(): Promise<void>;
}

/**
 * Takes the data folder for this process, or rejects with ERR_STORE_IN_USE. PGlite itself does not notice a second
 * owner, and then both lose rows that they acknowledged.
 *
 * On Linux an abstract Unix socket, named after the folder's device and inode, is the lock: the kernel frees it even
 * after `kill -9`. The pid file is for other systems, and for a network namespace that hides the socket.
 */
export async function takeOwnership(dataDir: string): Promise<OwnerGuard> {
  const pidFile = join(dataDir, 'intermix.pid');
  const socket = process.platform === 'linux' ? await listenAbstract(dataDir, pidFile) : undefined;
  const owner = readOwner(pidFile);
  if (owner && owner.pid !== process.pid && isAlive(owner)) {
    await closeServer(socket);
    throw StoreError.inUse(dataDir, owner.pid);
  }
  writeFileSync(pidFile, `${JSON.stringify({ pid: process.pid, started: startTime(process.pid) })}\n`, { mode: 0o600 });
  return {
    async release() {
      rmSync(pidFile, { force: true });
      await closeServer(socket);
    },
  };
}

interface Owner {
  pid: number;
  /** When the process started, in the unit of the system; tells a reused pid apart. */
  started: string | undefined;
}

function listenAbstract(dataDir: string, pidFile: string): Promise<Server> {
  const { dev, ino } = statSync(dataDir);
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? StoreError.inUse(dataDir, readOwner(pidFile)?.pid) : error),
    );
    server.listen(`\0intermix-store-${dev}-${ino}`, () => {
      server.unref();
      resolve(server);
    });
  });
}

function closeServer(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => (server ? server.close(() => resolve()) : resolve()));
}

function readOwner(pidFile: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(pidFile, 'utf8')) as Partial<Owner>;
    return typeof owner.pid === 'number' ? { pid: owner.pid, started: owner.started } : undefined;
  } catch {
    return undefined; // None, or torn by a crash: the process that wrote it is gone.
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startTime(owner.pid);
  return started === undefined || owner.started === undefined || started === owner.started;
}

/** Field 22 of /proc/<pid>/stat, counted behind the name in brackets, which may hold spaces; see proc(5). */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : fields[19];
  } catch {
    return undefined;
  }
}
