import { rootCertificates } from 'node:tls';
import type { Clock } from '@intermix/kernel';
import { Agent, type Dispatcher } from 'undici';
import { guardedLookup } from './guarded-connector.js';
import { type ResolveName, resolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';
import { failureOf } from './request-failure.js';
import { maxAskedLength, type Target, targetOf } from './url-rules.js';

export interface OutboundClientOptions {
  clock: Clock;
  /** Whether private and loopback addresses may be named. Link-local and metadata addresses never may. */
  allowPrivate: boolean;
  /** For everything: name, connection, TLS, request and answer. Default 10,000. */
  timeoutMs?: number;
  /** How much of an answer's body is read. Default 65,536. */
  maxAnswerBytes?: number;
  /** Connections to one scheme, host and port. Default 64. */
  maxConnectionsPerHost?: number;
  /** Default: the name servers, then the system. */
  resolve?: ResolveName;
  /** Certificates to trust beside the system's: for tests, and for companies with their own authority. PEM. */
  ca?: string;
}

export interface OutboundRequest {
  headers?: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** For everything; the client's `timeoutMs` when undefined. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal;
}

/** A GET, with limits of its own where the client's do not fit. */
export interface OutboundGet {
  headers?: Readonly<Record<string, string>>;
  /** How much of the answer's body is read; the client's `maxAnswerBytes` when undefined. */
  maxBytes?: number | undefined;
  /** For everything: name, connection, TLS, request and answer; the client's `timeoutMs` when undefined. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Any answer, redirects included: they are never followed. */
export interface OutboundAnswer {
  status: number;
  /** Names in lower case. Of a field that came several times, the first. */
  headers: Readonly<Record<string, string>>;
  /** As much of it as may be read. */
  body: Buffer;
  /** True when there was more. */
  cutOff: boolean;
}

const keepAliveMs = 10_000;
const maxHeadBytes = 16_384;

/** Opens customers' URLs, and is the only code that does. */
export class OutboundClient {
  readonly #clock: Clock;
  readonly #allowPrivate: boolean;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #agent: Agent;

  constructor(options: OutboundClientOptions) {
    const { timeoutMs = 10_000, maxAnswerBytes = 65_536, maxConnectionsPerHost = 64, resolve = resolveName } = options;
    this.#clock = options.clock;
    this.#allowPrivate = options.allowPrivate;
    this.#timeoutMs = timeoutMs;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#agent = new Agent({
      connections: maxConnectionsPerHost,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      maxHeaderSize: maxHeadBytes,
      headersTimeout: 0, // One limit for everything stands in `#within`.
      bodyTimeout: 0,
      connect: {
        timeout: timeoutMs,
        lookup: guardedLookup(resolve, options.allowPrivate),
        ...(options.ca ? { ca: [...rootCertificates, options.ca] } : {}),
      },
    });
  }

  /**
   * Checks a URL before it is kept: form, scheme, and addresses written out. Names are resolved at each use only. Gives
   * the host and port that limits count by. Throws OutboundError: bad-url or address-refused.
   */
  checkUrl(url: string): { hostPort: string } {
    return { hostPort: targetOf(url, this.#allowPrivate).hostPort };
  }

  /** Resolves with whatever was answered; rejects with an OutboundError, and with nothing else. */
  async post(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
    return this.#send(url, { method: 'POST', ...request });
  }

  /** The same with GET, whose URL may have 8,192 characters with what was added to it: resolves with whatever was answered, redirects included, and rejects with an OutboundError. */
  async get(url: string, request: OutboundGet = {}): Promise<OutboundAnswer> {
    return this.#send(url, { method: 'GET', ...request });
  }

  /** Ends requests under way; each rejects with `aborted`. May be called twice. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(url: string, request: Sendable): Promise<OutboundAnswer> {
    const { method, body = null, maxBytes = this.#maxAnswerBytes, timeoutMs = this.#timeoutMs } = request;
    const target = targetOf(url, this.#allowPrivate, 'http', method === 'GET' ? maxAskedLength : undefined);
    return this.#within(target, { outer: request.signal, timeoutMs }, async (signal) => {
      const { origin, path } = target;
      const headers = headersOf(request.headers, target);
      const response = await this.#agent.request({ origin, path, method, headers, body, signal });
      return read(response, maxBytes);
    });
  }

  async #within<T>(
    target: Target,
    { outer, timeoutMs }: { outer: AbortSignal | undefined; timeoutMs: number },
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { hostname } = target;
    const aborter = new AbortController();
    const giveUp = () => aborter.abort(new OutboundError('aborted', `The request to ${hostname} was given up.`));
    const late = () =>
      aborter.abort(new OutboundError('timeout', `${hostname} did not answer within ${timeoutMs / 1000} s.`));
    const timer = this.#clock.schedule(timeoutMs, late);
    if (outer?.aborted) giveUp();
    outer?.addEventListener('abort', giveUp, { once: true });
    try {
      return await run(aborter.signal);
    } catch (error) {
      throw failureOf(aborter.signal.aborted ? aborter.signal.reason : error, hostname);
    } finally {
      timer.cancel();
      outer?.removeEventListener('abort', giveUp);
    }
  }
}

interface Sendable {
  method: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Buffer;
  maxBytes?: number | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

async function read(response: Dispatcher.ResponseData, maxBytes: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break; // Leaving the loop closes the connection: nobody reads the rest.
  }
  const body = Buffer.concat(chunks).subarray(0, maxBytes);
  return { status: response.statusCode, headers: flat(response.headers), body, cutOff: size > maxBytes };
}

function headersOf(
  headers: Readonly<Record<string, string>> | undefined,
  { authorization }: Target,
): Record<string, string> {
  return { ...(authorization ? { authorization } : {}), ...headers };
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
