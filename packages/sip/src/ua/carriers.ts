// In browsers, `browser/carriers.ts` stands in the place of this module.
import { SipTransportError } from '../message/errors.js';
import { NameAddr } from '../message/name-addr.js';
import { SipUri, type Uri } from '../message/uri.js';
import type { Flow, ResolvedTarget, Resolver, SipProtocol, Transport, TransportSink } from '../transport/flow.js';
import type { Hops } from './core.js';
import { flowHop, ResolvedHops } from './hops.js';
import type { RequestTarget } from './types.js';

/** What the transports tell, with each message's flow noted before. */
export interface CarriersUser extends TransportSink {
  flowOpened(flow: Flow): void;
}

/** The transports of an endpoint, and the flows that they carry. */
export class Carriers {
  readonly #transports: readonly Transport[];
  readonly #resolver: Resolver | undefined;
  readonly #user: CarriersUser;
  /** Which transport carries a flow, for the address to announce. */
  readonly #byFlow = new WeakMap<Flow, Transport>();
  /** Open connections; datagram flows never close and are not kept. */
  readonly #connections = new Map<string, Flow>();
  #stopped = false;

  constructor(options: { transports: readonly Transport[]; resolver: Resolver | undefined; user: CarriersUser }) {
    this.#transports = options.transports;
    this.#resolver = options.resolver;
    this.#user = options.user;
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#transports.map((transport) =>
        transport.start({
          message: (bytes, flow) => {
            this.#note(flow, transport);
            this.#user.message(bytes, flow);
          },
          flowClosed: (flow, reason) => {
            this.#connections.delete(flow.id);
            this.#user.flowClosed(flow, reason);
          },
          sendFailed: (bytes, flow, reason) => this.#user.sendFailed?.(bytes, flow, reason),
        }),
      ),
    );
  }

  /** No flow is opened any more. */
  refuse(): void {
    this.#stopped = true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#transports.map((transport) => transport.stop()));
    this.#connections.clear();
  }

  /** A flow to an address. Rejects with SipTransportError. */
  async connect(target: ResolvedTarget): Promise<Flow> {
    const transport = this.#transports.find((one) => one.protocols.includes(target.protocol));
    if (!transport || this.#stopped) throw new SipTransportError(`no transport speaks ${target.protocol}`);
    const options = target.serverName === undefined ? {} : { serverName: target.serverName };
    const flow = await transport.connect(target.protocol, target.address, options);
    this.#note(flow, transport);
    return flow;
  }

  /** The next hops of a target, of which `nextHop` is the first route or the URI itself. */
  hops(target: RequestTarget, nextHop: Uri): Hops {
    if (target.flow) return flowHop(target.flow);
    return new ResolvedHops({
      uri: nextHop,
      protocol: target.protocol,
      resolver: this.#resolver,
      connect: (resolved) => this.connect(resolved),
    });
  }

  /** The address to put into the Via of a message over this flow. */
  sentBy(flow: Flow): { host: string; port?: number } {
    const carrier = this.#byFlow.get(flow) ?? this.#transports.find((one) => one.protocols.includes(flow.protocol));
    return carrier?.sentBy(flow) ?? flow.local;
  }

  /** Our Contact over this flow: `<sip:user@host:port;transport=…>`. */
  contact(flow: Flow, options: { user?: string | undefined; secure?: boolean }): string {
    const { host, port } = this.sentBy(flow);
    const uri = SipUri.create({
      scheme: options.secure ? 'sips' : 'sip',
      user: options.user,
      host,
      port,
      params: flow.protocol === 'UDP' ? [] : [['transport', transportParam(flow.protocol)]],
    });
    return NameAddr.create({ uri }).toString();
  }

  #note(flow: Flow, transport: Transport): void {
    if (this.#byFlow.get(flow) !== transport) this.#byFlow.set(flow, transport);
    if (!flow.reliable || flow.closed || this.#connections.has(flow.id)) return;
    this.#connections.set(flow.id, flow);
    this.#user.flowOpened(flow);
  }
}

/** `ws` stands for WSS as well: RFC 7118 §5. */
function transportParam(protocol: SipProtocol): string {
  return protocol === 'WSS' ? 'ws' : protocol.toLowerCase();
}
