import type { Timer } from '@intermix/kernel';
import type { IncomingInvite, Reason } from '@intermix/sip';
import { VoiceError } from '../errors.js';
import type { parts } from '../parts.js';
import type { ReadyAnswer } from '../ringing/part.js';
import { recvInfo } from './call-recording.js';
import type { CallEnd, RemoteParty } from './call-types.js';
import { headerMapOf } from './header-map.js';
import type { Peer } from './peer.js';
import { remotePartyOf } from './remote-party.js';
import { type CallServices, unholdAll, VoiceCall } from './voice-call.js';

type RingingPart = Awaited<ReturnType<typeof parts.ringing>>;

/** A call that came to this page. Rings from the start: 180 is sent here. */
export class IncomingCall extends VoiceCall {
  readonly direction = 'incoming';
  readonly callId: string;
  readonly remote: RemoteParty;
  readonly #invite: IncomingInvite;
  readonly #noAnswerTimer: Timer;
  #answering: Promise<void> | undefined;
  #ready: ReadyAnswer | undefined;

  constructor(services: CallServices, invite: IncomingInvite, noAnswerMs: number) {
    super(services, 'ringing');
    this.#invite = invite;
    this.callId = invite.request.callId;
    this.remote = remotePartyOf(invite.request.from);
    this.headers = headerMapOf(invite.request);
    invite.on('cancelled', (reason) => this.finish(cancelledBy(reason)));
    this.#noAnswerTimer = services.platform.clock.schedule(noAnswerMs, () => this.#notAnswered());
    this.on('ended', () => {
      this.#noAnswerTimer.cancel();
      this.#ready?.close();
    });
    invite.progress(180);
  }

  /** Makes the answer ready while it rings. @internal */
  prepare({ ReadyAnswer }: RingingPart): void {
    const { offer } = this.#invite;
    if (this.state !== 'ringing' || offer === undefined) return;
    this.#ready = new ReadyAnswer({ platform: this.services.platform, peer: this.newPeer(), offer });
  }

  answer(): Promise<void> {
    this.#answering ??= this.#answer().finally(() => {
      this.#answering = undefined;
    });
    return this.#answering;
  }

  reject(status = 486): void {
    if (this.state !== 'ringing' && this.state !== 'answering') return;
    this.#invite.reject(status);
    this.finish({ reason: 'rejected', by: 'local', status });
  }

  protected giveUp(): void {
    this.reject();
  }

  protected flowLostBeforeAnswer(): void {
    this.finish({ reason: 'connection-lost', by: 'local' });
  }

  async #answer(): Promise<void> {
    this.#mustRing();
    this.answeredAt = this.services.platform.clock.now();
    this.setState('answering');
    const ready = this.#ready;
    this.#ready = undefined;
    const readyPeer = ready?.take();
    const peer = this.createPeer(readyPeer);
    if (readyPeer) ready?.retell();
    else if (this.#invite.offer !== undefined) peer.prepare(this.#invite.offer);
    let others: VoiceCall[];
    try {
      await peer.openMicrophone(this.services.route.microphone());
      others = await this.services.holdOthers(this); // Only now: a blocked microphone must not leave the other call on hold.
    } catch (error) {
      this.#ringOn(error);
      throw error;
    }
    try {
      await this.#accept(peer, readyPeer && ready);
    } catch (error) {
      unholdAll(others); // Held for nothing.
      throw error;
    }
  }

  async #accept(peer: Peer, ready: ReadyAnswer | undefined): Promise<void> {
    if (this.#over()) throw this.#tooLate();
    const { offer } = this.#invite;
    let sdp: string;
    try {
      if (offer === undefined) sdp = await peer.offer();
      else sdp = ready?.give() ?? (await peer.answer(offer));
    } catch (cause) {
      if (this.#over()) throw this.#tooLate();
      const error = new VoiceError('media-failed', 'the offered media does not suit this browser', { cause });
      this.#invite.reject(488);
      this.finish({ reason: 'media-failed', by: 'local', status: 488 }, error);
      throw error;
    }
    if (this.#over()) throw this.#tooLate();
    const session = this.#invite.accept({ sdp, headers: recvInfo });
    if (!session) throw this.#tooLate();
    this.#noAnswerTimer.cancel();
    if (offer === undefined) {
      session.on('acknowledged', (answer) => {
        const applied =
          answer === undefined ? Promise.reject(new Error('no answer in the ACK')) : peer.acceptAnswer(answer);
        applied.catch((cause) => {
          if (this.#over()) return;
          this.abort(session, new VoiceError('media-failed', 'the answer in the ACK could not be used', { cause }));
        });
      });
    }
    this.established(session, peer);
  }

  /** The microphone was refused: the person may allow it and answer again while it rings. */
  #ringOn(error: unknown): void {
    this.closePeer();
    this.answeredAt = undefined;
    this.setState('ringing');
    if (!this.#over()) this.report(VoiceError.microphone(error));
  }

  /** Nor while the person is asked for the microphone: the timer comes once. */
  #notAnswered(): void {
    this.#invite.reject(480);
    this.finish({ reason: 'no-answer', by: 'local', status: 480 });
  }

  #mustRing(): void {
    if (this.#over()) throw this.#tooLate();
    if (this.state !== 'ringing') throw new VoiceError('wrong-state', `the call is ${this.state}`);
  }

  #over(): boolean {
    return this.state === 'ended';
  }

  #tooLate(): VoiceError {
    return new VoiceError('call-ended', 'the caller had gone before the answer');
  }
}

/** RFC 3326: `Reason: SIP;cause=200` in a CANCEL says that another device answered. */
function cancelledBy(reason: Reason | undefined): CallEnd {
  const elsewhere = reason?.protocol === 'SIP' && reason.cause === 200;
  const text = reason?.text;
  return {
    reason: elsewhere ? 'answered-elsewhere' : 'cancelled',
    by: 'remote',
    status: 487,
    ...(text ? { text } : {}),
  };
}
