import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreError } from '../store-error.js';
import type { FromWorker, WorkerData } from './worker-protocol.js';

/** The built worker: a thread has no loader for TypeScript, so that tests from source use it too. */
function workerProgram(): string {
  return createRequire(import.meta.url).resolve('@intermix/store/pglite-worker');
}

/** The folder `dist` of this package, in which the build leaves what is not code. */
export function builtFolder(): string {
  return join(dirname(workerProgram()), '..');
}

/** Starts the thread in which PGlite lives. It says `ready` or `failed`; see {@link started}. */
export function startWorker(workerData: WorkerData): Worker {
  return new Worker(workerProgram(), { workerData });
}

/** Waits for `ready`. A folder that does not open makes the worker say why and exit. */
export function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const listeners = {
      message(message: FromWorker) {
        if (message.type === 'ready') settle();
        else if (message.type === 'failed') settle(new Error(message.message));
      },
      error: (error: Error) => settle(error),
      exit: (status: number) => settle(new Error(`its thread ended with status ${status} before it was ready`)),
    };
    const settle = (error?: Error): void => {
      for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener);
      if (error === undefined) resolve();
      else reject(StoreError.stopped(error));
    };
    for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener);
  });
}
