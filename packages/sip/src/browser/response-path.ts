// For `transaction/response-path.ts`: responses go back over the WebSocket of their request, or nowhere (RFC 7118 §5).
import type { Flow } from '../transport/flow.js';

export class ResponsePath {
  readonly canReconnect = false;
  readonly #flow: Flow;
  #onLost: (reason: string) => void = () => {};

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Called when a response could not be sent and none will be. */
  onLost(listener: (reason: string) => void): void {
    this.#onLost = listener;
  }

  send(bytes: Uint8Array): void {
    if (this.#flow.closed) this.#onLost('the flow of the request is closed');
    else this.#flow.send(bytes);
  }
}
