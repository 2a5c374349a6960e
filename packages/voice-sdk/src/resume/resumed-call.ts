import type { InviteSession } from '@intermix/sip';
import type { RecordingState } from '../call/call-recording.js';
import type { CallSnapshot } from '../call/call-types.js';
import type { Peer } from '../call/peer.js';
import type { CallServices, VoiceCall } from '../call/voice-call.js';
import { VoiceError } from '../errors.js';
import { isCallSnapshot } from './kept-calls.js';
import { openSilence, type Silence } from './silence.js';

/** A call that this page goes on with. */
export interface ResumableCall extends VoiceCall {
  /**
   * Makes a new audio path, and tells the server by a re-INVITE; without `media` the audio stays with another page, and
   * this one can hang up. Rejects with VoiceError when the call is over or its audio cannot be had: it is then over here.
   * `resumed` runs when the far end is heard again, before any event that tells of the microphone: the person may be asked for
   * it anew (Firefox, Safari), and the call does not wait. Until it is open the call is muted, and `unmute()` asks again.
   */
  start(session: InviteSession, media: boolean, resumed: () => void): Promise<void>;
}

/** After this long without a microphone the page is told: the person has not seen the browser's question, or thinks. */
const ASKED_MS = 1_000;

/**
 * A call and its dialog; nothing is sent yet. `Base` is given by the caller, so that the page has one `VoiceCall` and not
 * two. Throws VoiceError `invalid-options`, whatever the snapshot is.
 */
export function resumeCall(
  Base: typeof VoiceCall,
  services: CallServices,
  snapshot: CallSnapshot,
  resume: () => InviteSession,
): [ResumableCall, InviteSession] {
  try {
    if (!isCallSnapshot(snapshot)) throw new Error('it is none');
    return [makeResumedCall(Base, services, snapshot), resume()];
  } catch (cause) {
    throw new VoiceError('invalid-options', 'the snapshot of the call cannot be used', { cause, field: 'snapshot' });
  }
}

function makeResumedCall(Base: typeof VoiceCall, services: CallServices, snapshot: CallSnapshot): ResumableCall {
  class ResumedCall extends Base {
    readonly direction = snapshot.direction;
    readonly callId = snapshot.callId;
    readonly remote = snapshot.remote;
    /** The person wants to be heard. */
    #isWanted = !snapshot.muted;
    #isAsking = false;
    #silence: Silence | undefined;

    constructor() {
      super(services, 'connected');
      this.headers = snapshot.headers;
      (this.recording as { state: RecordingState }).state = recordingOf(snapshot);
      this.startedAt = snapshot.startedAt;
      this.answeredAt = snapshot.answeredAt;
    }

    async start(session: InviteSession, media: boolean, resumed: () => void): Promise<void> {
      const peer = media ? this.createPeer() : undefined;
      this.established(session, peer, snapshot);
      // At once: the server waits some seconds for a page that is back, and a person may take longer to answer the browser.
      const microphone = peer && this.#openMicrophone(peer);
      microphone?.catch(() => {});
      try {
        await this.renegotiate();
      } catch (cause) {
        this.#giveUp(session, cause);
      }
      if (this.state === 'ended') throw new VoiceError('call-ended', 'the call ended while it was taken up');
      resumed();
      if (microphone) this.#await(microphone);
    }

    override mute(): void {
      this.#isWanted = false;
      super.mute();
    }

    override unmute(): void {
      this.#isWanted = true;
      const { peer } = this;
      if (!peer || peer.microphone) super.unmute();
      else if (!this.#isAsking && this.state !== 'ended') this.#await(this.#openMicrophone(peer));
    }

    /** The next page asks for itself: only what the person wanted is handed on. */
    override snapshot(): CallSnapshot | undefined {
      const own = super.snapshot();
      return own && { ...own, muted: !this.#isWanted };
    }

    async #openMicrophone(peer: Peer): Promise<void> {
      await peer.openMicrophone(services.route.microphone());
      this.applyMicrophone(); // First: nothing may be heard of a muted room.
      await peer.sender?.replaceTrack(peer.microphone?.getAudioTracks()[0] ?? null);
      this.#silence?.stop();
      if (this.#isWanted) super.unmute();
    }

    /** Goes on without it until it is open. */
    #await(microphone: Promise<void>): void {
      this.#isAsking = true;
      const asked = new VoiceError('microphone-blocked', 'the browser asks the person for the microphone');
      const timer = services.platform.clock.schedule(ASKED_MS, () => void this.#goUnheard(asked));
      microphone
        .catch((error) => this.#goUnheard(VoiceError.microphone(error)))
        .finally(() => {
          timer.cancel();
          this.#isAsking = false;
        });
    }

    async #goUnheard(error: VoiceError): Promise<void> {
      if (this.state === 'ended') return;
      super.mute();
      this.report(error);
      if (this.#silence) return;
      this.#silence = openSilence(services.platform);
      this.once('ended', () => this.#silence?.stop());
      const track = this.#silence?.track;
      if (track && !this.peer?.microphone) await this.peer?.sender?.replaceTrack(track).catch(() => {});
    }

    async answer(): Promise<void> {
      throw new VoiceError('wrong-state', 'the call is connected');
    }

    reject(): void {
      void this.hangup();
    }

    protected giveUp(): void {
      this.finish({ reason: 'local-hangup', by: 'local' });
    }

    protected flowLostBeforeAnswer(): void {
      this.finish({ reason: 'connection-lost', by: 'local' });
    }

    /** A customer who would hear nothing any more is let go. */
    #giveUp(session: InviteSession, cause: unknown): void {
      if (this.state === 'ended') return;
      this.abort(session, new VoiceError('media-failed', 'no new audio path could be made', { cause }));
    }
  }
  return new ResumedCall();
}

/** As the page before heard of it; the server tells again once it knows this one. */
function recordingOf({ recording }: CallSnapshot): RecordingState {
  return recording === 'recording' || recording === 'paused' ? recording : 'off';
}
