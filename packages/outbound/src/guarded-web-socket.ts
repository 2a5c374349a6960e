import { rootCertificates } from 'node:tls';
import type { Clock } from '@intermix/kernel';
import WebSocket from 'ws';
import { guardedLookup } from './guarded-connector.js';
import { type ResolveName, resolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';
import { failureOf } from './request-failure.js';
import { type Target, targetOf } from './url-rules.js';

export interface GuardedWebSocketOptions {
  clock: Clock;
  /** Whether private and loopback addresses may be named. Link-local and metadata addresses never may. */
  allowPrivate: boolean;
  headers?: Readonly<Record<string, string>>;
  /** Sub-protocols to offer, in order of preference. */
  protocols?: readonly string[];
  /** For name, connection, TLS and upgrade together. Default 10,000. */
  handshakeTimeoutMs?: number;
  /** A larger message ends the socket with 1009. Default 1,048,576. */
  maxMessageBytes?: number;
  /** Default: the name servers, then the system. */
  resolve?: ResolveName;
  /** Certificates to trust beside the system's. PEM. */
  ca?: string;
}

/** How a socket ended, or that it never opened. */
export interface WebSocketEnd {
  /** False: the handshake failed, and `error` says why. */
  wasOpen: boolean;
  /** The far end's close code; 1005 when its close frame held none, 1006 when there was no close frame. */
  code: number;
  /** The far end's words, 123 octets at most. */
  reason: string;
  /** What went wrong: never opened, broken, or the far end broke the protocol. */
  error: OutboundError | undefined;
}

export interface WebSocketHandlers {
  /** The upgrade is done. `protocol`: the sub-protocol that the server chose, empty when none. */
  opened(protocol: string): void;
  message(data: Buffer, isBinary: boolean): void;
  /** A ping, which has been answered, or a pong. */
  alive?(kind: 'ping' | 'pong'): void;
  /** Once, and last. */
  closed(end: WebSocketEnd): void;
}

/** An outbound WebSocket. Methods never throw, and do nothing once it is closed. */
export interface GuardedWebSocket {
  /** Octets that wait to be taken by the far end. */
  readonly bufferedBytes: number;
  send(data: string | Uint8Array): void;
  ping(): void;
  /** Stops, or goes on, reading: the far end is held up by TCP. */
  pause(): void;
  resume(): void;
  /** Closing handshake; a far end that does not answer it within two seconds is cut off. Before it is open: gives up. */
  close(code?: number, reason?: string): void;
}

const maxHeadBytes = 16_384;
const closeTimeoutMs = 2_000;
/** RFC 6455 §5.5: a control frame holds 125 octets, two of them the code. */
const maxReasonOctets = 123;

/**
 * Opens a customer's `ws:` or `wss:` URL: the address that was checked is the one connected to, redirects are not followed,
 * nothing is compressed, and user and password of the URL go into a Basic header. Whatever happens is told by the handlers,
 * a URL that may not be opened too; nothing is told before this function has returned.
 */
export function openGuardedWebSocket(
  url: string,
  options: GuardedWebSocketOptions,
  handlers: WebSocketHandlers,
): GuardedWebSocket {
  try {
    return new OpenedWebSocket(targetOf(url, options.allowPrivate, 'websocket'), options, handlers);
  } catch (error) {
    const failure = error instanceof OutboundError ? error : failureOf(error, 'the host');
    queueMicrotask(() => handlers.closed({ wasOpen: false, code: 1006, reason: '', error: failure }));
    return neverOpened;
  }
}

const neverOpened: GuardedWebSocket = {
  bufferedBytes: 0,
  send() {},
  ping() {},
  pause() {},
  resume() {},
  close() {},
};

class OpenedWebSocket implements GuardedWebSocket {
  readonly #socket: WebSocket;
  readonly #handlers: WebSocketHandlers;
  readonly #hostname: string;
  #failure: OutboundError | undefined;
  #wasOpen = false;

  constructor(target: Target, options: GuardedWebSocketOptions, handlers: WebSocketHandlers) {
    const { handshakeTimeoutMs = 10_000 } = options;
    this.#handlers = handlers;
    this.#hostname = target.hostname;
    this.#socket = new WebSocket(
      target.origin + target.path,
      [...(options.protocols ?? [])],
      socketOptions(target, options),
    );
    const late = () =>
      this.#giveUp(
        new OutboundError('timeout', `${target.hostname} did not answer within ${handshakeTimeoutMs / 1000} s.`),
      );
    const timer = options.clock.schedule(handshakeTimeoutMs, late);
    this.#listen(() => timer.cancel());
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data, ignoreError);
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping(undefined, undefined, ignoreError);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code = 1000, reason = ''): void {
    this.#socket.resume(); // The far end's close frame may lie behind what was not read.
    if (this.#socket.readyState === WebSocket.CONNECTING)
      this.#giveUp(new OutboundError('aborted', `The handshake with ${this.#hostname} was given up.`));
    else this.#socket.close(code, cutTo(maxReasonOctets, reason));
  }

  #giveUp(failure: OutboundError): void {
    this.#failure ??= failure;
    this.#socket.terminate();
  }

  #listen(settled: () => void): void {
    const socket = this.#socket;
    socket.on('open', () => {
      settled();
      this.#wasOpen = true;
      this.#handlers.opened(socket.protocol);
    });
    socket.on('message', (data, isBinary) => this.#handlers.message(data as Buffer, isBinary));
    socket.on('ping', () => this.#handlers.alive?.('ping'));
    socket.on('pong', () => this.#handlers.alive?.('pong'));
    socket.on('unexpected-response', (_, response) => {
      const said = `${this.#hostname} answered the WebSocket handshake with status ${response.statusCode}.`;
      this.#giveUp(new OutboundError('handshake-refused', said));
    });
    socket.on('error', (error) => {
      this.#failure ??= this.#wasOpen ? brokenBy(error, this.#hostname) : handshakeFailure(error, this.#hostname);
    });
    socket.on('close', (code, reason) => {
      settled();
      this.#handlers.closed({ wasOpen: this.#wasOpen, code, reason: reason.toString('utf8'), error: this.#failure });
    });
  }
}

function socketOptions(target: Target, options: GuardedWebSocketOptions): WebSocket.ClientOptions {
  const { resolve = resolveName, allowPrivate, ca, headers, maxMessageBytes = 1_048_576 } = options;
  return {
    headers: { ...(target.authorization ? { Authorization: target.authorization } : {}), ...headers },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    closeTimeout: closeTimeoutMs,
    maxHeaderSize: maxHeadBytes,
    lookup: guardedLookup(resolve, allowPrivate),
    ...(ca ? { ca: [...rootCertificates, ca] } : {}),
  } as WebSocket.ClientOptions;
}

/** As many whole characters as fit. */
function cutTo(octets: number, text: string): string {
  let cut = text.slice(0, octets);
  while (Buffer.byteLength(cut) > octets) cut = cut.slice(0, -1);
  return cut;
}

function ignoreError(): void {
  // A socket that breaks tells so by its close event.
}

/** `ws` tells by words alone that what came was no answer to an upgrade. */
function handshakeFailure(error: Error, hostname: string): OutboundError {
  const isAnswer = /^(Invalid (Upgrade|Sec-WebSocket)|Server sent|Unexpected server)/.test(error.message);
  if (!isAnswer) return failureOf(error, hostname);
  return new OutboundError('handshake-refused', `What ${hostname} answered is no WebSocket handshake.`, {
    cause: error,
  });
}

/** A frame that breaks RFC 6455; `ws` gives a code for each way. */
function brokenBy(error: Error, hostname: string): OutboundError {
  const code = 'code' in error ? String(error.code) : '';
  const options = { cause: error };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return new OutboundError('message-too-large', `${hostname} sent a message that is too large.`, options);
  if (code.startsWith('WS_ERR_'))
    return new OutboundError('bad-message', `${hostname} broke the WebSocket protocol (${code}).`, options);
  return failureOf(error, hostname);
}
