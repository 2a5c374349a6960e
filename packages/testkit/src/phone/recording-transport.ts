import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '@intermix/sip';

/** A SIP message as it crossed the wire. */
export interface RecordedMessage {
  direction: 'sent' | 'received';
  atMs: number;
  /** The whole message, octets as Latin-1. */
  text: string;
  /** `INVITE sip:…` or `SIP/2.0 200 OK`. */
  startLine: string;
}

const mostMessages = 5_000;

/** A transport that keeps every message which passes it, retransmissions included, keep-alives not. */
export class RecordingTransport implements Transport {
  readonly messages: RecordedMessage[] = [];
  readonly #inner: Transport;
  readonly #outerOf = new WeakMap<Flow, RecordingFlow>();

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get protocols(): readonly SipProtocol[] {
    return this.#inner.protocols;
  }

  start(sink: TransportSink): Promise<void> {
    return this.#inner.start({
      message: (bytes, flow) => {
        this.#record('received', bytes);
        sink.message(bytes, this.#outer(flow));
      },
      flowClosed: (flow, reason) => sink.flowClosed(this.#outer(flow), reason),
    });
  }

  async connect(protocol: SipProtocol, target: SocketAddress, options?: { serverName?: string }): Promise<Flow> {
    return this.#outer(await this.#inner.connect(protocol, target, options));
  }

  sentBy(flow: Flow): { host: string; port?: number } {
    return this.#inner.sentBy(flow instanceof RecordingFlow ? flow.inner : flow);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  #outer(flow: Flow): RecordingFlow {
    const known = this.#outerOf.get(flow);
    if (known) return known;
    const outer = new RecordingFlow(flow, (bytes) => this.#record('sent', bytes));
    this.#outerOf.set(flow, outer);
    return outer;
  }

  #record(direction: RecordedMessage['direction'], bytes: Uint8Array | string): void {
    const text = Buffer.from(bytes as Uint8Array).toString('latin1');
    if (text.trim() === '') return; // A keep-alive.
    const startLine = text.slice(0, text.indexOf('\r\n'));
    this.messages.push({ direction, atMs: Date.now(), text, startLine });
    if (this.messages.length > mostMessages) this.messages.shift();
  }
}

class RecordingFlow implements Flow {
  readonly inner: Flow;
  readonly #sent: (bytes: Uint8Array | string) => void;

  constructor(inner: Flow, sent: (bytes: Uint8Array | string) => void) {
    this.inner = inner;
    this.#sent = sent;
  }

  get id(): string {
    return this.inner.id;
  }

  get protocol(): SipProtocol {
    return this.inner.protocol;
  }

  get local(): SocketAddress {
    return this.inner.local;
  }

  get remote(): SocketAddress {
    return this.inner.remote;
  }

  get reliable(): boolean {
    return this.inner.reliable;
  }

  get secure(): boolean {
    return this.inner.secure;
  }

  get closed(): boolean {
    return this.inner.closed;
  }

  send(bytes: Uint8Array | string): void {
    this.#sent(bytes);
    this.inner.send(bytes);
  }

  close(): void {
    this.inner.close();
  }
}
