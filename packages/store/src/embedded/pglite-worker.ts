// The thread in which the embedded PostgreSQL lives. PGlite runs a query on the thread that asks for it, from start to
// end: on the main thread a report or a migration would stop SIP timers and sockets for seconds.
import fs from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { DurableNodeFS, syncPath } from './durable-node-fs.js';
import type { FromWorker, ToWorker, WorkerData } from './worker-protocol.js';

const startParams = [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'), // -F switches fsync off.
  '-c',
  'wal_sync_method=fsync', // fdatasync does nothing in the WASM build; the hook of DurableNodeFS is behind fsync.
  '-c',
  'max_wal_size=64MB',
  '-c',
  'min_wal_size=32MB',
  '-c',
  'enable_seqscan=off', // As in openPostgres: a plan that is kept must not depend on how small a table once was.
];

const port = parentPort;
if (!port) throw new Error('pglite-worker runs as a worker thread only');

function send(message: FromWorker): void {
  port?.postMessage(message, message.type === 'wire' ? [message.bytes.buffer as ArrayBuffer] : []);
}

/** Counts what reaches the disk, for the metric and for the test that guards the hook. */
let fdatasyncs = 0;
const fdatasyncSync = fs.fdatasyncSync;
fs.fdatasyncSync = (descriptor) => {
  fdatasyncs += 1;
  fdatasyncSync(descriptor);
};

/** A simple query of the frontend protocol: 'Q', length, text, NUL. */
function simpleQuery(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.from([0x51, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

/** There is one session for ever: a new client must not inherit an open transaction or prepared statements. */
function resetSession(database: PGlite): void {
  database.execProtocolRawSync(simpleQuery('ROLLBACK'));
  database.execProtocolRawSync(simpleQuery('DISCARD ALL'));
}

async function handle(database: PGlite, message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'wire': {
      const answer = database.execProtocolRawSync(message.bytes);
      if (answer.length > 0) send({ type: 'wire', bytes: answer.slice() }); // It may be a view of PGlite's own buffer.
      return;
    }
    case 'connect':
      return resetSession(database);
    case 'stats':
      return send({ type: 'stats', fdatasyncs });
    case 'close':
      await database.close();
      process.exit(0);
  }
}

/** The last lines of PostgreSQL's own log while it opens: PGlite's errors say only that it did not. */
let openingLog: string[] | undefined;
const logLines = 10;
const lineLength = 300;

function fail(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  const log = openingLog?.length ? `. PostgreSQL says: ${openingLog.join(' | ')}` : '';
  send({ type: 'failed', message: why + log });
  process.exit(1);
}

async function openCluster(folder: string): Promise<PGlite> {
  const log: string[] = [];
  openingLog = log;
  const onStderr = (line: string): boolean => {
    if (openingLog === undefined) return false; // Later lines may hold what customers wrote.
    log.push(line.slice(0, lineLength));
    if (log.length > logLines) log.shift();
    return false;
  };
  const database = await PGlite.create({ fs: new DurableNodeFS(folder), startParams, onStderr });
  openingLog = undefined;
  return database;
}

/** PGlite runs initdb in a folder that has no cluster; that part syncs nothing, and its files are for everybody. */
async function make(folder: string): Promise<void> {
  const database = await openCluster(folder);
  await database.close();
  for (const path of ['.', ...fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const whole = join(folder, path);
    fs.chmodSync(whole, fs.statSync(whole).isDirectory() ? 0o700 : 0o600);
    syncPath(whole);
  }
}

async function serve(folder: string): Promise<void> {
  const database = await openCluster(folder);
  port?.on('message', (message: ToWorker) => {
    handle(database, message).catch(fail);
  });
}

try {
  const { task, databaseDir } = workerData as WorkerData;
  await (task === 'make' ? make(databaseDir) : serve(databaseDir));
  send({ type: 'ready' });
} catch (error) {
  fail(error);
}
