import type { InviteSession } from '@intermix/sip';
import type { CallSnapshot } from '../call/call-types.js';
import type { Peer } from '../call/peer.js';
import type { CallServices, VoiceCall } from '../call/voice-call.js';
import { VoiceError } from '../errors.js';
import { isCallSnapshot } from './kept-calls.js';

/** A call that this page goes on with. */
export interface ResumableCall extends VoiceCall {
  /**
   * Makes a new audio path, and tells the server by a re-INVITE; without `media` the audio stays with another page, and
   * this one can hang up. Rejects with VoiceError when the call is over or its audio cannot be had: it is then over here.
   */
  start(session: InviteSession, media: boolean): Promise<void>;
}

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

    constructor() {
      super(services, 'connected');
      this.headers = snapshot.headers;
      this.startedAt = snapshot.startedAt;
      this.answeredAt = snapshot.answeredAt;
    }

    async start(session: InviteSession, media: boolean): Promise<void> {
      const peer = media ? this.createPeer() : undefined;
      this.established(session, peer, snapshot);
      if (!peer) return;
      try {
        // At once: the server waits some seconds, and the person may be asked for the microphone.
        await Promise.all([this.renegotiate(), this.#openMicrophone(peer)]);
      } catch (cause) {
        this.#giveUp(session, cause);
      }
      if (this.state === 'ended') throw new VoiceError('call-ended', 'the call ended while it was taken up');
    }

    async #openMicrophone(peer: Peer): Promise<void> {
      await peer.openMicrophone(services.route.microphone());
      this.applyMicrophone(); // First: nothing may be heard of a muted room.
      await peer.sender?.replaceTrack(peer.microphone?.getAudioTracks()[0] ?? null);
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
      const isTold = cause instanceof VoiceError && cause.problem.startsWith('microphone-');
      this.abort(
        session,
        isTold ? cause : new VoiceError('media-failed', 'no new audio path could be made', { cause }),
      );
    }
  }
  return new ResumedCall();
}
