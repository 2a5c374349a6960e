/** What the database worker is told when it starts. */
export interface WorkerData {
  /** Folder of the database cluster; its parent exists. */
  databaseDir: string;
}

/** Main thread → worker. `wire` holds whole messages of PostgreSQL's frontend protocol. */
export type ToWorker =
  | { type: 'wire'; bytes: Uint8Array }
  | { type: 'connect' }
  | { type: 'stats' }
  | { type: 'close' };

/** Worker → main thread. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'wire'; bytes: Uint8Array }
  | { type: 'stats'; fdatasyncs: number }
  | { type: 'failed'; message: string };
