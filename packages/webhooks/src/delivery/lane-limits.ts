import { type ClaimRequest, type HostRoom, type LaneRoom, laneKey } from '../ports/outbox.js';

export interface LaneLimitsConfig {
  /** Attempts under way in a lane of which nothing is known. */
  firstLimit: number;
  /** The same in a lane whose receiver answers. */
  fullLimit: number;
  /** Attempts under way to one host in lanes that are not sick. More than `fullLimit`, so that no app has a host to itself. */
  hostLimit: number;
  /** Attempts under way to one host in its sick lanes. */
  hostSickLimit: number;
  /** Attempts under way in all sick lanes together. */
  sickBudget: number;
}

interface HostState {
  running: number;
  sickRunning: number;
}

interface LaneState {
  host: string;
  running: number;
  limit: number;
  /** Its receiver did not answer last time, or late. */
  isSick: boolean;
  /** Which attempt of ours was its last. */
  lastTurn: number;
}

const maxLanes = 20_000;

/**
 * How many attempts each lane, the rows of one app to one host, may have under way. One that is answered gets more with each
 * answer; one that is not gets a single attempt at a time, out of budgets that such lanes share: however many are dead, the
 * rest of the room is for the living, also where thousands of apps tell one host.
 */
export class LaneLimits {
  readonly #config: LaneLimitsConfig;
  readonly #lanes = new Map<string, LaneState>();
  readonly #hosts = new Map<string, HostState>();
  #running = 0;
  #sickRunning = 0;
  #turn = 0;

  constructor(config: LaneLimitsConfig) {
    this.#config = config;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running;
  }

  /** What may be begun now. */
  room(): Omit<ClaimRequest, 'limit'> {
    const { firstLimit, hostLimit, hostSickLimit, sickBudget } = this.#config;
    return {
      roomPerLane: firstLimit,
      lanes: this.#laneRooms(),
      roomPerHost: { well: hostLimit, sick: hostSickLimit },
      hosts: this.#hostRooms(),
      sickRoom: Math.max(0, sickBudget - this.#sickRunning),
    };
  }

  begin(host: string, appId: string): void {
    const state = this.#lanes.get(laneKey(host, appId)) ?? this.#add(host, appId);
    state.lastTurn = ++this.#turn;
    state.running++;
    this.#host(host).running++;
    this.#running++;
    if (state.isSick) this.#countSick(state, 1);
  }

  /** `isWell`: it answered soon, whatever the answer was. Undefined: the attempt says nothing of the receiver. */
  end(host: string, appId: string, isWell: boolean | undefined): void {
    const state = this.#lanes.get(laneKey(host, appId));
    if (!state) return;
    if (state.isSick) this.#countSick(state, -1);
    state.running--;
    this.#host(host).running--;
    this.#running--;
    if (isWell === true) this.#recovered(state);
    else if (isWell === false) this.#fellSick(state);
    if (this.#host(host).running === 0) this.#hosts.delete(host);
  }

  /** Of lanes that are busy or sick. Well ones take turns by what they have under way, sick ones by who waited longest. */
  #laneRooms(): Map<string, LaneRoom> {
    const rooms = new Map<string, LaneRoom>();
    for (const [key, { running, limit, isSick, lastTurn }] of this.#lanes)
      if (running > 0 || isSick)
        rooms.set(key, { room: Math.max(0, limit - running), isSick, rank: isSick ? lastTurn : running });
    return rooms;
  }

  #hostRooms(): Map<string, HostRoom> {
    const { hostLimit, hostSickLimit } = this.#config;
    const rooms = new Map<string, HostRoom>();
    for (const [host, { running, sickRunning }] of this.#hosts)
      rooms.set(host, {
        well: Math.max(0, hostLimit - (running - sickRunning)),
        sick: Math.max(0, hostSickLimit - sickRunning),
      });
    return rooms;
  }

  #recovered(state: LaneState): void {
    if (state.isSick) this.#countSick(state, -state.running);
    state.isSick = false;
    state.limit = Math.min(this.#config.fullLimit, Math.max(state.limit, this.#config.firstLimit) + 1);
  }

  #fellSick(state: LaneState): void {
    if (!state.isSick) this.#countSick(state, state.running);
    state.isSick = true;
    state.limit = 1;
  }

  #countSick(state: LaneState, change: number): void {
    this.#host(state.host).sickRunning += change;
    this.#sickRunning += change;
  }

  #add(host: string, appId: string): LaneState {
    const state = { host, running: 0, limit: this.#config.firstLimit, isSick: false, lastTurn: 0 };
    this.#lanes.set(laneKey(host, appId), state);
    if (this.#lanes.size > maxLanes) this.#forgetIdle();
    return state;
  }

  #host(name: string): HostState {
    const state = this.#hosts.get(name) ?? { running: 0, sickRunning: 0 };
    this.#hosts.set(name, state);
    return state;
  }

  #forgetIdle(): void {
    for (const [key, { running }] of this.#lanes) {
      if (running === 0) this.#lanes.delete(key);
      if (this.#lanes.size <= maxLanes / 2) return;
    }
  }
}
