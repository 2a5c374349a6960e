import { isIP } from 'node:net';
import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { Flow, Resolver, SocketAddress } from '@intermix/sip';
import type { Carrier, CarrierDirectory } from '../ports/directory.js';
import { AddressList } from './address-list.js';
import { carrierUri, parseHostPort } from './carrier-address.js';

export interface CarrierSourcesDeps {
  carriers: CarrierDirectory;
  /** Finds the addresses of a carrier that is known by name. Without it such carriers need listed addresses. */
  resolver?: Resolver | undefined;
  clock: Clock;
  logger: Logger;
  /** How long a change in the directory, or of DNS, may take to be noticed. 15 s. */
  refreshMs?: number;
  /** Where the simulated PSTN is, once it runs. It is known by address and port, so that a developer's tools on the same host are not taken for it. */
  simulatedAddress?: () => SocketAddress | undefined;
}

interface Source {
  carrier: Carrier;
  addresses: AddressList;
}

/** Which carrier a packet may come from. A snapshot of the directory, so that the answer is at hand for each packet. */
export class CarrierSources {
  readonly #deps: CarrierSourcesDeps;
  #sources: readonly Source[] = [];
  /** By host name: what it was when the name server last answered. */
  readonly #resolved = new Map<string, string[]>();
  #timer: Timer | undefined;
  #stopped = true;

  constructor(deps: CarrierSourcesDeps) {
    this.#deps = deps;
  }

  /** Reads the directory for the first time, and then regularly. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Reads the directory anew; call it after a carrier was changed. Never rejects: the old snapshot stays on failure. */
  async refresh(): Promise<void> {
    try {
      const carriers = await this.#deps.carriers.listCarriers();
      this.#sources = await Promise.all(carriers.map((carrier) => this.#sourceOf(carrier)));
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'carriers could not be read; the last known ones stay in force');
    }
    this.#timer?.cancel();
    if (!this.#stopped)
      this.#timer = this.#deps.clock.schedule(this.#deps.refreshMs ?? 15_000, () => void this.refresh());
  }

  /** Carriers known by their source that have this one. Several may share a session border controller. */
  byAddress(flow: Flow): Carrier[] {
    return this.#sources
      .filter(({ carrier }) => carrier.inboundAuthMode === 'ip' || carrier.simulated)
      .filter((source) => this.#comesFrom(source, flow))
      .map(({ carrier }) => carrier);
  }

  /** Carriers known by credentials that may come from this source: any, unless addresses are listed besides. */
  byCredentials(flow: Flow): Carrier[] {
    return this.#sources
      .filter(({ carrier }) => carrier.inboundAuthMode === 'credentials' && carrier.inboundAuthUsername !== undefined)
      .filter(({ carrier }) => !carrier.simulated)
      .filter(
        ({ carrier, addresses }) => carrier.inboundAllowedAddresses.length === 0 || addresses.has(flow.remote.host),
      )
      .map(({ carrier }) => carrier);
  }

  /** Password for the calls of the carrier with this inbound user name. */
  passwordOf(username: string): string | undefined {
    const known = this.#sources.find(
      ({ carrier }) => carrier.inboundAuthMode === 'credentials' && carrier.inboundAuthUsername === username,
    );
    return known?.carrier.inboundAuthPassword;
  }

  byId(id: string): Carrier | undefined {
    return this.#sources.find(({ carrier }) => carrier.id === id)?.carrier;
  }

  /** Where the simulated PSTN is now, if it runs. */
  get simulatedAddress(): SocketAddress | undefined {
    return this.#deps.simulatedAddress?.();
  }

  #comesFrom({ carrier, addresses }: Source, flow: Flow): boolean {
    if (!carrier.simulated) return addresses.has(flow.remote.host);
    const address = this.simulatedAddress;
    return address !== undefined && address.host === flow.remote.host && address.port === flow.remote.port;
  }

  async #sourceOf(carrier: Carrier): Promise<Source> {
    const listed = carrier.inboundAllowedAddresses;
    const entries = listed.length > 0 || carrier.simulated ? listed : await this.#addressesOf(carrier);
    const addresses = new AddressList(entries);
    if (addresses.invalid.length > 0) {
      this.#deps.logger.warn({ carrier: carrier.id, invalid: addresses.invalid }, 'carrier lists what is no address');
    }
    return { carrier, addresses };
  }

  async #addressesOf(carrier: Carrier): Promise<string[]> {
    const host = parseHostPort(carrier.sipAddress)?.host.replace(/^\[|\]$/g, '');
    if (host === undefined) return [];
    if (isIP(host) !== 0) return [host];
    try {
      const targets = await this.#deps.resolver?.resolve(carrierUri(carrier, undefined)!);
      const found = targets?.map((target) => target.address.host) ?? [];
      if (found.length > 0) this.#resolved.set(host, found);
    } catch (error) {
      // A name server that is away must not shut a carrier out.
      this.#deps.logger.warn({ err: error, carrier: carrier.id }, 'the address of a carrier cannot be resolved');
    }
    return this.#resolved.get(host) ?? [];
  }
}
