import { type Attach, openStream, refusedStream, type StreamHandle, type StreamOptions } from './open-stream.js';

/** Far above what one account needs, and below what would starve the others on a machine. */
const defaultLimit = 1_000;

/** Opens streams, counts those of each account that are open, and refuses one that is too many. */
export class ActiveStreams {
  readonly #limit: number;
  readonly #open: typeof openStream;
  readonly #counts = new Map<string, number>();

  /** `limit`: streams of one account at once. */
  constructor(options: { limit?: number; open?: typeof openStream } = {}) {
    this.#limit = options.limit ?? defaultLimit;
    this.#open = options.open ?? openStream;
  }

  activeOf(accountSid: string): { active: number; limit: number } {
    return { active: this.#counts.get(accountSid) ?? 0, limit: this.#limit };
  }

  /** As `openStream`. One too many is told by its `ended`: `failed`, `Streaming_call_throttled`. */
  readonly open: typeof openStream = async (attach: Attach, options: StreamOptions, deps): Promise<StreamHandle> => {
    const { accountSid } = options;
    if (this.activeOf(accountSid).active >= this.#limit) {
      const why = `The account has ${this.#limit} streams open, which is as many as it may have.`;
      return refusedStream(options, 'Streaming_call_throttled', why, deps);
    }
    this.#count(accountSid, 1);
    try {
      const handle = await this.#open(attach, options, deps);
      void handle.ended.then(() => this.#count(accountSid, -1));
      return handle;
    } catch (error) {
      this.#count(accountSid, -1);
      throw error;
    }
  };

  #count(accountSid: string, change: 1 | -1): void {
    const count = (this.#counts.get(accountSid) ?? 0) + change;
    if (count > 0) this.#counts.set(accountSid, count);
    else this.#counts.delete(accountSid);
  }
}
