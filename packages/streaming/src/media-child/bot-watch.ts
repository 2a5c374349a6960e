import type { Clock } from '@intermix/kernel';
import type { StreamDetail } from '../stream-end.js';
import type { StreamMessageError } from '../stream-error.js';
import { IntakeLimit } from './intake-limit.js';

/**
 * A ping goes out this often; a bot of which nothing at all is heard for the longer time has stalled. In checks, of which there
 * is one a second, and not by the machine's clock: when that is set no bot has stalled.
 */
const pingAfter = 20;
const stalledAfter = 45;
/** Broken messages that are borne, if none of use comes between them. */
const maxBadInARow = 20;

/** What a bot did that ends its stream, with the code to close with. */
export interface Misbehaviour {
  code: number;
  detail: StreamDetail;
  why: string;
}

/** Watches one bot: that it is alive, that what it sends can be read, and that it is not too much. */
export class BotWatch {
  readonly #ping: () => void;
  readonly #limit: IntakeLimit;
  #checksSinceHeard = 0;
  #checksSincePing = 0;
  #badInARow = 0;
  #bad = 0;

  constructor(options: { clock: Clock; ping: () => void; hold: (isHeld: boolean) => void }) {
    const { clock, ping, hold } = options;
    this.#ping = ping;
    this.#limit = new IntakeLimit({ clock, hold });
  }

  get counts(): { badMessages: number; holdUps: number } {
    return { badMessages: this.#bad, holdUps: this.#limit.holdUps };
  }

  /** Anything at all came, a ping or pong too; a ping costs us its answer, so it counts as a message. */
  heard(octets = 0): void {
    this.#checksSinceHeard = 0;
    if (octets > 0) this.#limit.take(octets);
  }

  /** The message was of use. */
  good(): void {
    this.#badInARow = 0;
  }

  /** The message could not be read. Gives what to end the stream with, when there were too many. */
  bad(error: StreamMessageError): Misbehaviour | undefined {
    this.#bad++;
    if (++this.#badInARow <= maxBadInARow) return undefined;
    const code = error.problem === 'bad-audio' ? 1007 : 1003;
    return { code, detail: 'Streaming_bad_messages', why: `${error.message} So were ${maxBadInARow} before.` };
  }

  /** To be called about once a second. */
  check(): Misbehaviour | undefined {
    this.#checksSinceHeard = this.#limit.isHeld ? 0 : this.#checksSinceHeard + 1; // Held up, we do not read: we cannot tell.
    if (this.#limit.isFlood)
      return { code: 1008, detail: 'Streaming_flood', why: 'The bot sends more than any speech needs.' };
    if (this.#checksSinceHeard >= stalledAfter)
      return { code: 1008, detail: 'Streaming_bot_stalled', why: 'The bot answers no ping.' };
    if (++this.#checksSincePing >= pingAfter) {
      this.#checksSincePing = 0;
      this.#ping();
    }
    return undefined;
  }

  close(): void {
    this.#limit.close();
  }
}
