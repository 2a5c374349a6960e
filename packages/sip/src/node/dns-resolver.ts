import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { type Clock, type Random, systemClock, systemRandom } from '@intermix/kernel';
import { SipTransportError } from '../message/errors.js';
import type { SipUri } from '../message/uri.js';
import type { ResolvedTarget, Resolver, SipProtocol } from '../transport/flow.js';
import { DnsCache, type DnsCacheLimits } from './dns-cache.js';
import { orderSrv, type SrvRecord } from './srv-order.js';

export interface NaptrAnswer {
  order: number;
  preference: number;
  service: string;
  replacement: string;
}

/** The questions that are asked. A rejected promise counts as "no such record". */
export interface DnsQuestions {
  naptr(name: string): Promise<NaptrAnswer[]>;
  srv(name: string): Promise<SrvRecord[]>;
  /** IPv4 and IPv6 addresses, in the order to try. */
  addresses(name: string): Promise<string[]>;
}

export interface DnsResolverOptions {
  /** What we can send over, best first when the peer leaves it to us. Default UDP, TCP, TLS. */
  protocols?: readonly SipProtocol[];
  random?: Random;
  /** Default: the system's resolver. */
  questions?: DnsQuestions;
  clock?: Clock;
  /** How long answers are remembered. */
  cache?: Partial<DnsCacheLimits>;
}

/** More places than this are not tried for one request. */
const MAX_TARGETS = 16;

const services: Record<string, SipProtocol> = { 'SIP+D2U': 'UDP', 'SIP+D2T': 'TCP', 'SIPS+D2T': 'TLS' };
const srvPrefix: Partial<Record<SipProtocol, string>> = { UDP: '_sip._udp.', TCP: '_sip._tcp.', TLS: '_sips._tcp.' };

/** A host and port that still need an address look-up. */
interface Place {
  protocol: SipProtocol;
  host: string;
  port: number;
}

/**
 * Finds where to send a request: RFC 3263. `maddr` is not followed, on purpose: a Contact of a stranger could make us
 * send anywhere. Rejects with SipTransportError when there is no place to send to.
 */
export class DnsResolver implements Resolver {
  readonly #protocols: readonly SipProtocol[];
  readonly #random: Random;
  readonly #questions: DnsQuestions;

