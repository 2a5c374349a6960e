// In browsers, `browser/hops.ts` stands in the place of this module.
import { SipTransportError } from '../message/errors.js';
import { SipUri, type Uri } from '../message/uri.js';
import type { Flow, ResolvedTarget, Resolver, SipProtocol } from '../transport/flow.js';
import type { Hops } from './core.js';
import { isReachable } from './session-path.js';

/** Octets of a request, within which it may go by UDP when the path is not known. RFC 3261 §18.1.1. */
const maxDatagram = 1_300;

/** Opens, or finds, a flow to a resolved address. Rejects with SipTransportError. */
export type ConnectTo = (target: ResolvedTarget) => Promise<Flow>;

/** A target with a flow: there is nothing to look up, whatever its URI says, and nowhere else to go. */
export function flowHop(flow: Flow): Hops {
  return { known: flow, next: async () => undefined };
}

/**
 * The addresses of a URI by RFC 3263, tried in their order. Unreachable ones are passed over. `.invalid` hosts and URIs
 * that are not SIP have none, and nobody is asked about them.
 */
export class ResolvedHops implements Hops {
  readonly known = undefined;
  readonly #uri: Uri;
  readonly #resolver: Resolver | undefined;
  readonly #connect: ConnectTo;
  /** True when nobody said which transport it has to be. */
  readonly #mayChoose: boolean;
  #targets: ResolvedTarget[] | undefined;

  constructor(options: {
    uri: Uri;
    protocol?: SipProtocol | undefined;
    resolver?: Resolver | undefined;
    connect: ConnectTo;
  }) {
    this.#uri = withProtocol(options.uri, options.protocol);
    this.#mayChoose = this.#uri instanceof SipUri && this.#uri.transport === undefined;
    this.#resolver = options.resolver;
    this.#connect = options.connect;
  }

  async next(octets?: () => number): Promise<Flow | undefined> {
    this.#targets ??= await this.#resolve();
    for (let target = this.#targets.shift(); target; target = this.#targets.shift()) {
      const flow = (await this.#overStream(target, octets)) ?? (await this.#open(target));
      if (flow) return flow;
    }
    return undefined;
  }

  /** What is too big for a datagram goes by TCP, if the address takes it. RFC 3261 §18.1.1. */
  async #overStream(target: ResolvedTarget, octets: (() => number) | undefined): Promise<Flow | undefined> {
    if (target.protocol !== 'UDP' || !this.#mayChoose || !octets || octets() <= maxDatagram) return undefined;
    return this.#open({ ...target, protocol: 'TCP' });
  }

  async #open(target: ResolvedTarget): Promise<Flow | undefined> {
    const flow = await this.#connect(target).catch(() => undefined);
    return flow && !flow.closed ? flow : undefined;
  }

  async #resolve(): Promise<ResolvedTarget[]> {
    if (!this.#resolver || !isReachable(this.#uri)) return [];
    return [...(await this.#resolver.resolve(this.#uri as SipUri).catch(() => []))];
  }
}

/** A flow to the first address that can be reached. */
export async function firstFlow(hops: Hops): Promise<Flow> {
  const flow = await hops.next();
  if (!flow) throw new SipTransportError('no address of the peer can be reached');
  return flow;
}

/** The transport that a trunk's settings force, where the URI itself does not say. */
function withProtocol(uri: Uri, protocol: SipProtocol | undefined): Uri {
  if (!(uri instanceof SipUri) || protocol === undefined || uri.transport !== undefined) return uri;
  // `ws` stands for WSS as well: RFC 7118 §5.
  const transport = protocol === 'WSS' ? 'ws' : protocol.toLowerCase();
  return uri.with({ params: [...uri.params, ['transport', transport]] });
}
