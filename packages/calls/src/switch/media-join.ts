import type { MediaEngine, MediaLeg } from '@intermix/media';
import type { Announcement } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import type { CallingParty } from './calling-party.js';

/** The side of a call that others are joined to. */
export type JoinedParty = Pick<CallingParty, 'leg' | 'hears' | 'earlyMedia' | 'settle'>;

/**
 * The audio between the calling party and the one that answers: who hears whom, and in which codec. The callee chooses
 * among what the calling party knows, so that nothing has to be transcoded but PCMU against PCMA.
 */
export class MediaJoin {
  readonly #engine: MediaEngine;
  readonly #calling: JoinedParty;
  readonly #onBroken: (error: unknown) => void;
  #queue: Promise<void> = Promise.resolve();
  #callee: CalleeLeg | undefined;
  /** Who hears an announcement now. */
  #listeners: readonly MediaLeg[] = [];

  constructor(deps: { engine: MediaEngine; calling: JoinedParty; onBroken: (error: unknown) => void }) {
    this.#engine = deps.engine;
    this.#calling = deps.calling;
    this.#onBroken = deps.onBroken;
  }

  /** Both codecs are known and go together. */
  get isAgreed(): boolean {
    const { leg } = this.#calling;
    return leg?.media.codec !== undefined && this.#calling.hears(this.#callee?.media.codec);
  }

  /** Steps run one after the other. One that fails is told to `onBroken`. */
  enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch(this.#onBroken);
  }

  /** Lets the calling party hear the callee's tones before it answers. */
  async early(callee: CalleeLeg, sdp: string): Promise<void> {
    const caller = this.#calling.leg;
    // Listened to before the answer is taken: the first packet may be there already.
    const hasBegun = new Promise<void>((resolve) => void callee.media.on('connected', resolve));
    await callee.acceptAnswer(sdp);
    if (!caller || caller.ended || callee.ended) return;
    const { codec } = callee.media;
    // Another fork's tones in another codec cannot be passed; the answer will settle it.
    if (!this.#calling.hears(codec)) return;
    await this.#calling.earlyMedia(codec, hasBegun);
    const isSettled = caller.media.codec !== undefined; // Not so for a late offer.
    if (isSettled && !caller.ended && !callee.ended) await this.#engine.bridge(caller.media, callee.media);
  }

  /** Takes the callee's answer and settles the calling party's codec. Rejects with SdpError when they cannot meet. */
  async agree(callee: CalleeLeg, sdp: string | undefined): Promise<void> {
    this.#callee = callee;
    await callee.takeFinalAnswer(sdp);
    await this.#calling.settle(callee.media.codec);
  }

  /**
   * What is said to the callee, or to both, before they are joined; waits for its end. Tones that were let through early
   * are parted first. What cannot be played is told to `onFailed` and left out.
   */
  async announce(announcement: Announcement | undefined, onFailed: (error: unknown) => void): Promise<void> {
    const callee = this.#callee;
    const caller = this.#calling.leg;
    if (!announcement || !callee || !caller || callee.ended || caller.ended) return;
    await this.#engine.unbridge(caller.media);
    this.#listeners = announcement.to === 'both' ? [callee.media, caller.media] : [callee.media];
    const plays = await Promise.allSettled(this.#listeners.map((media) => media.playFile(announcement.file)));
    this.#listeners = [];
    const failed = plays.find((play) => play.status === 'rejected');
    if (failed && !callee.ended && !caller.ended) onFailed(failed.reason);
  }

  /**
   * Bridges the two, or parts them while either holds: the other one hears silence then. When the calling party's codec
   * was fixed early and another fork answered in one that it cannot hear, the callee is asked to follow.
   */
  async join(): Promise<void> {
    const callee = this.#callee;
    const caller = this.#calling.leg;
    if (!caller || !callee || callee.ended || caller.ended) return;
    if (caller.held || callee.held) return this.#engine.unbridge(caller.media);
    const { codec } = caller.media;
    if (codec === undefined) return; // A late offer: its answer comes with the ACK.
    if (!this.#calling.hears(callee.media.codec)) await callee.renegotiate([codec]);
    if (!callee.ended && !caller.ended) await this.#engine.bridge(caller.media, callee.media);
  }

  /** Breaks an announcement off. */
  hush(): void {
    for (const media of this.#listeners) if (!media.closed) media.stop().catch(() => {});
  }

  /** The callee has left: nobody is heard any more. */
  async part(): Promise<void> {
    this.#callee = undefined;
    const caller = this.#calling.leg;
    if (caller && !caller.ended) await this.#engine.unbridge(caller.media);
  }
}
