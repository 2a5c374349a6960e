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

  stop(): void {
    const { link, requests, responses, mouth } = this.#deps;
    if (mouth.isSpeaking) this.#silence();
    if (responses.cancel()) link.send(requests.cancel());
  }

  #silence(): void {
    const { session, link, requests, mouth } = this.#deps;
    const startedAtMs = performance.now();
    const cut = mouth.interrupt();
    session.measure('barge-in', performance.now() - startedAtMs);
    for (const { itemId, contentIndex, heardMs } of cut)
      if (itemId !== '') link.send(requests.truncate(itemId, contentIndex, heardMs));
    session.note('barge-in', { heard_ms: cut[0]?.heardMs ?? 0 });
  }
}

export interface BargeInDeps {
  session: BotSession;
  mouth: Mouth;
  responses: Responses;
  link: ProviderLink;
  requests: ProviderRequests;
}
