import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between pages and the server, and fails as networks do. */
export class TcpProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #refuses = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks what is open; `refuse`: and everything that comes, until `heal`. */
  cut(options: { refuse?: boolean } = {}): void {
    this.#refuses = options.refuse === true;
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  heal(): void {
    this.#refuses = false;
  }

  /** Swallows everything on the connections that are open, in both directions, and keeps them open. */
  silence(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.removeAllListeners('data').resume();
  }

  async stop(): Promise<void> {
    this.cut({ refuse: true });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#targetPort, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [server, client] as const]) {
      from.on('data', (data) => to.write(data));
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}

/** A path for media: datagrams to its port reach the target as from a new address, and answers come back. */
export class UdpRelay {
  readonly #socket: UdpSocket;
  readonly #target: number;
  readonly #behind = new Map<string, UdpSocket>();
  #dead = false;

  private constructor(socket: UdpSocket, target: number) {
    this.#socket = socket;
    this.#target = target;
    socket.on('message', (data, from) => this.#forward(data, from));
  }

  static async start(target: number): Promise<UdpRelay> {
    return new UdpRelay(await bound(), target);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Nothing passes any more, and nobody is told. */
  die(): void {
    this.#dead = true;
  }

  stop(): void {
    this.#dead = true;
    this.#socket.close();
    for (const socket of this.#behind.values()) socket.close();
  }

  #forward(data: Buffer, from: { address: string; port: number }): void {
    if (this.#dead) return;
    const key = `${from.address}:${from.port}`;
    let socket = this.#behind.get(key);
    if (!socket) {
      socket = createSocket('udp4');
      socket.on('message', (answer) => this.#dead || this.#socket.send(answer, from.port, from.address));
      socket.on('error', () => {});
      this.#behind.set(key, socket);
    }
    socket.send(data, this.#target, '127.0.0.1');
  }
}

function bound(): Promise<UdpSocket> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
