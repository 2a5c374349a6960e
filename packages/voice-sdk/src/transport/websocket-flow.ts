import type { Clock, Timer } from '@intermix/kernel';
import type { Flow, SipProtocol, SocketAddress } from '@intermix/sip';

/** Keep-alive of RFC 5626 §3.5.1 over a WebSocket: the ping is a frame of its own, and so is the pong. */
const PING = '\r\n\r\n';
const PONG = '\r\n';
/**
 * A connection that has been silent for so long is asked for a sign of life: with the time for the answer, a proxy that has
 * gone silent is noticed within 10 s.
 */
export const PING_INTERVAL_MS = 6_000;
export const PONG_TIMEOUT_MS = 4_000;
/** For a server that answers no pings: shorter than the 30 s after which common proxies close a silent connection. */
export const KEEP_ALIVE_MS = 25_000;
/** A timer this late means that the machine slept: what was open then is doubtful now. */
const SLEPT_MS = 3_000;
/** After sleep or a change of network: most such connections are dead. */
export const PROBE_TIMEOUT_MS = 2_000;

export interface WebSocketFlowEvents {
  opened(): void;
  message(bytes: Uint8Array): void;
  /** A SIP message as text, before it is sent and before it is read; for a log. */
  wire(sent: boolean, text: string): void;
  /** Once; also when the connection never opened. */
  closed(reason: string): void;
}

let serial = 0;

/** One SIP connection over a browser's WebSocket, sub-protocol `sip` (RFC 7118). */
export class WebSocketFlow implements Flow {
  readonly id = `ws${++serial}`;
  readonly protocol: SipProtocol;
  readonly local: SocketAddress = { host: '0.0.0.0', port: 0 }; // A page cannot know its own address.
  readonly remote: SocketAddress;
  readonly reliable = true;
  readonly secure: boolean;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #events: WebSocketFlowEvents;
  #open = false;
  #closed = false;
  #answersPings = false;
  #pingTimer: Timer | undefined;
  #pongTimer: Timer | undefined;
  #heardAt = 0;

  constructor(deps: { socket: WebSocket; url: URL; clock: Clock; events: WebSocketFlowEvents }) {
    this.secure = deps.url.protocol === 'wss:';
    this.protocol = this.secure ? 'WSS' : 'WS';
    this.remote = { host: deps.url.hostname, port: Number(deps.url.port) || (this.secure ? 443 : 80) };
    this.#socket = deps.socket;
    this.#clock = deps.clock;
    this.#events = deps.events;
    this.#listen();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get isOpen(): boolean {
    return this.#open && !this.#closed;
  }

  send(bytes: Uint8Array | string): void {
    if (!this.isOpen) return;
    // Text frames: readable in the browser's network panel, and what other user agents send.
    const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
    if (text.length > PING.length) this.#events.wire(true, text);
    try {
      this.#socket.send(text);
    } catch {
      this.#finish('send-failed');
    }
  }

  /** Asks now for a sign of life, for instance when the network came back. */
  probe(timeoutMs = PONG_TIMEOUT_MS): void {
    if (!this.isOpen) return;
    this.send(PING);
    this.#schedulePing();
    // A server that has never answered a ping is not judged by it (some do not; RFC 5626 makes them).
    if (!this.#answersPings || this.#pongTimer) return;
    this.#pongTimer = this.#clock.schedule(timeoutMs, () => this.#finish('no-pong'));
  }

  /** `code` is told to the server, RFC 6455 §7.4. */
  close(reason = 'closed-here', code?: number): void {
    this.#finish(reason, code);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (this.#closed) return;
      this.#open = true;
      this.#events.opened();
      this.probe(); // Tells whether this server answers at all.
    };
    socket.onmessage = (event: MessageEvent) => this.#receive(event.data);
    socket.onclose = (event: CloseEvent) => this.#finish(`closed-${event?.code ?? 1006}`);
    // A close event always follows and carries the code; nothing is known here.
    socket.onerror = () => {};
  }

  #receive(data: unknown): void {
    if (this.#closed) return;
    this.#heardAt = this.#clock.now();
    this.#pongTimer?.cancel();
    this.#pongTimer = undefined;
    if (data === PONG) {
      if (!this.#answersPings) {
        this.#answersPings = true;
        this.#schedulePing();
      }
      return;
    }
    if (data === PING) {
      this.send(PONG);
      return;
    }
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer);
    if (bytes.length <= PING.length) return; // A keep-alive in a binary frame.
    this.#events.wire(false, typeof data === 'string' ? data : new TextDecoder().decode(bytes));
    this.#events.message(bytes);
  }

  #schedulePing(delayMs = this.#answersPings ? PING_INTERVAL_MS : KEEP_ALIVE_MS): void {
    this.#pingTimer?.cancel();
    const dueAt = this.#clock.now() + delayMs;
    this.#pingTimer = this.#clock.schedule(delayMs, () => this.#pingDue(dueAt));
  }

  #pingDue(dueAt: number): void {
    const now = this.#clock.now();
    const silentMs = now - this.#heardAt;
    if (now - dueAt > SLEPT_MS) this.probe(PROBE_TIMEOUT_MS);
    else if (!this.#answersPings || silentMs >= PING_INTERVAL_MS) this.probe();
    else this.#schedulePing(PING_INTERVAL_MS - silentMs);
  }

  #finish(reason: string, code?: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pingTimer?.cancel();
    this.#pongTimer?.cancel();
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    try {
      socket.close(code);
    } catch {
      // Closing one that is still connecting throws in old engines; it is unreferenced all the same.
    }
    this.#events.closed(reason);
  }
}
