import type { CarrierDirectory } from '@intermix/calls';
import type { Clock, Logger, Random } from '@intermix/kernel';
import { SimulatedPstn } from '@intermix/simulator';
import type { SocketAddress } from '@intermix/sip';

export interface SimulatedNetworkOptions {
  mode: 'auto' | 'on' | 'off';
  carriers: CarrierDirectory;
  /** Our own SIP address over UDP, where its calls go. */
  peer: SocketAddress;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Keeps the simulated telephone network on or off: `auto` is on until a real carrier is configured. */
export class SimulatedNetwork {
  readonly #options: SimulatedNetworkOptions;
  #running: SimulatedPstn | undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(options: SimulatedNetworkOptions) {
    this.#options = options;
  }

  /** Undefined while it is off. */
  get running(): SimulatedPstn | undefined {
    return this.#running;
  }

  get address(): SocketAddress | undefined {
    return this.#running?.address;
  }

  /** Starts or stops it as setting and carriers ask. Changes follow one another. */
  refresh(): Promise<void> {
    this.#change = this.#change.then(() => this.#apply());
    return this.#change;
  }

  async stop(): Promise<void> {
    await this.#change;
    await this.#running?.stop();
    this.#running = undefined;
  }

  async #apply(): Promise<void> {
    const wanted = await this.#isWanted();
    if (wanted && this.#running === undefined) await this.#start();
    if (!wanted && this.#running !== undefined) {
      this.#options.logger.info({}, 'a carrier is configured: the simulated telephone network ends');
      const stopping = this.#running;
      this.#running = undefined;
      await stopping.stop();
    }
  }

  async #isWanted(): Promise<boolean> {
    const { mode, carriers } = this.#options;
    if (mode !== 'auto') return mode === 'on';
    return (await carriers.listCarriers()).every((carrier) => carrier.simulated);
  }

  async #start(): Promise<void> {
    const { peer, clock, random, logger } = this.#options;
    const pstn = new SimulatedPstn({ host: '127.0.0.1', sipPort: 0, peer, clock, random, logger });
    await pstn.start();
    this.#running = pstn;
  }
}
