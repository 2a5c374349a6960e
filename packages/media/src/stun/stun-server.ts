import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock, Logger } from '@intermix/kernel';
import { MediaError } from '../errors.js';
import { parseBindingRequest, writeBindingResponse } from './stun-message.js';

/** An office behind one address: 200 calls ask some 40 times a second together. */
const BURST = 200;
const PER_SECOND = 100;
const MAX_SOURCES = 10_000;

export interface StunServerOptions {
  /** Address to listen on. */
  host: string;
  /** UDP port. */
  port: number;
  clock: Clock;
  logger: Logger;
}

/**
 * Tells browsers the address from which they are seen, so that no third party needs to be asked. STUN Binding over UDP,
 * RFC 8489, without authentication, as RFC 8489 §9 allows. An answer is at most 12 octets longer than its question (24 with
 * IPv6), and each source gets 100 a second: nothing worth a forged source address.
 */
export class StunServer {
  readonly #options: StunServerOptions;
  readonly #sources = new Map<string, { tokens: number; at: number }>();
  #socket: Socket | undefined;
  #answered = 0;
  #dropped = 0;

  constructor(options: StunServerOptions) {
    this.#options = options;
  }

  /** Questions answered, and packets that got no answer, since the start. */
  get counts(): { answered: number; dropped: number } {
    return { answered: this.#answered, dropped: this.#dropped };
  }

  /** Port in use; 0 before the start. */
  get port(): number {
    return this.#socket?.address().port ?? 0;
  }

  /** Opens the socket. Rejects with MediaError `port-in-use` when it cannot be had. */
  async start(): Promise<void> {
    const { host, port, logger } = this.#options;
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, resolve);
    }).catch((cause) => {
      socket.close();
      throw new MediaError('port-in-use', `STUN cannot listen on UDP ${host}:${port}`, { cause });
    });
    socket.removeAllListeners('error');
    socket.on('error', (error) => logger.warn({ err: error }, 'the STUN socket reported an error'));
    socket.on('message', (packet, source) => this.#handlePacket(socket, packet, source));
    this.#socket = socket;
  }

  /** Closes the socket. May be called twice. */
  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #handlePacket(socket: Socket, packet: Buffer, { address, port }: RemoteInfo): void {
    const request = parseBindingRequest(packet);
    const response = request && port > 0 && this.#mayAsk(address) && writeBindingResponse(request, address, port);
    if (!response) {
      this.#dropped++;
      return;
    }
    this.#answered++;
    socket.send(response, port, address, () => {}); // What cannot be sent is asked again.
  }

  #mayAsk(address: string): boolean {
    const now = this.#options.clock.now();
    const before = this.#sources.get(address) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, before.tokens + ((now - before.at) * PER_SECOND) / 1000);
    this.#sources.delete(address); // And to the end: the first is the one that was longest silent.
    const may = tokens >= 1;
    this.#sources.set(address, { tokens: may ? tokens - 1 : tokens, at: now });
    if (this.#sources.size > MAX_SOURCES) this.#forgetOldest();
    return may;
  }

  #forgetOldest(): void {
    const oldest = this.#sources.keys().next();
    if (!oldest.done) this.#sources.delete(oldest.value);
  }
}
