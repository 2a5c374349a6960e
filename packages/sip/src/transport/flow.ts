export type SipProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

/** A numeric IP address (never a name) and a port. */
export interface SocketAddress {
  host: string;
  port: number;
}

/**
 * One path to one peer: a connection, or for UDP the pair of our socket and the peer's address. Everything above the
 * transport answers to a flow or to a resolved target, never to a host text (RFC 5626 §3, RFC 7118 §5).
 */
export interface Flow {
  /** Unique in this process, for logs and for maps. Equal for two datagrams of the same peer to the same socket. */
  readonly id: string;
  readonly protocol: SipProtocol;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** False for UDP only: decides whether transactions retransmit. */
  readonly reliable: boolean;
  readonly secure: boolean;
  readonly closed: boolean;
  /** HTTP facts of a WebSocket's upgrade request. */
  readonly upgrade?: { origin?: string; path: string };
  /** Status code with which the peer closed its WebSocket, RFC 6455 §7.4; undefined before, and for a broken one. */
  readonly closeCode?: number | undefined;
  /** Sends one SIP message, or a keep-alive. Never throws; a connection that cannot send closes. */
  send(bytes: Uint8Array | string): void;
  /** Closes a connection; does nothing for UDP. */
  close(): void;
}

/** What a transport hands up. Implementations of these callbacks never throw. */
export interface TransportSink {
  /** One complete SIP message, or a frame that claims to be one. Keep-alives (CRLF) are handled below. */
  message(bytes: Uint8Array, flow: Flow): void;
  flowClosed(flow: Flow, reason: string): void;
  /** A datagram cannot be sent, now or a moment later. Called in a turn of its own, never within `Flow.send`. */
  sendFailed?(bytes: Uint8Array, flow: Flow, reason: string): void;
}

/** One way to reach peers. Listeners and clients alike. */
export interface Transport {
  readonly protocols: readonly SipProtocol[];
  start(sink: TransportSink): Promise<void>;
  /**
   * A flow to the address: an open one when there is one, else a new connection. Rejects with `SipTransportError`
   * when it cannot be had within the connect time-out.
   */
  connect(protocol: SipProtocol, target: SocketAddress, options?: { serverName?: string }): Promise<Flow>;
  /** The address to put into Via and Contact for messages sent over this flow. */
  sentBy(flow: Flow): { host: string; port?: number };
  stop(): Promise<void>;
}

/** Where a request may be sent, best first. RFC 3263. */
export interface ResolvedTarget {
  protocol: SipProtocol;
  address: SocketAddress;
  /** TLS server name to verify, when the URI held a host name. */
  serverName?: string;
}

/** RFC 3263 look-up. Rejects `.invalid` hosts without asking anybody (RFC 7118 §5, RFC 2606). */
export interface Resolver {
  resolve(uri: import('../message/uri.js').SipUri): Promise<ResolvedTarget[]>;
}
