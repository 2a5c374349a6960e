import { createSocket } from 'node:dgram';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Ports below the system's ephemeral range (32768 and up on Linux), so that a socket bound to port 0 by somebody else never
// lands in a block, cut into blocks that are claimed by making a folder: mkdir is atomic across processes.
const firstPort = 20_000;
const blockSize = 200;
const blocks = 60;
const lockFolder = join(tmpdir(), 'intermix-test-ports');
/** A lock without an owner's pid is somebody between mkdir and write; after this long he has died there. */
const ownerlessForMs = 5_000;

/** A run of `size` ports that no other test process on this machine uses until `release`. */
export interface PortBlock {
  readonly base: number;
  readonly size: number;
  /** The port at `offset` in the block. */
  port(offset: number): number;
  release(): void;
}

/** Claims a block of 200 consecutive ports whose first few are free for UDP and TCP on loopback. */
export async function reservePorts(): Promise<PortBlock> {
  mkdirSync(lockFolder, { recursive: true });
  const start = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; i++) {
    const index = (start + i) % blocks;
    if (!claim(index)) continue;
    const block = portBlock(index);
    if (await looksFree(block)) return block;
    block.release();
  }
  throw new Error(`all ${blocks} blocks of test ports are taken; see ${lockFolder}`);
}

/** One UDP and TCP port that was free on loopback a moment ago, from the ephemeral range. For quick single sockets. */
export async function sparePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portBlock(index: number): PortBlock {
  const base = firstPort + index * blockSize;
  const release = () => {
    process.off('exit', release);
    rmSync(lockOf(index), { recursive: true, force: true });
  };
  process.on('exit', release);
  return { base, size: blockSize, port: (offset) => base + offset, release };
}

function lockOf(index: number): string {
  return join(lockFolder, `block-${index}`);
}

function claim(index: number): boolean {
  const lock = lockOf(index);
  if (isStale(lock)) rmSync(lock, { recursive: true, force: true });
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return true;
  } catch {
    return false;
  }
}

function isStale(lock: string): boolean {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    return pid > 0 && !isAlive(pid);
  } catch {
    return isOlderThan(lock, ownerlessForMs);
  }
}

function isOlderThan(path: string, ageMs: number): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > ageMs;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function looksFree(block: PortBlock): Promise<boolean> {
  for (let offset = 0; offset < 8; offset++) {
    const port = block.port(offset);
    if (!(await tcpFree(port)) || !(await udpFree(port))) return false;
  }
  return true;
}

function tcpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
