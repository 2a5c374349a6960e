import type { FleetHealth, WorkerHealth } from '@intermix/contracts';
import type { BotCapacity, BotWorkerLoad } from './bot-capacity.js';

type Reachable = Extract<BotWorkerLoad, { pid: number }>;

const isReachable = (worker: BotWorkerLoad): worker is Reachable => 'pid' in worker;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What `GET /health/fleet` answers: all workers of this server. */
export function fleetHealthOf(capacity: BotCapacity): FleetHealth {
  const workers = capacity.workers();
  const reachable = workers.filter(isReachable);
  const max = sum(reachable.map((worker) => worker.max));
  const calls = sum(reachable.map((worker) => worker.calls));
  return {
    status: 'ok',
    fleet_calls: calls,
    fleet_max: max,
    fleet_available: Math.max(0, max - calls),
    workers: workers.map((worker) => ({ ...worker })),
  };
}

/** What `GET /health` answers: the worker with most room, and the whole. `pid`: of this process, when no worker runs. */
export function workerHealthOf(capacity: BotCapacity, pid: number): WorkerHealth {
  const fleet = fleetHealthOf(capacity);
  const reachable = capacity.workers().filter(isReachable);
  const [freest] = reachable.sort((one, other) => other.max - other.calls - (one.max - one.calls));
  return {
    status: 'ok',
    worker_calls: freest?.calls ?? 0,
    worker_max: freest?.max ?? 0,
    total_capacity: fleet.fleet_max,
    total_available: fleet.fleet_available,
    workers: fleet.workers.length,
    worker_id: freest?.id ?? '0',
    worker_pid: freest?.pid ?? pid,
  };
}
