/** Audio that a bot has not taken for so long goes, the oldest first. */
const maxHeldMs = 1_000;

interface HeldFrame {
  durationMs: number;
  write: () => string | Uint8Array;
}

/**
 * Towards a bot that reads slowly: what the socket does not take waits here, a second of audio at most, so that a bot which
 * comes back hears the present and not the past. Messages are numbered when they are written, so numbers have no holes where
 * frames were dropped; their timestamps have.
 */
export class FrameOutlet {
  readonly #socket: { readonly bufferedBytes: number; send(data: string | Uint8Array): void };
  readonly #maxBufferedBytes: number;
  #held: HeldFrame[] = [];
  #heldMs = 0;
  #sent = 0;
  #dropped = 0;

  constructor(
    socket: { readonly bufferedBytes: number; send(data: string | Uint8Array): void },
    options: { maxBufferedBytes: number },
  ) {
    this.#socket = socket;
    this.#maxBufferedBytes = options.maxBufferedBytes;
  }

  /** Frames that went to the socket, and frames that were dropped. */
  get counts(): { framesSent: number; framesDropped: number } {
    return { framesSent: this.#sent, framesDropped: this.#dropped };
  }

  push(frame: HeldFrame): void {
    this.#held.push(frame);
    this.#heldMs += frame.durationMs;
    this.flush();
    while (this.#heldMs > maxHeldMs) {
      this.#heldMs -= this.#held.shift()?.durationMs ?? this.#heldMs;
      this.#dropped++;
    }
  }

  /** Sends what the socket takes now. */
  flush(): void {
    while (this.#held.length > 0 && this.#socket.bufferedBytes <= this.#maxBufferedBytes) {
      const frame = this.#held.shift()!;
      this.#heldMs -= frame.durationMs;
      this.#sent++;
      this.#socket.send(frame.write());
    }
  }
}
