import type { BotSession } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';
import type { ProviderEvent } from './provider-event.js';
import { settingsEventId } from './provider-request.js';
import { secretsHidden } from './secrets-hidden.js';

/** So many responses that failed, one after the other, are a provider that cannot. */
const maxFailures = 3;
const maxErrors = 50;

/** What the provider complains of and fails at, and when it is too much. */
export class ProviderFaults {
  readonly #session: BotSession;
  readonly #tooMuch: (why: string) => void;
  /** Masks secrets in what others say. */
  readonly hide: (text: string) => string;
  #failures = 0;
  #errors = 0;
  #unwritten = 0;

  constructor(deps: { config: AgentConfig; session: BotSession; tooMuch: (why: string) => void }) {
    this.#session = deps.session;
    this.#tooMuch = deps.tooMuch;
    this.hide = secretsHidden(deps.config);
  }

  refused({ code, message, eventId }: Extract<ProviderEvent, { type: 'error' }>): void {
    const why = this.hide(message || code);
    this.#session.note('provider-error', { code, why });
    if (eventId === settingsEventId) this.#tooMuch(`The provider refuses the settings: ${why}`);
    else if (++this.#errors >= maxErrors) this.#tooMuch(`The provider refuses too much: ${why}`);
  }

  /** Words of the caller are missing in the transcript. */
  unwritten(why: string): void {
    if (++this.#unwritten <= maxErrors) this.#session.note('transcription-failed', { why: this.hide(why) });
  }

  /** A response is over; `failure`: why it failed, if it did. */
  responded(failure: string | undefined): void {
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    if (failure === undefined) return;
    this.#session.note('response-failed', { why: this.hide(failure) });
    if (this.#failures >= maxFailures) this.#tooMuch(`The provider fails: ${failure}`);
  }
}
