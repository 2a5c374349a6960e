import type { WebSocket } from 'ws';
import type { BotSocket, BotSocketHandlers } from '../session/bot-socket.js';

/** RFC 6455 §5.5: a control frame holds 125 octets, two of them the code. */
const maxReasonOctets = 120;

/** A WebSocket that was accepted, as a session uses it. */
export class AcceptedSocket implements BotSocket {
  readonly #socket: WebSocket;
  #broken: string | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    // From the first moment: one bad frame to a socket without it is an error of the whole process.
    socket.on('error', (error) => {
      this.#broken ??= 'code' in error && String(error.code).startsWith('WS_ERR_') ? String(error.code) : error.message;
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** To be called once, before anything can have come. */
  listen(handlers: BotSocketHandlers): void {
    const socket = this.#socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) handlers.other('binary');
      else handlers.message(String(data));
    });
    socket.on('ping', () => handlers.other('control'));
    socket.on('pong', () => handlers.other('control'));
    socket.on('close', (code) => {
      const isLarge = this.#broken === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      handlers.closed(isLarge ? 1009 : code, this.#broken);
    });
  }

  send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text, ignoreError);
  }

  close(code: number, reason: string): void {
    let cut = reason.slice(0, maxReasonOctets);
    while (Buffer.byteLength(cut) > maxReasonOctets) cut = cut.slice(0, -1);
    this.#socket.close(code, cut);
  }
}

function ignoreError(): void {
  // A socket that breaks tells so by its close event.
}
