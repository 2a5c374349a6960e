import { useNodeDigestHashes } from './digest-hashes.js';

export type { AnnouncedAddress } from './announced-address.js';
export type { ConnectionCaps } from './connection-counter.js';
export { useNodeDigestHashes } from './digest-hashes.js';
export type { DnsCacheLimits } from './dns-cache.js';
export { type DnsQuestions, DnsResolver, type DnsResolverOptions, type NaptrAnswer } from './dns-resolver.js';
export type { SrvRecord } from './srv-order.js';
export type { StreamLimits } from './stream-flow.js';
export { TcpTransport, type TcpTransportOptions } from './tcp-transport.js';
export { TlsTransport, type TlsTransportOptions } from './tls-transport.js';
export { UdpTransport, type UdpTransportOptions } from './udp-transport.js';
export type { WebSocketLimits } from './websocket-flow.js';
export { WebSocketTransport, type WebSocketTransportOptions } from './websocket-transport.js';

useNodeDigestHashes();
