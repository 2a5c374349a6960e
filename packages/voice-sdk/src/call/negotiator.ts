import type { Logger } from '@intermix/kernel';
import type { IncomingReinvite, InviteSession } from '@intermix/sip';
import { VoiceError } from '../errors.js';
import type { Peer } from './peer.js';

/**
 * Offers and answers inside one call, one at a time: hold, resume, ICE restart, and what the far end asks for.
 * A refused offer is taken back, so that what `held` says is what is in force.
 */
export class Negotiator {
  readonly #session: InviteSession;
  readonly #peer: Peer;
  readonly #logger: Logger;
  #held: boolean;
  #remoteHeld = false;
  /** Steps of ours that wait or are under way. */
  #ours = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** Told when the far end holds us or takes us back. */
  onRemoteHold: (held: boolean) => void = () => {};

  /** `held`, `remoteHeld`: as the call was before another page took it up. */
  constructor(deps: { session: InviteSession; peer: Peer; logger: Logger; held: boolean; remoteHeld: boolean }) {
    this.#session = deps.session;
    this.#peer = deps.peer;
    this.#logger = deps.logger;
    this.#held = deps.held;
    this.#remoteHeld = deps.remoteHeld;
    this.#session.on('reinvite', (reinvite) => {
      // Queued behind an offer of ours it would wait for that one, which the session holds back for its sake.
      if (this.#ours > 0) reinvite.reject(491);
      else void this.#enqueue(() => this.#answer(reinvite));
    });
  }

  get held(): boolean {
    return this.#held;
  }

  get remoteHeld(): boolean {
    return this.#remoteHeld;
  }

  /** Brings the call into the state; gives whether that changed anything. Rejects with `hold-refused`. */
  setHeld(held: boolean): Promise<boolean> {
    return this.#own(async () => {
      if (this.#held === held) return false;
      await this.#offer(held, false);
      this.#held = held;
      return true;
    });
  }

  /** Says again what is in force, over the session's newest flow; with `iceRestart` looks for a new audio path. */
  refresh(iceRestart: boolean): Promise<void> {
    return this.#own(() => this.#offer(this.#held, iceRestart));
  }

  async #offer(held: boolean, iceRestart: boolean): Promise<void> {
    if (this.#session.ended) throw new VoiceError('call-ended', 'the call is over');
    try {
      const sdp = await this.#peer.offer({ direction: directionOf(held), iceRestart });
      const answer = await this.#session.reinvite({ sdp });
      if (answer.sdp === undefined) throw new Error('the answer holds no session description');
      await this.#peer.acceptAnswer(answer.sdp);
      if (!held) this.#noteRemoteHold(answer.sdp); // What answers a hold of ours may be inactive for that.
    } catch (cause) {
      await this.#restore();
      throw this.#session.ended ? new VoiceError('call-ended', 'the call ended meanwhile', { cause }) : refusal(cause);
    }
  }

  async #restore(): Promise<void> {
    if (this.#peer.closed) return;
    try {
      await this.#peer.rollback(directionOf(this.#held));
    } catch (error) {
      this.#logger.warn({ error: String(error) }, 'an offer could not be taken back');
    }
  }

  async #answer(reinvite: IncomingReinvite): Promise<void> {
    if (this.#session.ended || this.#peer.closed) return;
    if (this.#peer.connection.signalingState !== 'stable') return reinvite.reject(491);
    try {
      if (reinvite.offer === undefined) return await this.#answerLateOffer(reinvite);
      const sdp = await this.#peer.answer(reinvite.offer);
      reinvite.accept({ sdp });
      this.#noteRemoteHold(reinvite.offer);
    } catch (error) {
      this.#logger.warn({ error: String(error) }, 'the far end offered what this browser cannot do');
      await this.#restore();
      reinvite.reject(488);
    }
  }

  /** A re-INVITE or UPDATE without SDP: an INVITE asks for our offer, an UPDATE only refreshes (RFC 3311 §5.1). */
  async #answerLateOffer(reinvite: IncomingReinvite): Promise<void> {
    if (reinvite.request.method !== 'INVITE') return reinvite.accept({});
    const sdp = await this.#peer.offer({ direction: directionOf(this.#held) });
    const stop = this.#session.on('acknowledged', (answer) => {
      stop();
      const applied = answer === undefined ? this.#restore() : this.#peer.acceptAnswer(answer);
      applied.catch((error) => this.#logger.warn({ error: String(error) }, 'the answer in an ACK could not be used'));
    });
    reinvite.accept({ sdp });
  }

  #noteRemoteHold(theirs: string): void {
    const held = /^a=(?:sendonly|inactive)\s*$/m.test(theirs);
    if (held === this.#remoteHeld) return;
    this.#remoteHeld = held;
    this.onRemoteHold(held);
  }

  #own<T>(step: () => Promise<T>): Promise<T> {
    this.#ours += 1;
    return this.#enqueue(step).finally(() => {
      this.#ours -= 1;
    });
  }

  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(step);
    this.#queue = result.catch(() => {});
    return result;
  }
}

function directionOf(held: boolean): RTCRtpTransceiverDirection {
  return held ? 'sendonly' : 'sendrecv';
}

function refusal(cause: unknown): VoiceError {
  if (cause instanceof VoiceError) return cause;
  const status = (cause as { status?: number } | undefined)?.status;
  const text = status ? `the far end refused the change (${status})` : 'the change could not be agreed';
  return new VoiceError('hold-refused', text, status ? { cause, status } : { cause });
}
