import { isIP } from 'node:net';
import { connect, createServer, type SecureContextOptions } from 'node:tls';
import { type StreamSockets, StreamTransport, type StreamTransportOptions } from './stream-transport.js';

export interface TlsTransportOptions extends StreamTransportOptions {
  /** Our certificate chain and key, PEM. Needed to listen. */
  cert?: SecureContextOptions['cert'];
  key?: SecureContextOptions['key'];
  /** Authorities to trust instead of the built-in ones, PEM. */
  ca?: SecureContextOptions['ca'];
  /** False takes any certificate of peers that we connect to. For laboratories only. Default true. */
  verifyPeers?: boolean;
}

/** SIP over TLS 1.2 and later, RFC 3261 §26.2. Peers that we connect to must prove the name of the URI (RFC 5922). */
export class TlsTransport extends StreamTransport {
  constructor(options: TlsTransportOptions) {
    super(tlsSockets(options), options);
  }
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

function tlsSockets(options: TlsTransportOptions): StreamSockets {
  const { cert, key, ca, verifyPeers = true } = options;
  const context: SecureContextOptions = { minVersion: 'TLSv1.2', cert, key, ca };
  return {
    protocol: 'TLS',
    createServer({ admit, accept }) {
      const server = createServer({ ...context, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, accept);
      // Counted before the handshake, which is what costs.
      server.prependListener('connection', admit);
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      return server;
    },
    connect(target, serverName, onReady) {
      const name = serverName !== undefined && isIP(serverName) === 0 ? { servername: serverName } : {};
      const where = { host: target.host, port: target.port };
      return connect({ ...context, ...where, ...name, rejectUnauthorized: verifyPeers }, onReady);
    },
  };
}
