/** What the database worker is told when it starts. */
export interface WorkerData {
  /** `make` lays out a new cluster and ends; `serve` answers the wire until it is told to close. */
  task: 'make' | 'serve';
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
  /** The cluster is made, or answers. */
  | { type: 'ready' }
  | { type: 'wire'; bytes: Uint8Array }
  | { type: 'stats'; fdatasyncs: number }
  | { type: 'failed'; message: string };
