import { backoffDelayMs, createId, type Timer, TypedEmitter } from '@intermix/kernel';
import type { Flow, SipProtocol, Transport, TransportSink } from '@intermix/sip';
import { VoiceError } from '../errors.js';
import type { Platform } from '../platform.js';
import { PROBE_TIMEOUT_MS, WebSocketFlow } from './websocket-flow.js';

/** A restarted server gets its agents back within seconds, yet not in the same second. */
const RECONNECT = { firstMs: 250, maxMs: 10_000, factor: 1.3, jitter: 0.5 };
const CONNECT_TIMEOUT_MS = 5_000;
/** A connection that lived this long was a good one: the next loss starts the ladder anew. */
const STABLE_AFTER_MS = 10_000;
/** While the browser says that there is no network; it has been wrong before. */
const OFFLINE_RETRY_MS = 30_000;

export interface WebSocketTransportEvents {
  opened: [flow: Flow];
  /** An open connection was lost, or one could not be had; the next attempt is in `retryMs` milliseconds. */
  down: [d: { reason: string; wasOpen: boolean; retryMs: number }];
}

/**
 * The way from a page to its SIP server: one WebSocket at a time, made again when it is lost for as long as it is wanted.
 *
 *   idle ──open()──► connecting ──► open ──lost──► waiting ──back-off, or `online`──► connecting
 *     ◄──────────────── close() from every state
 */
export class WebSocketTransport extends TypedEmitter<WebSocketTransportEvents> implements Transport {
  protocols: readonly SipProtocol[] = [];
  #url: URL;
  readonly #platform: Platform;
  readonly #wire: ((sent: boolean, text: string) => void) | undefined;
  readonly #createSocket: Platform['createWebSocket'];
  /** RFC 7118 §5: a page has no address, so Via and Contact carry a random host that resolves nowhere. */
  readonly viaHost: string;
  #sink: TransportSink | undefined;
  #flow: WebSocketFlow | undefined;
  #wanted = false;
  #attempt = 0;
  #openedAt = 0;
  #retryTimer: Timer | undefined;
  #connectTimer: Timer | undefined;
  #stopListening: Array<() => void> = [];

  /**
   * `createSocket` stands in for the platform's where the way to the server leads through another tab; `wire` is shown
   * each SIP message.
   */
  constructor(deps: {
    url: string;
    platform: Platform;
    createSocket?: Platform['createWebSocket'];
    wire?: (sent: boolean, text: string) => void;
  }) {
    super();
    this.#wire = deps.wire;
    this.#url = this.lead(deps.url);
    this.#platform = deps.platform;
    this.#createSocket = deps.createSocket ?? ((url, protocol) => deps.platform.createWebSocket(url, protocol));
    this.viaHost = `${createId('', 6, deps.platform.random)}.invalid`;
  }

  /** Where connections that are made from now on lead. */
  lead(url: string): URL {
    this.#url = new URL(url);
    this.protocols = this.#url.protocol === 'wss:' ? ['WSS'] : ['WS'];
    return this.#url;
  }

  /** The open connection, if there is one. */
  get flow(): Flow | undefined {
    return this.#flow?.isOpen ? this.#flow : undefined;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
  }

  async connect(): Promise<Flow> {
    if (this.flow) return this.flow;
    throw new VoiceError('not-connected', 'there is no connection to the server');
  }

  sentBy(_flow: Flow): { host: string } {
    return { host: this.viaHost };
  }

  async stop(): Promise<void> {
    this.close();
  }

  /** Opens the connection and keeps it. Called twice it opens one socket. */
  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempt = 0;
    const onPage = this.#platform.onPage.bind(this.#platform);
    this.#stopListening = [
      ...(['online', 'networkchange'] as const).map((event) => onPage(event, () => this.#networkChanged(true))),
      ...(['visible', 'resume'] as const).map((event) => onPage(event, () => this.#networkChanged(false))),
    ];
    this.#connect();
  }

  /** Closes it for good, with the code for the server. No `down` event follows. */
  close(code?: number): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
    this.#retryTimer?.cancel();
    this.#flow?.close(undefined, code);
  }

  /** Tries at once what would be tried later: there is reason to believe that it succeeds now. */
  hurry(): void {
    if (!this.#wanted || this.#flow || !this.#retryTimer) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Gives up this connection and makes another after the back-off; for a server that answers nothing. */
  reconnect(reason: string): void {
    this.#flow?.close(reason);
  }

  #connect(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    let socket: WebSocket;
    try {
      socket = this.#createSocket(this.#url.href, 'sip');
    } catch {
      this.#lost('blocked', false); // For instance ws: on an https page.
      return;
    }
    const flow: WebSocketFlow = new WebSocketFlow({
      socket,
      url: this.#url,
      clock: this.#platform.clock,
      events: {
        opened: () => this.#opened(flow),
        wire: (sent, text) => this.#wire?.(sent, text),
        message: (bytes) => this.#sink?.message(bytes, flow),
        closed: (reason) => this.#closed(flow, reason),
      },
    });
    this.#flow = flow;
    this.#openedAt = 0;
    this.#connectTimer = this.#platform.clock.schedule(CONNECT_TIMEOUT_MS, () => flow.close('connect-timeout'));
  }

  #opened(flow: WebSocketFlow): void {
    this.#connectTimer?.cancel();
    this.#openedAt = this.#platform.clock.now();
    this.emit('opened', flow);
  }

  #closed(flow: WebSocketFlow, reason: string): void {
    if (flow !== this.#flow) return;
    this.#connectTimer?.cancel();
    this.#flow = undefined;
    const wasOpen = this.#openedAt > 0;
    // First our own people: to them a call that was ringing is lost, not cancelled by its caller.
    if (this.#wanted) this.#lost(reason, wasOpen);
    if (wasOpen) this.#sink?.flowClosed(flow, reason);
  }

  #lost(reason: string, wasOpen: boolean): void {
    const { clock, random } = this.#platform;
    if (wasOpen && clock.now() - this.#openedAt >= STABLE_AFTER_MS) this.#attempt = 0;
    const retryMs = this.#platform.online
      ? Math.round(backoffDelayMs(this.#attempt++, RECONNECT, random))
      : OFFLINE_RETRY_MS;
    this.#retryTimer = clock.schedule(retryMs, () => this.#connect());
    this.emit('down', { reason, wasOpen, retryMs });
  }

  /** The network came back or the laptop woke: do not sit out a long back-off, do not trust an old connection. */
  #networkChanged(isOther: boolean): void {
    const flow = this.#flow;
    if (flow?.isOpen) flow.probe(PROBE_TIMEOUT_MS);
    else if (this.#retryTimer || (isOther && flow)) this.#connectAnew(flow);
  }

  #connectAnew(flow: WebSocketFlow | undefined): void {
    this.#attempt = 0;
    this.#connectTimer?.cancel();
    this.#flow = undefined; // An attempt over the network that was leads nowhere.
    flow?.close('network-changed');
    this.#connect();
  }
}
