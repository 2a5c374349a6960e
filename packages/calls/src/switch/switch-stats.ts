import type { CallStatus } from '../ports/call-store.js';

/** Figures for metrics: gauges as of now, totals since the start. */
export interface SwitchStats {
  activeCalls: number;
  activeLegs: number;
  bindings: number;
  /** Calls that ended, by their status. */
  endedByStatus: Readonly<Partial<Record<CallStatus, number>>>;
  callsCreated: number;
  /** INVITEs answered with a final response before a call was made: strangers, challenges, unknown numbers. */
  invitesRefused: number;
  registrationsRefused: number;
  /** Requests of unknown sources, refused or dropped. */
  sourcesRefused: number;
  /** Wrong passwords for calls of carriers that are known by credentials. */
  carrierGuesses: number;
}
