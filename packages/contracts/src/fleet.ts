import Type, { type Static } from 'typebox';
import { oneOf } from './fields.js';

const Calls = Type.Integer({ minimum: 0 });

/** A worker in the answer of `GET /health/fleet`. */
export const FleetWorker = Type.Union([
  Type.Object({ id: Type.String(), calls: Calls, max: Calls, pid: Calls }),
  Type.Object({ id: Type.String(), status: Type.Literal('unreachable') }),
]);
export type FleetWorker = Static<typeof FleetWorker>;

/** `GET /health/fleet`: all workers of this server. Load balancers read `fleet_available` with a pattern: keep name and order. */
export const FleetHealth = Type.Object({
  status: Type.Literal('ok'),
  fleet_calls: Calls,
  fleet_max: Calls,
  fleet_available: Calls,
  workers: Type.Array(FleetWorker),
});
export type FleetHealth = Static<typeof FleetHealth>;

/** `GET /health`: one worker, and the whole as it sees it. */
export const WorkerHealth = Type.Object({
  status: Type.Literal('ok'),
  worker_calls: Calls,
  worker_max: Calls,
  total_capacity: Calls,
  total_available: Calls,
  workers: Type.Integer({ minimum: 0, description: 'How many workers there are' }),
  worker_id: Type.String(),
  worker_pid: Calls,
});
export type WorkerHealth = Static<typeof WorkerHealth>;

/** One server of the fleet. One that is unreachable counts nothing. */
export const FleetServerStatus = Type.Object({
  url: Type.String(),
  status: oneOf(['healthy', 'unreachable']),
  total_capacity: Calls,
  total_available: Calls,
  worker_calls: Calls,
  workers: Calls,
  problem: Type.String({ description: 'Why it is unreachable; empty when it is healthy' }),
});

/** `GET /api/v1/fleet/status`. Sums are of the healthy ones. */
export const FleetStatus = Type.Object({
  total_capacity: Calls,
  active_calls: Calls,
  available: Calls,
  workers: Type.Array(FleetServerStatus),
});
export type FleetStatus = Static<typeof FleetStatus>;
