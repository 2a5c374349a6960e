import type { Asked, AskOptions } from './flow-actions.js';

/** The answer of a URL, as the outbound client gives it. */
export interface UrlAnswer {
  status: number;
  body: Buffer;
}

/** The outbound client's way to GET. */
export interface UrlGetter {
  get(
    url: string,
    options?: { headers?: Readonly<Record<string, string>>; timeoutMs?: number; maxBytes?: number },
  ): Promise<UrlAnswer>;
}

const maxAnswerBytes = 65_536;
const tellTimeoutMs = 10_000;
/** Steps that one call may have untold: a receiver that never answers costs no more than these. */
const maxWaiting = 50;

/** Asks and tells customers' URLs on behalf of one call. */
export class UrlAsker {
  readonly #client: UrlGetter;
  #telling: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(deps: { client: UrlGetter }) {
    this.#client = deps.client;
  }

  async ask(url: string, { timeoutMs, headers }: AskOptions): Promise<Asked> {
    try {
      const options = { timeoutMs, maxBytes: maxAnswerBytes, ...(headers && { headers }) };
      const { status, body } = await this.#client.get(url, options);
      return { status, body: body.toString('utf8') };
    } catch (error) {
      return { status: undefined, body: '', error: error instanceof Error ? error.message : 'unknown' };
    }
  }

  /** In the order in which they were told. What is over the limit is dropped. */
  tell(url: string): void {
    if (this.#waiting >= maxWaiting) return;
    this.#waiting++;
    this.#telling = this.#telling
      .then(() => this.ask(url, { timeoutMs: tellTimeoutMs }))
      .finally(() => {
        this.#waiting--;
      });
  }
}
