import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '@intermix/kernel';
import { MediaError } from '../../errors.js';

/** An even RTP port with its RTCP port above it, both bound. RFC 3550 §11. */
export interface SocketPair {
  port: number;
  rtp: Socket;
  rtcp: Socket;
}

/** A late packet of the last call must not reach the next one on the same port. */
const restMs = 5000;

/** Hands out bound port pairs from a range, the longest unused first. */
export class PortRange {
  readonly #address: string;
  readonly #clock: Clock;
  readonly #first: number;
  readonly #last: number;
  /** Free ports, the next one in front, with the time from which each may be used. */
  #free: { port: number; fromMs: number }[] = [];

  constructor(options: { address: string; first: number; last: number; clock: Clock }) {
    this.#address = options.address;
    this.#clock = options.clock;
    this.#first = options.first + (options.first % 2);
    this.#last = options.last;
    for (let port = this.#first; port + 1 <= this.#last; port += 2) this.#free.push({ port, fromMs: 0 });
  }

  /** A bound pair. Rejects with MediaError `ports-exhausted` when every port is used, resting or taken by others. */
  async take(): Promise<SocketPair> {
    for (let tries = this.#free.length; tries > 0; tries--) {
      const next = this.#free[0];
      if (!next || next.fromMs > this.#clock.now()) break; // In order of their times: the rest is resting too.
      this.#free.shift();
      const pair = await this.#bind(next.port);
      if (pair) return pair;
      this.#free.push({ port: next.port, fromMs: this.#clock.now() }); // Another program has it.
    }
    const range = `${this.#first}-${this.#last}`;
    throw new MediaError('ports-exhausted', `no RTP port pair is free in ${range}; widen the range or end calls`);
  }

  /** Closes a pair; its port rests for some seconds. */
  release(pair: SocketPair): void {
    closeQuietly(pair.rtp);
    closeQuietly(pair.rtcp);
    this.#free.push({ port: pair.port, fromMs: this.#clock.now() + restMs });
  }

  async #bind(port: number): Promise<SocketPair | undefined> {
    const rtp = await bindUdp(port, this.#address);
    if (!rtp) return undefined;
    const rtcp = await bindUdp(port + 1, this.#address);
    if (rtcp) return { port, rtp, rtcp };
    closeQuietly(rtp);
    return undefined;
  }
}

/** Binds a UDP socket; undefined when the port is taken. Rejects with MediaError on any other trouble. */
export function bindUdp(port: number, address: string): Promise<Socket | undefined> {
  const family = isIPv6(address) ? 'udp6' : 'udp4';
  // Every address we send to is a literal: looking each one up (Node does, per packet) would cost and help nobody.
  const lookup = (host: string, _options: unknown, done: (error: null, address: string, family: number) => void) =>
    done(null, host, family === 'udp6' ? 6 : 4);
  const socket = createSocket({ type: family, lookup: lookup as never });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      closeQuietly(socket);
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new MediaError('bad-argument', `cannot bind UDP ${address}:${port}: ${error.message}`, { cause: error }),
        );
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Already closed.
  }
}
