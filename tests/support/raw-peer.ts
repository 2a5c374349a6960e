import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';

/** A datagram peer that says whatever it is told to, from an address of its own on loopback. */
export class RawUdpPeer {
  /** Datagrams received, octets as Latin-1. */
  readonly received: string[] = [];
  readonly #socket: Socket;
  readonly #to: { host: string; port: number };

  private constructor(socket: Socket, to: { host: string; port: number }) {
    this.#socket = socket;
    this.#to = to;
    socket.on('message', (bytes) => this.received.push(bytes.toString('latin1')));
    socket.on('error', () => undefined); // A refused datagram is what a hostile peer has to live with.
  }

  static async bind(at: { host: string; port?: number }, to: { host: string; port: number }): Promise<RawUdpPeer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: at.host, port: at.port ?? 0 }, resolve);
    });
    socket.removeAllListeners('error');
    return new RawUdpPeer(socket, to);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, this.#to.port, this.#to.host, () => resolve()));
  }

  /** Statuses of the responses with this Call-ID, in order. */
  statusesOf(callId: string): number[] {
    return this.received.filter((text) => callIdOf(text) === callId).map(statusOf);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Sends octets over a TCP connection of their own and gives what came back until `until` says enough, or the peer closed. */
export async function overTcp(
  bytes: Uint8Array | string,
  options: { to: { host: string; port: number }; from: string; until(text: string): boolean; timeoutMs: number },
): Promise<{ text: string; closed: boolean }> {
  const socket = connect({ ...options.to, localAddress: options.from });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  let text = '';
  let closed = false;
  const enough = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, options.timeoutMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (options.until(text)) done();
    });
    socket.on('close', () => {
      closed = true;
      done();
    });
  });
  socket.write(bytes);
  await enough;
  socket.destroy();
  return { text, closed };
}

/** The status of a response; 0 for a request. */
export function statusOf(text: string): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
}

function callIdOf(text: string): string | undefined {
  return /^(?:Call-ID|i)[ \t]*:[ \t]*(.*)$/im.exec(text)?.[1]?.trim();
}
