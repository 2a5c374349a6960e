import type { BotSession } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';
import { heardPart } from './spoken-item.js';

/** The first that is said, by whoever says it. */
export class Greeting {
  readonly #config: AgentConfig['greeting'];
  readonly #session: BotSession;
  #isGoingOn: boolean;

  constructor(deps: { config: AgentConfig; session: BotSession }) {
    this.#config = deps.config.greeting;
    this.#session = deps.session;
    this.#isGoingOn = this.#config.by !== 'none';
  }

  /** Whether the caller is not listened to now. */
  get isUndisturbed(): boolean {
    return this.#isGoingOn && !this.#config.interruptible;
  }

  /** Whether the platform's voice is saying it. */
  get isPrompt(): boolean {
    return this.#isGoingOn && this.#config.by === 'prompt';
  }

  over(): void {
    this.#isGoingOn = false;
  }

  /** What was heard of the platform's: nothing was said before it, so that its share is known. */
  get heardText(): string {
    const { playedMs, queuedMs } = this.#session;
    return heardPart(this.#config.text, playedMs / Math.max(1, playedMs + queuedMs));
  }
}

/** What the provider is asked for, to greet. */
export function greetingDirective({ greeting }: AgentConfig): string {
  return greeting.text === '' ? 'Greet the caller.' : verbatim(greeting.text);
}

export function verbatim(words: string): string {
  return `Say to the caller now, word for word, and nothing else: ${JSON.stringify(words)}`;
}
