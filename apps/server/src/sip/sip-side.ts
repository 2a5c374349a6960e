import type { Clock, Logger, Random } from '@intermix/kernel';
import { Endpoint, type Resolver, type SocketAddress, type Transport } from '@intermix/sip';
import { DnsResolver, TcpTransport, TlsTransport, UdpTransport, WebSocketTransport } from '@intermix/sip/node';
import { isWildcard } from '../addresses.js';
import { originPolicy } from '../http/origin-policy.js';
import { StartError } from '../start-error.js';

export interface SipSideOptions {
  host: string;
  port: number;
  sipsPort: number | undefined;
  tls: { cert: string; key: string } | undefined;
  /** Host to announce when `host` is a wildcard address. */
  publicHost: string;
  allowedOrigins: string;
  isLocalOnly: boolean;
  /** Seconds that a WebSocket may stay without its user having proved who it is. */
  websocketProofSec: number;
  /** Timer T1 of RFC 3261, milliseconds. */
  t1Ms: number;
  version: string;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Every socket that speaks SIP, and the endpoint above them. */
export interface SipSide {
  readonly endpoint: Endpoint;
  readonly webSocket: WebSocketTransport;
  readonly resolver: Resolver;
  /** Where carriers send UDP and TCP. */
  readonly address: SocketAddress;
  /** Opens the sockets; rejects with StartError when one is taken. */
  start(): Promise<void>;
}

export function createSipSide(options: SipSideOptions): SipSide {
  const { host, port, sipsPort, tls, publicHost, clock, random, logger } = options;
  const announce = isWildcard(host) ? { announce: { host: publicHost } } : {};
  const webSocket = new WebSocketTransport({
    allowOrigin: originPolicy(options.allowedOrigins, options),
    limits: { unauthenticatedMs: options.websocketProofSec * 1000 },
    clock,
    ...announce,
  });
  const transports: Transport[] = [
    new UdpTransport({ host, port, logger, ...announce }),
    new TcpTransport({ host, port, clock, ...announce }),
    new TlsTransport({ host, port: sipsPort, clock, ...tls, ...announce }),
    webSocket,
  ];
  const resolver = new DnsResolver({ random, clock });
  const userAgent = `Intermix/${options.version}`;
  const timers = { t1: options.t1Ms };
  const endpoint = new Endpoint({ transports, resolver, clock, random, logger, userAgent, timers });
  return {
    endpoint,
    webSocket,
    resolver,
    address: { host, port },
    async start() {
      try {
        await endpoint.start();
      } catch (error) {
        throw listenProblem(error, options);
      }
    },
  };
}

function listenProblem(error: unknown, { host, port, sipsPort }: SipSideOptions): StartError {
  const message = error instanceof Error ? error.message : String(error);
  const isTls = message.includes('over TLS');
  const [name, taken] = isTls ? ['INTERMIX_SIPS_PORT', sipsPort ?? 0] : ['INTERMIX_SIP_PORT', port];
  const isTaken = message.includes('EADDRINUSE');
  return isTaken ? StartError.portTaken(name, host, taken, error) : StartError.cannotListen(name, host, taken, error);
}
