import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '@intermix/sip';
import { TcpTransport, UdpTransport } from '@intermix/sip/node';

/** A free UDP port whose TCP namesake is taken is given back; this often. */
const portTries = 10;

/** UDP and TCP on one port number, also when the number is the system's choice. */
export class CarrierTransport implements Transport {
  readonly protocols: readonly SipProtocol[] = ['UDP', 'TCP'];
  readonly #wanted: SocketAddress;
  #udp: UdpTransport | undefined;
  #tcp: TcpTransport | undefined;

  constructor(wanted: SocketAddress) {
    this.#wanted = wanted;
  }

  /** Where it listens; the real port once started. */
  get address(): SocketAddress {
    return this.#udp?.address ?? this.#wanted;
  }

  /** Rejects with SipTransportError when the port is taken. */
  async start(sink: TransportSink): Promise<void> {
    for (let left = this.#wanted.port === 0 ? portTries : 1; ; left--) {
      try {
        return await this.#bind(sink);
      } catch (error) {
        await this.stop();
        if (left <= 1) throw error;
      }
    }
  }

  connect(protocol: SipProtocol, target: SocketAddress): Promise<Flow> {
    return this.#of(protocol).connect(protocol, target);
  }

  sentBy(flow: Flow): { host: string; port?: number } {
    return this.#of(flow.protocol).sentBy(flow);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#udp?.stop(), this.#tcp?.stop()]);
  }

  async #bind(sink: TransportSink): Promise<void> {
    this.#udp = new UdpTransport(this.#wanted);
    await this.#udp.start(sink);
    this.#tcp = new TcpTransport(this.#udp.address);
    await this.#tcp.start(sink);
  }

  #of(protocol: SipProtocol): Transport {
    const transport = protocol === 'TCP' ? this.#tcp : this.#udp;
    if (!transport) throw new Error('the transport has not been started');
    return transport;
  }
}
