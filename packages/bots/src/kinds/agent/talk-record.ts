import type { BotSession } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';
import { digitsHidden } from './hidden-digits.js';
import type { ProviderLink } from './provider-link.js';
import type { ProviderRequests, TalkLine } from './provider-request.js';
import { TalkLog } from './talk-log.js';

/** What is written down of a talk: for the call's record, and for a provider that does not know of it. */
export class TalkRecord {
  readonly #deps: TalkRecordDeps;
  readonly #log = new TalkLog();

  constructor(deps: TalkRecordDeps) {
    this.#deps = deps;
  }

  /** What the provider said or heard itself. `atMs`: as `BotSession.elapsedMs`. */
  said(role: 'user' | 'assistant', text: string, atMs?: number): void {
    if (text === '') return;
    const { config, session } = this.#deps;
    session.transcript(role, config.hide_digits ? digitsHidden(text) : text, atMs);
    this.#log.add({ role, text });
  }

  /** What the platform said. */
  saidByPlatform(text: string): void {
    this.said('assistant', text);
    this.#send({ role: 'assistant', text });
  }

  /** What only the provider is to know. */
  tell(line: TalkLine): void {
    this.#log.add(line);
    this.#send(line);
  }

  pressed(digit: string): void {
    const { config, session } = this.#deps;
    session.note('dtmf', { digit: config.hide_digits ? '*' : digit });
  }

  /** All of it, to a provider that has forgotten, or is another one. */
  tellAgain(): void {
    for (const line of this.#log.lines) this.#send(line);
  }

  #send(line: TalkLine): void {
    const { link, requests } = this.#deps;
    link.send(requests.line(line));
  }
}

export interface TalkRecordDeps {
  config: AgentConfig;
  session: BotSession;
  link: ProviderLink;
  requests: ProviderRequests;
}
