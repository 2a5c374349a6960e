/** Sits between the registering tab's engine and its WebSocket, so that other tabs can be served over the same one. */
export interface TrunkTap {
  /** A frame of the server, keep-alives included. */
  received(data: unknown): void;
  /** A frame of this tab's own engine. */
  sending(text: string): void;
}

type Handler<E> = ((event: E) => void) | null;

/**
 * The tapped WebSocket of the tab that registers. To the engine it is the WebSocket, also when the engine had that already
 * and has put its handlers there: they are taken over, and `send` of the real one leads here.
 */
export class Trunk {
  onopen: Handler<Event>;
  onclose: Handler<CloseEvent>;
  onmessage: Handler<MessageEvent>;
  onerror: Handler<Event> = null;
  readonly #real: WebSocket;
  readonly #tap: TrunkTap;
  readonly #send: (text: string) => void;

  constructor(real: WebSocket, tap: TrunkTap) {
    this.#real = real;
    this.#tap = tap;
    this.#send = real.send.bind(real);
    this.onopen = real.onopen?.bind(real) ?? null;
    this.onclose = real.onclose?.bind(real) ?? null;
    this.onmessage = real.onmessage?.bind(real) ?? null;
    real.onopen = (event) => this.onopen?.(event);
    real.onclose = (event) => this.onclose?.(event);
    real.onmessage = (event) => this.#tap.received(event.data);
    real.send = (text) => this.send(text as string);
  }

  set binaryType(type: BinaryType) {
    this.#real.binaryType = type;
  }

  /** From this tab's engine. */
  send(text: string): void {
    this.#tap.sending(text);
  }

  /** To the server. A connection that cannot take it is about to tell so itself. */
  write(text: string): void {
    try {
      this.#send(text);
    } catch {
      this.#real.close();
    }
  }

  /** To this tab's engine. */
  deliver(text: string): void {
    this.onmessage?.({ data: text } as MessageEvent);
  }

  close(code?: number, reason?: string): void {
    const real = this.#real;
    real.onopen = real.onclose = real.onmessage = null;
    real.close(code, reason);
  }
}
