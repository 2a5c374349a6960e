import { connect, createServer } from 'node:net';
import { type StreamSockets, StreamTransport, type StreamTransportOptions } from './stream-transport.js';

export type TcpTransportOptions = StreamTransportOptions;

/** SIP over TCP. */
export class TcpTransport extends StreamTransport {
  constructor(options: TcpTransportOptions) {
    super(tcpSockets, options);
  }
}

const tcpSockets: StreamSockets = {
  protocol: 'TCP',
  createServer({ admit, accept }) {
    return createServer((socket) => {
      if (admit(socket)) accept(socket);
    });
  },
  connect(target, _serverName, onReady) {
    return connect({ host: target.host, port: target.port }, onReady);
  },
};
