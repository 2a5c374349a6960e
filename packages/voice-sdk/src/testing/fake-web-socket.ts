import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '@intermix/sip';

/** One SIP message on the fake wire, as text. `sent` is by the page. */
export interface WireMessage {
  sent: boolean;
  text: string;
}

/** The page's end: the part of WebSocket that the SDK uses. */
export class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  binaryType = 'blob';
  closed = false;
  readonly server: FakeServerFlow;

  constructor(
    readonly url: string,
    readonly protocol: string,
    readonly network: FakeSipNetwork,
  ) {
    this.server = new FakeServerFlow(this);
  }

  send(text: string): void {
    if (this.closed) throw new Error('the socket is closed');
    this.network.carry(this, text);
  }

  /** What was sent before still arrives, as the WebSocket closing handshake has it. */
  close(code?: number): void {
    this.closed = true;
    this.server.closeCode = code;
    queueMicrotask(() => this.server.lose('closed by the page'));
  }
}

/** The server's end of the same connection. */
export class FakeServerFlow implements Flow {
  readonly id: string;
  readonly protocol: SipProtocol = 'WS';
  readonly local: SocketAddress = { host: '127.0.0.1', port: 8080 };
  readonly remote: SocketAddress;
  readonly reliable = true;
  readonly secure = false;
  closed = false;
  closeCode: number | undefined;
  static #count = 0;

  constructor(readonly socket: FakeWebSocket) {
    const number = ++FakeServerFlow.#count;
    this.id = `server-${number}`;
    this.remote = { host: '127.0.0.1', port: 40_000 + number };
  }

  send(bytes: Uint8Array | string): void {
    if (this.closed) return;
    const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
    this.socket.network.messages.push({ sent: false, text });
    queueMicrotask(() => this.socket.closed || this.socket.onmessage?.({ data: text }));
  }

  /** Breaks the connection as a network does: both ends find out. */
  close(): void {
    if (this.closed) return;
    this.lose('cut');
    this.socket.closed = true;
    this.socket.onclose?.({ code: 1006 });
  }

  lose(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.network.sink?.flowClosed(this, reason);
  }
}

/** Joins the page's fake sockets to the server's SIP endpoint; everything that passes is on record. */
export class FakeSipNetwork implements Transport {
  readonly protocols: readonly SipProtocol[] = ['WS'];
  readonly sockets: FakeWebSocket[] = [];
  readonly messages: WireMessage[] = [];
  /** False: connections are refused. */
  up = true;
  answersPings = true;
  pings = 0;
  /** Frames that vanish without a trace, as on a dead path. */
  swallow = false;
  sink: TransportSink | undefined;

  async start(sink: TransportSink): Promise<void> {
    this.sink = sink;
  }

  async connect(): Promise<Flow> {
    throw new Error('a server does not connect to a page');
  }

  sentBy(): SocketAddress {
    return { host: '127.0.0.1', port: 8080 };
  }

  async stop(): Promise<void> {}

  open(url: string, protocol: string): FakeWebSocket {
    const socket = new FakeWebSocket(url, protocol, this);
    this.sockets.push(socket);
    queueMicrotask(() => {
      if (socket.closed) return;
      if (this.up) return socket.onopen?.();
      socket.closed = true;
      socket.onclose?.({ code: 1006 });
    });
    return socket;
  }

  carry(socket: FakeWebSocket, text: string): void {
    if (this.swallow) return;
    if (/^[\r\n]+$/.test(text)) {
      this.pings += 1;
      if (this.answersPings) queueMicrotask(() => socket.closed || socket.onmessage?.({ data: '\r\n' }));
      return;
    }
    this.messages.push({ sent: true, text });
    queueMicrotask(() => socket.server.closed || this.sink?.message(new TextEncoder().encode(text), socket.server));
  }

  /** Connections that are open now. */
  get openSockets(): FakeWebSocket[] {
    return this.sockets.filter((socket) => !socket.closed);
  }

  /** First lines so far: `> REGISTER …` sent by the page, `< 200 OK` received. */
  ladder(): string[] {
    return this.messages.map(({ sent, text }) => `${sent ? '>' : '<'} ${shortLine(text)}`);
  }

  /** Messages of the page that begin so, newest last. */
  sentByPage(start: string): string[] {
    return this.messages.filter(({ sent, text }) => sent && text.startsWith(start)).map(({ text }) => text);
  }
}

function shortLine(text: string): string {
  const line = text.slice(0, text.indexOf('\r\n'));
  if (line.startsWith('SIP/2.0 ')) return line.slice(8);
  return line.split(' ')[0] ?? '';
}