  constructor(options: DnsResolverOptions = {}) {
    this.#protocols = options.protocols ?? ['UDP', 'TCP', 'TLS'];
    this.#random = options.random ?? systemRandom;
    this.#questions = new DnsCache({
      questions: options.questions ?? systemQuestions,
      clock: options.clock ?? systemClock,
      limits: options.cache,
    });
  }

  async resolve(uri: SipUri): Promise<ResolvedTarget[]> {
    const { host } = uri;
    if (isInvalidName(host)) {
      throw new SipTransportError(`${host} is a browser's name and has no address; send over its flow (RFC 7118 §5)`);
    }
    const asked = protocolOf(uri);
    const needed = asked ?? (uri.scheme === 'sips' ? 'TLS' : undefined);
    if (needed && !this.#protocols.includes(needed)) {
      throw new SipTransportError(`${uri} asks for ${needed}, which is not among ${this.#protocols.join(', ')}`);
    }
    const places = await this.#places(uri, asked);
    const targets = await this.#addresses(places, host);
    if (targets.length === 0) throw new SipTransportError(`no address for ${host} was found (NAPTR, SRV, A, AAAA)`);
    return targets;
  }

  /** RFC 3263 §4.1 and §4.2: what is said in the URI is not asked for. */
  async #places(uri: SipUri, asked: SipProtocol | undefined): Promise<Place[]> {
    const secure = uri.scheme === 'sips';
    const fallback = asked ?? (secure ? 'TLS' : this.#first());
    const direct: Place = { protocol: fallback, host: uri.host, port: uri.port ?? defaultPort(fallback) };
    if (isNumeric(uri.host) || uri.port !== undefined) return [direct];
    const found = asked ? await this.#srv(asked, srvName(asked, uri.host)) : await this.#ask(uri.host, secure);
    if (found === 'unavailable') return [];
    return found.length > 0 ? found : [direct];
  }

  /** The peer's own wish by NAPTR; else each protocol of ours by SRV. */
  async #ask(host: string, secure: boolean): Promise<Place[] | 'unavailable'> {
    const allowed = this.#protocols.filter((protocol) => srvPrefix[protocol] && (!secure || protocol === 'TLS'));
    const wishes = (await quietly(this.#questions.naptr(host)))
      .map(({ service, ...record }) => ({ ...record, protocol: services[service.toUpperCase()] }))
      .filter(({ protocol }) => protocol && allowed.includes(protocol))
      .sort((a, b) => a.order - b.order || a.preference - b.preference);
    const names =
      wishes.length > 0
        ? wishes.map(({ protocol, replacement }) => [protocol!, replacement] as const)
        : allowed.map((protocol) => [protocol, srvName(protocol, host)] as const);
    const answers = await Promise.all(names.map(([protocol, name]) => this.#srv(protocol, name)));
    const places = answers.flatMap((answer) => (answer === 'unavailable' ? [] : answer));
    return places.length === 0 && answers.includes('unavailable') ? 'unavailable' : places;
  }

  async #srv(protocol: SipProtocol, name: string): Promise<Place[] | 'unavailable'> {
    const records = await quietly(this.#questions.srv(name));
    // A single "." says that the service is decidedly not offered, RFC 2782.
    if (records.length === 1 && isRoot(records[0]!.name)) return 'unavailable';
    return orderSrv(records, this.#random).map((record) => ({ protocol, host: record.name, port: record.port }));
  }

  async #addresses(places: readonly Place[], uriHost: string): Promise<ResolvedTarget[]> {
    const targets: ResolvedTarget[] = [];
    for (const { protocol, host, port } of places.slice(0, MAX_TARGETS)) {
      if (isInvalidName(host)) continue;
      const addresses = isNumeric(host) ? [bare(host)] : await quietly(this.#questions.addresses(host));
      for (const address of addresses) {
        if (targets.length === MAX_TARGETS) return targets;
        const target: ResolvedTarget = { protocol, address: { host: address, port } };
        // The certificate must be for the name that the user meant, not for where DNS led (RFC 5922 §4).
        if (!isNumeric(uriHost)) target.serverName = uriHost;
        targets.push(target);
      }
    }
    return targets;
  }

  #first(): SipProtocol {
    return this.#protocols[0] ?? 'UDP';
  }
}

/** `.invalid` names nobody, RFC 2606; browsers write it into Via and Contact. */
function isInvalidName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'invalid' || name.endsWith('.invalid');
}

function protocolOf(uri: SipUri): SipProtocol | undefined {
  const secure = uri.scheme === 'sips';
  switch (uri.transport?.toLowerCase()) {
    case 'udp':
      return secure ? 'TLS' : 'UDP'; // sips never goes in the clear, RFC 3261 §26.2.2.
    case 'tcp':
      return secure ? 'TLS' : 'TCP';
    case 'tls':
      return 'TLS';
    case 'ws':
      return secure ? 'WSS' : 'WS';
    case 'wss':
      return 'WSS';
    default:
      return undefined;
  }
}

function defaultPort(protocol: SipProtocol): number {
  return { UDP: 5060, TCP: 5060, TLS: 5061, WS: 80, WSS: 443 }[protocol];
}

function srvName(protocol: SipProtocol, host: string): string {
  return (srvPrefix[protocol] ?? '_sip._tcp.') + host;
}

function isRoot(name: string): boolean {
  return name === '.' || name === '';
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

function isNumeric(host: string): boolean {
  return isIP(bare(host)) !== 0;
}

async function quietly<T>(question: Promise<T[]>): Promise<T[]> {
  try {
    return await question;
  } catch {
    return [];
  }
}

const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });

/** Addresses come from the operating system, so that /etc/hosts and container names work. */
const systemQuestions: DnsQuestions = {
  naptr: (name) => resolver.resolveNaptr(name),
  srv: (name) => resolver.resolveSrv(name),
  addresses: async (name) => (await dns.lookup(name, { all: true })).map(({ address }) => address),
};
