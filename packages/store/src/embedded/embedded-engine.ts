import { existsSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { Clock, Logger } from '@intermix/kernel';
import pg from 'pg';
import type { Engine } from '../engine.js';
import { StoreError } from '../store-error.js';
import { seedFolder } from './cluster-seed.js';
import { embeddedFolder } from './data-folder.js';
import { started, startWorker } from './database-worker.js';
import { Maintenance } from './maintenance.js';
import { makeCluster } from './make-cluster.js';
import { type OwnerGuard, takeOwnership } from './owner-guard.js';
import type { FromWorker, ToWorker } from './worker-protocol.js';
import { type WireEndpoint, WorkerStream } from './worker-stream.js';

export interface EmbeddedOptions {
  dataDir: string;
  logger: Logger;
  clock: Clock;
  /** The database thread died; the process should end, so that its supervisor starts it again. */
  onFatal(error: StoreError): void;
  /** A cluster with empty tables, which the first start copies. Default: the build's. One that is missing makes initdb run. */
  seed?: string;
}

/** PGlite (PostgreSQL in WebAssembly) in a worker thread, behind a pool of one connection. */
export class EmbeddedEngine implements Engine, WireEndpoint {
  readonly kind = 'embedded';
  readonly pool: pg.Pool;
  readonly #options: EmbeddedOptions;
  readonly #guard: OwnerGuard;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #maintenance: Maintenance | undefined;
  #stream: WorkerStream | undefined;
  #statsWaiters: Array<(fdatasyncs: number) => void> = [];
  #closing: Promise<void> | undefined;
  #failure: StoreError | undefined;

  private constructor(options: EmbeddedOptions, guard: OwnerGuard, worker: Worker) {
    this.#options = options;
    this.#guard = guard;
    this.#worker = worker;
    this.pool = new pg.Pool({
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 5000, // `db` used inside a transaction waits for itself: fail loudly instead.
      user: 'postgres',
      database: 'postgres',
      stream: () => new WorkerStream(this) as never,
    });
    this.pool.on('error', (error) => options.logger.warn({ err: error }, 'embedded database: idle client failed'));
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', (message: FromWorker) => this.#handle(message));
    worker.on('error', (error) => this.#failed(error));
    worker.once('exit', (status) => this.#workerExited(status));
  }

  /** Opens the cluster in the data folder, making it at the first start. Rejects with a StoreError. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const guard = await takeOwnership(options.dataDir);
    try {
      const databaseDir = embeddedFolder(options.dataDir);
      if (!existsSync(databaseDir)) await makeCluster(databaseDir, options.seed ?? seedFolder(), options.logger);
      const worker = startWorker({ task: 'serve', databaseDir });
      await started(worker);
      const engine = new EmbeddedEngine(options, guard, worker);
      engine.#maintenance = new Maintenance({ pool: engine.pool, clock: options.clock, logger: options.logger });
      engine.#maintenance.start();
      return engine;
    } catch (error) {
      await guard.release();
      throw error;
    }
  }

  /** How many times the database has asked the disk to keep its writes. */
  fdatasyncCount(): Promise<number> {
    const answer = new Promise<number>((resolve) => this.#statsWaiters.push(resolve));
    this.#post({ type: 'stats' });
    return answer;
  }

  connect(stream: WorkerStream): void {
    this.#stream = stream;
    if (this.#failure) queueMicrotask(() => stream.destroy(this.#failure));
    else this.#post({ type: 'connect' });
  }

  send(bytes: Uint8Array): void {
    this.#worker.postMessage({ type: 'wire', bytes } satisfies ToWorker, [bytes.buffer as ArrayBuffer]);
  }

  disconnect(stream: WorkerStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** Ends the pool, closes the cluster cleanly and frees the folder. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    await this.#maintenance?.stop();
    await this.pool.end();
    if (!this.#failure) this.#post({ type: 'close' });
    await this.#exited;
    await this.#guard.release();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #handle(message: FromWorker): void {
    if (message.type === 'wire') this.#stream?.receive(message.bytes);
    else if (message.type === 'failed') this.#failed(new Error(message.message));
    else if (message.type === 'stats') this.#statsWaiters.shift()?.(message.fdatasyncs);
  }

  #workerExited(status: number): void {
    if (!this.#closing) this.#failed(new Error(`its thread ended with status ${status}`));
  }

  #failed(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = StoreError.stopped(cause);
    this.#stream?.destroy(this.#failure);
    this.#options.logger.error({ err: this.#failure }, 'embedded database stopped');
    this.#options.onFatal(this.#failure);
  }
}
