import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Logger, Random, Timer } from '@intermix/kernel';
import { resamplersReady } from '@intermix/streaming/media-child';
import { WebSocketServer } from 'ws';
import type { BotKind, BotOutside, BotPrompt } from '../session/bot.js';
import { LiveSession } from '../session/live-session.js';
import { maxAheadBytesOfAll, maxMessageBytes, type SessionLimits, usualLimits } from '../session/session-limits.js';
import { BacklogSpace } from '../session/speech-backlog.js';
import { AcceptedSocket } from './accepted-socket.js';
import { promptSamples } from './prompt-samples.js';
import type { HostEvent, NeverStarted, SessionOrder } from './session-order.js';

export interface BotHostDeps {
  kinds: ReadonlyMap<string, BotKind<never>>;
  tell: (event: HostEvent) => void;
  /** A file of a prompt: 8 kHz, mono, 16 bit WAV. */
  render: (accountSid: string, prompt: BotPrompt) => Promise<string>;
  outside: BotOutside;
  limits?: SessionLimits;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Within it the connection that was let in has to come. */
const ticketMs = 15_000;
const closeTimeoutMs = 2_000;
/** In whose name a ticket is shown: `Authorization: Basic base64(ticket:<ticket>)`. */
export const ticketUser = 'ticket';

/**
 * Runs the sessions of bots. It listens on loopback alone, and takes only connections that show a ticket of an order: who is
 * let in is the server's to say.
 */
export class BotHost {
  readonly #deps: BotHostDeps;
  readonly #space = new BacklogSpace(maxAheadBytesOfAll);
  readonly #expected = new Map<string, { order: SessionOrder; timer: Timer }>();
  readonly #sessions = new Map<string, LiveSession>();
  readonly #sockets: WebSocketServer;
  readonly #server: Server;

  constructor(deps: BotHostDeps) {
    this.#deps = deps;
    const options = {
      noServer: true,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      closeTimeout: closeTimeoutMs,
    };
    this.#sockets = new WebSocketServer(options);
    this.#server = createServer((_, response) => response.writeHead(426).end());
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.headersTimeout = 10_000;
  }

  get counts(): { expected: number; sessions: number; sockets: number } {
    return { expected: this.#expected.size, sessions: this.#sessions.size, sockets: this.#sockets.clients.size };
  }

  /** Gives the port on loopback. */
  async listen(): Promise<number> {
    await resamplersReady; // Bots make them as their calls begin.
    this.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.#deps.logger.error({ err: error }, 'a connection could not be taken'));
    return (this.#server.address() as AddressInfo).port;
  }

  /** A connection that shows the order's ticket is to come. */
  expect(order: SessionOrder): void {
    const timer = this.#deps.clock.schedule(ticketMs, () => this.#expectNoMore(order, 'closed'));
    this.#expected.set(order.ticket, { order, timer });
  }

  /** Ends a session, or all of them. One whose connection has not come is expected no more. */
  end(sessionId: string | undefined, why: string): void {
    for (const { order } of [...this.#expected.values()]) {
      if (sessionId === undefined) this.#expectNoMore(order, 'stopped');
      else if (order.sessionId === sessionId) this.#expectNoMore(order, 'closed');
    }
    const ended = sessionId === undefined ? [...this.#sessions.values()] : [this.#sessions.get(sessionId)];
    for (const session of ended) session?.stop(why);
  }

  /** Ends everything; resolves when no socket is left. */
  async stop(): Promise<void> {
    this.end(undefined, 'The server stops.');
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #expectNoMore({ ticket, sessionId }: SessionOrder, why: NeverStarted): void {
    this.#expected.get(ticket)?.timer.cancel();
    this.#expected.delete(ticket);
    this.#deps.tell({ type: 'never-started', sessionId, why });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const expected = this.#expected.get(ticketOf(request));
    if (!expected) {
      socket.once('finish', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const { order, timer } = expected;
    timer.cancel();
    this.#expected.delete(order.ticket);
    let isAccepted = false;
    // A handshake that is none is answered by the library, and tells nobody.
    socket.once('close', () => {
      if (!isAccepted) this.#deps.tell({ type: 'never-started', sessionId: order.sessionId, why: 'broken' });
    });
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      isAccepted = true;
      this.#begin(order, new AcceptedSocket(accepted));
    });
  }

  #begin(order: SessionOrder, socket: AcceptedSocket): void {
    const { kinds, tell, limits = usualLimits, outside, clock, random } = this.#deps;
    const { sessionId, bot } = order;
    const kind = kinds.get(bot.kind);
    if (kind === undefined) {
      socket.close(1011, 'The bot cannot run here.');
      tell({ type: 'never-started', sessionId, why: 'stopped' });
      return;
    }
    const session = new LiveSession({
      ...{ order, kind, socket, outside, limits, space: this.#space, clock, random },
      logger: this.#deps.logger.child({ sessionId, botId: bot.botId }),
      render: (accountSid, prompt, sampleRate) => this.#render(accountSid, prompt, sampleRate),
      started: (facts) => tell({ type: 'started', sessionId, facts }),
      over: (end) => {
        this.#sessions.delete(sessionId);
        if ('report' in end) tell({ type: 'ended', sessionId, report: end.report });
        else tell({ type: 'never-started', sessionId, why: end.neverStarted });
      },
    });
    this.#sessions.set(sessionId, session);
    socket.listen({
      message: (text) => session.handleMessage(text),
      other: (what) => session.handleOther(what),
      closed: (code, broken) => session.handleClosed(code, broken),
    });
  }

  async #render(accountSid: string, prompt: BotPrompt, sampleRate: number): Promise<Int16Array> {
    return promptSamples(await this.#deps.render(accountSid, prompt), sampleRate);
  }
}

function ticketOf({ headers }: IncomingMessage): string {
  const own = headers['x-intermix-ticket'];
  if (typeof own === 'string') return own;
  const basic = /^Basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const [user, ticket] = Buffer.from(basic ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return user === ticketUser ? (ticket ?? '') : '';
}
