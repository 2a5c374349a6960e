import type { TabWord } from './messages.js';

/** Keep-alive of RFC 5626 over a WebSocket, as the engine sends and expects it. */
const PING = '\r\n\r\n';
const PONG = '\r\n';

type Handler<E> = ((event: E) => void) | null;

/**
 * What a tab that does not register has in the place of its WebSocket: SIP messages go to the tab that does, which passes
 * them on. To the engine it is a WebSocket like any other: it opens, and it closes when the other tab goes.
 */
export class ChannelSocket {
  onopen: Handler<Event> = null;
  onclose: Handler<{ code: number }> = null;
  onerror: Handler<Event> = null;
  onmessage: Handler<{ data: string }> = null;
  binaryType = 'blob';
  readonly id: string;
  readonly #post: (word: TabWord) => void;
  readonly #ask: () => void;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';

  /** `ask` asks whoever registers to be served; asked again when that is another tab. */
  constructor(id: string, post: (word: TabWord) => void, ask: () => void) {
    this.id = id;
    this.#post = post;
    this.#ask = ask;
    ask();
  }

  /** What the tab wants has changed. */
  askAgain(): void {
    if (this.#state !== 'closed') this.#ask();
  }

  /** Another tab registers now. */
  leaderChanged(): void {
    if (this.#state === 'connecting') this.#ask();
    else this.lost();
  }

  send(text: string): void {
    if (this.#state !== 'open') throw new Error('the socket is not open');
    // Whether the other tab lives is watched over by pings of the tabs' own.
    if (text === PING) void Promise.resolve().then(() => this.deliver(PONG));
    else this.#post({ kind: 'up', socket: this.id, text });
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#post({ kind: 'close', socket: this.id });
  }

  /** Gives the connection up from this end, as if it had been lost. */
  leave(): void {
    if (this.#state !== 'closed') this.#post({ kind: 'close', socket: this.id });
    this.lost();
  }

  opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.onopen?.(new Event('open'));
  }

  deliver(text: string): void {
    if (this.#state === 'open') this.onmessage?.({ data: text });
  }

  /** The other tab is gone, or has lost the server. */
  lost(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.onclose?.({ code: 1006 });
  }
}
