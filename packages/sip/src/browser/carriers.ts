// For `ua/carriers.ts`: one transport, whose connections are opened by whoever gives it to the endpoint.
import { NameAddr } from '../message/name-addr.js';
import { SipUri } from '../message/uri.js';
import type { Flow, Transport } from '../transport/flow.js';
import type { CarriersUser } from '../ua/carriers.js';
import type { Hops } from '../ua/core.js';
import type { RequestTarget } from '../ua/types.js';
import { firstFlow, flowHop, ResolvedHops } from './hops.js';

export class Carriers {
  readonly #transport: Transport;
  readonly #user: CarriersUser;
  readonly #connections = new Set<string>();

  constructor({ transports, user }: { transports: readonly Transport[]; user: CarriersUser }) {
    this.#transport = transports[0] as Transport;
    this.#user = user;
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    await this.#transport.start({
      message: (bytes, flow) => {
        if (!flow.closed && !this.#connections.has(flow.id)) {
          this.#connections.add(flow.id);
          this.#user.flowOpened(flow);
        }
        this.#user.message(bytes, flow);
      },
      flowClosed: (flow, reason) => {
        this.#connections.delete(flow.id);
        this.#user.flowClosed(flow, reason);
      },
    });
  }

  refuse(): void {}

  async stop(): Promise<void> {
    await this.#transport.stop();
    this.#connections.clear();
  }

  connect(): Promise<Flow> {
    return firstFlow();
  }

  hops({ flow }: RequestTarget): Hops {
    return flow ? flowHop(flow) : new ResolvedHops();
  }

  /** The address to put into the Via of a message over this flow. */
  sentBy(flow: Flow): { host: string; port?: number } {
    return this.#transport.sentBy(flow) ?? flow.local;
  }

  /** Our Contact over this flow; `ws` stands for WSS as well, RFC 7118 §5. */
  contact(flow: Flow, { user, secure }: { user?: string | undefined; secure?: boolean }): string {
    const params: [string, string][] = [['transport', 'ws']];
    const uri = SipUri.create({ scheme: secure ? 'sips' : 'sip', user, ...this.sentBy(flow), params });
    return NameAddr.create({ uri }).toString();
  }
}
