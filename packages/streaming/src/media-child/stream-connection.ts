import type { Clock, Timer } from '@intermix/kernel';
import { type GuardedWebSocket, OutboundError, type WebSocketEnd } from '@intermix/outbound';
import { binaryProtocol } from '../protocol/binary-protocol.js';
import { parseStreamUrl, type StreamUrl, shownUrlOf } from '../protocol/stream-url.js';
import type { StreamDetail } from '../stream-end.js';
import { StreamError } from '../stream-error.js';
import type { StreamSpec } from '../stream-spec.js';
import type { StreamNetwork } from './stream-network.js';

const attempts = 2;
const retryAfterMs = 500;
/** Of what an `https:` URL answers. */
const maxAnswerBytes = 16_384;
/** Base64 of the longest message of the protocol, several times over. */
const maxMessageBytes = 1_048_576;

/** The stream never came to be. */
export interface ConnectFailure {
  detail: StreamDetail;
  /** A sentence, with the vendor's words for it. */
  error: string;
  /** The URL that was tried last, without credentials. */
  streamUrl: string;
}

export interface ConnectionHandlers {
  /** Connected; `url` is the WebSocket's. */
  opened(url: StreamUrl, isBinary: boolean): void;
  message(data: Buffer, isBinary: boolean): void;
  /** A ping, which has been answered, or a pong. */
  alive(kind: 'ping' | 'pong'): void;
  /** Over, after it was open. */
  closed(end: WebSocketEnd): void;
  failed(failure: ConnectFailure): void;
}

/** The way to a bot: asks an `https:` URL for the `wss:` one, shakes hands, and tries both once more. */
export class StreamConnection {
  readonly #spec: StreamSpec;
  readonly #network: StreamNetwork;
  readonly #clock: Clock;
  readonly #handlers: ConnectionHandlers;
  readonly #aborter = new AbortController();
  #socket: GuardedWebSocket | undefined;
  #retryTimer: Timer | undefined;
  #attempt = 0;
  #shownUrl: string;

  constructor(options: { spec: StreamSpec; network: StreamNetwork; clock: Clock; handlers: ConnectionHandlers }) {
    this.#spec = options.spec;
    this.#network = options.network;
    this.#clock = options.clock;
    this.#handlers = options.handlers;
    this.#shownUrl = shownUrlOf(options.spec.url);
    void this.#tryOnce();
  }

  /** Handshakes begun. */
  get handshakes(): number {
    return this.#attempt;
  }

  /** The open socket. */
  get socket(): GuardedWebSocket | undefined {
    return this.#socket;
  }

  /** Gives up what is under way: nothing more is told. An open socket is left to `socket.close`. */
  abort(): void {
    this.#retryTimer?.cancel();
    this.#aborter.abort();
    this.#socket?.close();
  }

  async #tryOnce(): Promise<void> {
    this.#attempt++;
    await null; // Nothing is told before the constructor has returned.
    try {
      const given = this.#read(this.#spec.url);
      if (!given.isLookup) return this.#open(this.#spec.url, given);
      const found = await this.#lookup();
      if (this.#aborter.signal.aborted) return;
      const url = this.#read(found);
      if (url.isLookup) throw new StreamError('bad-url', 'The URL answered another http(s) URL, not a WebSocket.');
      this.#open(found, { ...url, sampleRate: url.sampleRate ?? given.sampleRate, binary: url.binary || given.binary });
    } catch (error) {
      this.#handleFailure(error);
    }
  }

  #read(text: string): StreamUrl {
    const url = parseStreamUrl(text);
    this.#shownUrl = url.shown;
    return url;
  }

  #open(text: string, url: StreamUrl): void {
    const { allowPrivate, handshakeTimeoutMs, binary, tracks } = this.#spec;
    const protocols = (binary || url.binary) && tracks !== 'both' ? [binaryProtocol] : []; // Bare samples name no track.
    this.#socket = this.#network.open(
      text,
      { allowPrivate, handshakeTimeoutMs, maxMessageBytes, protocols },
      {
        opened: (protocol) => {
          if (!this.#aborter.signal.aborted) this.#handlers.opened(url, protocol === binaryProtocol);
        },
        message: (data, isBinary) => this.#handlers.message(data, isBinary),
        alive: (kind) => this.#handlers.alive(kind),
        closed: (end) => (end.wasOpen ? this.#handlers.closed(end) : this.#handleFailure(end.error)),
      },
    );
  }

  /** What the `https:` URL answers to the call's parameters: `{"url": "wss://…"}`. */
  async #lookup(): Promise<string> {
    const { url, callParameters, allowPrivate, handshakeTimeoutMs: timeoutMs } = this.#spec;
    const asked = new URL(url);
    for (const [key, value] of Object.entries(callParameters)) asked.searchParams.set(key, value);
    const { signal } = this.#aborter;
    const answer = await this.#network.get(asked.href, { allowPrivate, timeoutMs, maxBytes: maxAnswerBytes, signal });
    if (answer.status !== 200) throw new LookupError(`The URL answered status ${answer.status}, not 200.`);
    const found = urlIn(answer.body);
    if (found === undefined) throw new LookupError('The URL did not answer JSON with a url.');
    return found;
  }

  #handleFailure(error: unknown): void {
    if (this.#aborter.signal.aborted) return;
    const isHopeless = error instanceof StreamError || isRefusal(error);
    if (!isHopeless && this.#attempt < attempts) {
      this.#retryTimer = this.#clock.schedule(retryAfterMs, () => void this.#tryOnce());
      return;
    }
    this.#aborter.abort();
    const why = error instanceof Error ? error.message : String(error);
    this.#handlers.failed({
      detail: isHopeless ? 'Streaming_bad_url' : 'Streaming_handshake_failed',
      error: `3009 failed to establish ws conn: ${why}`,
      streamUrl: this.#shownUrl,
    });
  }
}

class LookupError extends Error {}

/** The URL itself will not do: trying again is of no use. */
function isRefusal(error: unknown): boolean {
  return error instanceof OutboundError && (error.problem === 'bad-url' || error.problem === 'address-refused');
}

function urlIn(body: Buffer): string | undefined {
  try {
    const { url } = JSON.parse(body.toString('utf8')) as { url?: unknown };
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
