/** A worker that runs bots' sessions, and how full it is. */
export type BotWorkerLoad =
  | {
      /** Its number, from 1 on. */
      readonly id: string;
      /** Sessions that run now. */
      readonly calls: number;
      /** Sessions that may run at the same time. */
      readonly max: number;
      readonly pid: number;
    }
  /** It is being started again, or does not answer. */
  | { readonly id: string; readonly status: 'unreachable' };

/** How much this server can take. Implemented by whoever runs the sessions. */
export interface BotCapacity {
  /** Every worker of this server, in the order of their numbers. */
  workers(): readonly BotWorkerLoad[];
}
