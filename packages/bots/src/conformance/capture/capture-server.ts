import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '@intermix/kernel';
import { parseStreamUrl, shownUrlOf } from '@intermix/streaming';
import { outboundNetwork, type StreamNetwork } from '@intermix/streaming/media-child';
import { type VerifyClientCallbackAsync, type WebSocket, WebSocketServer } from 'ws';
import { maskedUrl } from '../../config/masked-url.js';
import { mayOpen } from '../../gate/credentials.js';
import { BotTestError } from '../bot-test-error.js';
import { CapturedStream, type CaptureLimits, usualCaptureLimits } from './captured-stream.js';
import { forwardTo } from './forward.js';

const maxMessageBytes = 1_048_576;
/** At once: each writes to the disk. */
const maxStreams = 8;
const closeTimeoutMs = 2_000;

export interface CaptureServerOptions {
  host: string;
  port: number;
  outDir: string;
  /** A bot that answers in this one's place: `ws:` or `wss:`, with credentials if need be. */
  forward?: string | undefined;
  /** What a caller has to show as Basic; others get 401. Undefined: whoever can reach it may be captured. */
  credentials?: { user: string; password: string } | undefined;
  limits?: Partial<CaptureLimits>;
  /** A stream is over; `folder` is undefined when it never told `start`. */
  captured: (folder: string | undefined) => void;
  failed: (error: unknown) => void;
  clock?: Clock;
  network?: StreamNetwork;
}

/** The place of a bot, where streams are written down: each into a folder of its own. Rejects with BotTestError. */
export class CaptureServer {
  readonly #server: WebSocketServer;
  readonly #options: CaptureServerOptions;
  readonly #streams = new Set<CapturedStream>();

  private constructor(server: WebSocketServer, options: CaptureServerOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket, { url = '/' }) => this.#accept(socket, url.split('?', 1)[0] ?? '/'));
    server.on('error', options.failed);
  }

  static async listen(options: CaptureServerOptions): Promise<CaptureServer> {
    const { host, port, forward, credentials } = options;
    if (forward !== undefined && parseStreamUrl(forward).isLookup)
      throw new BotTestError('--forward takes a ws:// or wss:// URL.');
    const server = new WebSocketServer({
      ...{ host, port, maxPayload: maxMessageBytes, perMessageDeflate: false, handleProtocols: () => false },
      ...{ closeTimeout: closeTimeoutMs, verifyClient: doorOf(credentials) },
    } as ConstructorParameters<typeof WebSocketServer>[0]);
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw new BotTestError(`${host}:${port} cannot be listened on: ${String(cause)}`, { cause });
    }
    return new CaptureServer(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all streams, and finishes what they wrote. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end('limit', 1001);
    await new Promise((resolve) => {
      this.#server.close(resolve);
      for (const client of this.#server.clients) client.terminate();
    });
  }

  #accept(socket: WebSocket, path: string): void {
    socket.on('error', () => {}); // Its close event tells it too.
    if (this.#streams.size < maxStreams) this.#capture(socket, path);
    else socket.close(1013, 'too many streams');
  }

  #capture(socket: WebSocket, path: string): void {
    const { clock = systemClock, outDir, forward, limits, captured, failed } = this.#options;
    const link =
      forward === undefined ? undefined : forwardTo(forward, this.#options.network ?? outboundNetwork({ clock }));
    const stream = new CapturedStream({
      ...{ clock, outDir, path, failed, limits: { ...usualCaptureLimits, ...limits } },
      forwardedTo: forward === undefined ? null : maskedUrl(shownUrlOf(forward)),
      caller: { send: (data) => socket.send(data), close: (code, reason) => socket.close(code, reason) },
      bot: link,
      over: (folder, error) => {
        this.#streams.delete(stream);
        if (error !== undefined) failed(error);
        captured(folder);
      },
    });
    this.#streams.add(stream);
    link?.connect({
      message: (data, isBinary) => {
        stream.handle('bot', data, isBinary);
        if (socket.readyState === socket.OPEN) socket.send(data, { binary: isBinary });
      },
      closed: (code) => stream.end('bot', code),
    });
    socket.on('message', (data, isBinary) => {
      stream.handle('caller', data as Buffer, isBinary);
      link?.send(isBinary ? (data as Buffer) : data.toString());
    });
    socket.on('close', (code) => stream.end('caller', code));
  }
}

function doorOf(credentials: CaptureServerOptions['credentials']): VerifyClientCallbackAsync {
  return ({ req }, answer) => {
    const { authorization } = req.headers;
    const { user: username, password } = credentials ?? { user: '', password: '' };
    if (!credentials || mayOpen({ type: 'basic', username, password }, { authorization, token: undefined }))
      answer(true);
    else answer(false, 401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="intermix"' });
  };
}
