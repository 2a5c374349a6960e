import type { FleetStatus } from '@intermix/contracts';
import type { Random } from '@intermix/kernel';
import type { OutboundClient } from '@intermix/outbound';
import { FleetError } from './fleet-error.js';
import { readServerHealth, type ServerHealth } from './fleet-health.js';

/** Who knows the addresses of the fleet. */
export interface FleetAddresses {
  coreFleet(accountSid: string): Promise<readonly string[]>;
}

interface AskedServer {
  readonly url: string;
  readonly health: ServerHealth;
}

export interface FleetChoice {
  /** Servers that have not answered after so many milliseconds are passed over; 20,000 unless told otherwise. */
  withinMs?: number | undefined;
  /** Base URL of one that is not asked. */
  except?: string | undefined;
}

/** The servers that run bots: how they are, and which of them has room. Asked at each use: nothing is remembered. */
export class Fleet {
  readonly #addresses: FleetAddresses;
  readonly #client: Pick<OutboundClient, 'get'>;
  readonly #random: Pick<Random, 'fraction'>;

  constructor(deps: {
    addresses: FleetAddresses;
    client: Pick<OutboundClient, 'get'>;
    random: Pick<Random, 'fraction'>;
  }) {
    this.#addresses = deps.addresses;
    this.#client = deps.client;
    this.#random = deps.random;
  }

  async status(accountSid: string): Promise<FleetStatus> {
    const workers = (await this.#ask(accountSid)).map(reportOf);
    const sum = (field: 'total_capacity' | 'worker_calls') => workers.reduce((total, one) => total + one[field], 0);
    const [total_capacity, active_calls] = [sum('total_capacity'), sum('worker_calls')];
    return { total_capacity, active_calls, available: Math.max(0, total_capacity - active_calls), workers };
  }

  /** Address of the healthy server with most room; of several alike, any. Throws FleetError when none has room. */
  async chooseFleetServer(accountSid: string, choice: FleetChoice = {}): Promise<string> {
    const room = ({ health }: AskedServer) => (health.status === 'healthy' ? health.available : 0);
    const servers = await this.#ask(accountSid, choice);
    const most = Math.max(0, ...servers.map(room));
    const best = most === 0 ? [] : servers.filter((server) => room(server) === most);
    const chosen = best[Math.floor(this.#random.fraction() * best.length)];
    if (chosen === undefined) throw FleetError.noneHealthy();
    return chosen.url;
  }

  async #ask(accountSid: string, { withinMs, except }: FleetChoice = {}): Promise<AskedServer[]> {
    const isMeant = (url: string) => except === undefined || new URL(url).origin !== new URL(except).origin;
    const urls = (await this.#addresses.coreFleet(accountSid)).filter(isMeant);
    return Promise.all(urls.map(async (url) => ({ url, health: await readServerHealth(this.#client, url, withinMs) })));
  }
}

function reportOf({ url, health }: AskedServer): FleetStatus['workers'][number] {
  if (health.status === 'unreachable') {
    const nothing = { total_capacity: 0, total_available: 0, worker_calls: 0, workers: 0 };
    return { url, status: health.status, ...nothing, problem: health.problem };
  }
  const { max, available, calls, workers } = health;
  return {
    ...{ url, status: health.status, total_capacity: max, total_available: available },
    ...{ worker_calls: calls, workers, problem: '' },
  };
}
