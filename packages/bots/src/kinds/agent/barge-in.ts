import type { BotSession } from '../../session/bot.js';
import type { Mouth } from './mouth.js';
import type { ProviderLink } from './provider-link.js';
import type { ProviderRequests } from './provider-request.js';
import type { Responses } from './responses.js';

/** Stops what is being said: first here, at once; then the provider is told what was heard, and to make no more of it. */
export class BargeIn {
  readonly #deps: BargeInDeps;

  constructor(deps: BargeInDeps) {
    this.#deps = deps;
  }

  /** `sinceMs`: when the provider's word came that the caller speaks, on the session's clock; undefined: nobody speaks. */
  stop(sinceMs?: number): void {
    const { link, requests, responses, mouth } = this.#deps;
    if (mouth.isSpeaking) this.#silence(sinceMs);
    if (responses.cancel()) link.send(requests.cancel());
  }

  #silence(sinceMs: number | undefined): void {
    const { session, link, requests, mouth } = this.#deps;
    const cut = mouth.interrupt(); // By which `clear` is in the caller's socket.
    if (sinceMs !== undefined) session.measure('barge-in', session.clock.now() - sinceMs);
    for (const { itemId, contentIndex, heardMs } of cut)
      if (itemId !== '') link.send(requests.truncate(itemId, contentIndex, heardMs));
    if (sinceMs !== undefined) session.note('barge-in', { heard_ms: cut[0]?.heardMs ?? 0 });
  }
}

export interface BargeInDeps {
  session: BotSession;
  mouth: Mouth;
  responses: Responses;
  link: ProviderLink;
  requests: ProviderRequests;
}
