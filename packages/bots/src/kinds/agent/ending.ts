import type { Timer } from '@intermix/kernel';
import type { BotSession, DisconnectedBy } from '../../session/bot.js';

/** A farewell that is not heard by then is not waited for. */
const longestFarewellMs = 20_000;
const mark = 'agent-over';

/** Hangs up once what is to be heard has been: what was said before, and a farewell. */
export class Ending {
  readonly #deps: EndingDeps;
  #begun: { by: DisconnectedBy; why: string } | undefined;
  #deadline: Timer | undefined;

  constructor(deps: EndingDeps) {
    this.#deps = deps;
  }

  /** Nothing new is begun any more. */
  get isBegun(): boolean {
    return this.#begun !== undefined;
  }

  begin(by: DisconnectedBy, why: string, farewell: string): void {
    if (this.#begun !== undefined) return;
    const { session, isReachable, sayFarewell } = this.#deps;
    this.#begun = { by, why };
    this.#deadline = session.clock.schedule(session.queuedMs + longestFarewellMs, () => this.#hangUp());
    if (farewell !== '' && isReachable()) sayFarewell(farewell);
    else session.mark(mark);
  }

  /** A response was said to its end: nothing follows. */
  farewellSaid(): void {
    this.#deps.session.mark(mark);
  }

  handleMark(name: string): void {
    if (name === mark) this.#hangUp();
  }

  close(): void {
    this.#deadline?.cancel();
  }

  #hangUp(): void {
    if (this.#begun === undefined) return;
    this.#deps.beforeClose();
    this.#deps.session.close(this.#begun.by, this.#begun.why);
  }
}

export interface EndingDeps {
  session: BotSession;
  isReachable: () => boolean;
  sayFarewell: (words: string) => void;
  /** Just before: the last that can be told of the session. */
  beforeClose: () => void;
}
