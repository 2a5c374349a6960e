import { type MediaEngine, SdpError } from '@intermix/media';
import type { CalleeLeg } from './callee-leg.js';
import type { CallerLeg } from './caller-leg.js';

/**
 * The audio between a caller and the callee: who hears whom, and in which codec. The callee chooses among what the
 * caller offered, and the caller is answered with that choice, so that nothing has to be transcoded.
 */
export class MediaJoin {
  readonly #engine: MediaEngine;
  readonly #caller: CallerLeg;
  readonly #onBroken: (error: unknown) => void;
  #queue: Promise<void> = Promise.resolve();
  #callee: CalleeLeg | undefined;

  constructor(deps: { engine: MediaEngine; caller: CallerLeg; onBroken: (error: unknown) => void }) {
    this.#engine = deps.engine;
    this.#caller = deps.caller;
    this.#onBroken = deps.onBroken;
  }

  /** Steps run one after the other. One that fails is told to `onBroken`. */
  enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch(this.#onBroken);
  }

  /** Lets the caller hear the callee's tones before it answers. */
  async early(callee: CalleeLeg, sdp: string): Promise<void> {
    await callee.acceptAnswer(sdp);
    if (this.#caller.ended || callee.ended) return;
    const { codec } = callee.media;
    const { media, offer } = this.#caller;
    // Another fork's tones in another codec cannot be passed; the answer will settle it.
    if (media.codec !== undefined && media.codec !== codec) return;
    await this.#caller.earlyMedia(codec);
    if (offer !== undefined && !this.#caller.ended && !callee.ended) await this.#engine.bridge(media, callee.media);
  }

  /** Takes the callee's answer and gives our description for the caller. Rejects with SdpError when they cannot meet. */
  async agree(callee: CalleeLeg, sdp: string | undefined): Promise<string> {
    this.#callee = callee;
    if (sdp !== undefined) await callee.acceptAnswer(sdp);
    else if (!callee.hasAnswer) throw new SdpError('malformed', 'the 200 of the callee holds no session description');
    return this.#caller.describe(callee.media.codec);
  }

  /**
   * Bridges the two, or parts them while either holds: the other one hears silence then. When an early answer has fixed
   * the caller's codec and another fork answered in another one, the callee is asked to follow.
   */
  async join(): Promise<void> {
    const callee = this.#callee;
    if (!callee || callee.ended || this.#caller.ended) return;
    if (this.#caller.held || callee.held) return this.#engine.unbridge(this.#caller.media);
    const { codec } = this.#caller.media;
    if (codec === undefined) return; // A late offer: its answer comes with the ACK.
    if (codec !== callee.media.codec) await callee.renegotiate([codec]);
    if (!callee.ended && !this.#caller.ended) await this.#engine.bridge(this.#caller.media, callee.media);
  }
}
