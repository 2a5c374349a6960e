// For `ua/session-path.ts`: a dialog's requests take the WebSocket that it was last seen on. A closed one is replaced by whoever
// opens the next (`follow`).
import type { Uri } from '../message/uri.js';
import type { Flow } from '../transport/flow.js';

export class SessionPath {
  #flow: Flow;

  constructor(options: { flow: Flow }) {
    this.#flow = options.flow;
  }

  get flow(): Flow {
    return this.#flow;
  }

  /** The peer has shown itself on this flow. */
  follow(flow: Flow): void {
    this.#flow = flow;
  }

  /** Calls `use` at once with the open flow, or `fail` in the next turn. Exactly one of them is called. */
  reach(_nextHop: Uri, use: (flow: Flow) => void, fail: (reason: string) => void): void {
    if (!this.#flow.closed) use(this.#flow);
    else void Promise.resolve().then(() => fail('the flow of the dialog is closed'));
  }
}
