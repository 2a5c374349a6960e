export interface HostLimitsConfig {
  /** Attempts under way to a host of which nothing is known. */
  firstLimit: number;
  /** The same to a host that answers. */
  fullLimit: number;
  /** Attempts under way to all hosts together that did not answer last time. */
  sickBudget: number;
}

interface HostState {
  running: number;
  limit: number;
  /** It did not answer last time, or late. */
  isSick: boolean;
}

const maxHosts = 20_000;

/**
 * How many attempts each host may have under way. One that answers gets more with each answer; one that does not gets a single
 * one, out of a budget that all such hosts share: however many are dead, the rest of the room is for the living.
 */
export class HostLimits {
  readonly #config: HostLimitsConfig;
  readonly #hosts = new Map<string, HostState>();
  #running = 0;
  #sickRunning = 0;

  constructor(config: HostLimitsConfig) {
    this.#config = config;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running;
  }

  /** For hosts that `roomOf` does not name. */
  get roomPerHost(): number {
    return this.#config.firstLimit;
  }

  /** How many more attempts each host that is busy or sick may begin. */
  roomOf(): Map<string, number> {
    const sickRoom = this.#config.sickBudget - this.#sickRunning;
    const room = new Map<string, number>();
    for (const [host, { running, limit, isSick }] of this.#hosts)
      if (running > 0 || isSick) room.set(host, isSick && sickRoom <= 0 ? 0 : Math.max(0, limit - running));
    return room;
  }

  begin(host: string): void {
    const state = this.#hosts.get(host) ?? this.#add(host);
    state.running++;
    this.#running++;
    if (state.isSick) this.#sickRunning++;
  }

  /** `isWell`: it answered soon, whatever the answer was. Undefined: the attempt says nothing of the host. */
  end(host: string, isWell: boolean | undefined): void {
    const state = this.#hosts.get(host);
    if (!state) return;
    state.running--;
    this.#running--;
    if (state.isSick) this.#sickRunning--;
    if (isWell === true) this.#recovered(state);
    else if (isWell === false) this.#fellSick(state);
  }

  #recovered(state: HostState): void {
    if (state.isSick) this.#sickRunning -= state.running;
    state.isSick = false;
    state.limit = Math.min(this.#config.fullLimit, Math.max(state.limit, this.#config.firstLimit) + 1);
  }

  #fellSick(state: HostState): void {
    if (!state.isSick) this.#sickRunning += state.running;
    state.isSick = true;
    state.limit = 1;
  }

  #add(host: string): HostState {
    const state: HostState = { running: 0, limit: this.#config.firstLimit, isSick: false };
    this.#hosts.set(host, state);
    if (this.#hosts.size > maxHosts) this.#forgetIdle();
    return state;
  }

  #forgetIdle(): void {
    for (const [host, { running }] of this.#hosts) {
      if (running === 0) this.#hosts.delete(host);
      if (this.#hosts.size <= maxHosts / 2) return;
    }
  }
}
