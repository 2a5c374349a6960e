import {
  type InviteSession,
  type OutgoingInvite,
  type OutgoingInviteEvents,
  type SipFailure,
  SipHeaderError,
  type SipResponse,
} from '@intermix/sip';
import { VoiceError } from '../errors.js';
import { endReasonOf, type RemoteParty } from './call-types.js';
import { headerMapOf } from './header-map.js';
import type { Peer } from './peer.js';
import { type CallServices, unholdAll, VoiceCall } from './voice-call.js';

type Progress = OutgoingInviteEvents['progress'][0];

/** A call that this page places. The INVITE goes out when the microphone is open. */
export class OutgoingCall extends VoiceCall {
  readonly direction = 'outgoing';
  readonly remote: RemoteParty;
  readonly #send: (sdp: string) => OutgoingInvite;
  #invite: OutgoingInvite | undefined;
  #earlySdp: string | undefined;

  constructor(services: CallServices, remote: RemoteParty, send: (sdp: string) => OutgoingInvite) {
    super(services, 'calling');
    this.remote = remote;
    this.#send = send;
    void this.#start();
  }

  get callId(): string {
    return this.#invite?.callId ?? '';
  }

  async answer(): Promise<void> {
    throw new VoiceError('wrong-state', 'an outgoing call is answered by the far end');
  }

  reject(): void {
    void this.hangup();
  }

  protected giveUp(): void {
    this.#invite?.cancel();
    this.finish({ reason: 'cancelled', by: 'local', status: 487 });
  }

  /** The engine reports the dead transaction by `failed`; without it the call would wait for its time-out. */
  protected flowLostBeforeAnswer(): void {
    this.#invite?.cancel();
    const error = new VoiceError('connection-lost', 'the connection was lost before the answer');
    this.finish({ reason: 'connection-lost', by: 'local' }, error);
  }

  async #start(): Promise<void> {
    await Promise.resolve(); // The page has the call, and may listen, before anything can happen to it.
    let others: VoiceCall[] = [];
    try {
      const peer = this.createPeer();
      await peer.openMicrophone(this.services.route.microphone());
      // Only now: a blocked microphone must not leave the other call on hold.
      others = await this.services.holdOthers(this);
      const sdp = this.#over() ? '' : await peer.offer();
      if (!this.#over()) return this.#listen(this.#send(sdp), peer);
    } catch (error) {
      this.finish({ reason: 'failed', by: 'local' }, failureOf(error));
    }
    unholdAll(others); // No INVITE went out: they were held for nothing.
  }

  #listen(invite: OutgoingInvite, peer: Peer): void {
    this.#invite = invite;
    invite.on('progress', (progress) => this.#progressed(progress, peer));
    invite.on('answered', (session, response) => void this.#answered(session, response, peer));
    invite.on('failed', (failure) => this.#failed(failure));
  }

  #progressed(progress: Progress, peer: Peer): void {
    if (this.#over()) return;
    this.headers = headerMapOf(progress.response);
    if (progress.sdp !== undefined) return void this.#earlyMedia(progress.sdp, peer);
    if (progress.status !== 180 || this.state !== 'calling') return;
    this.setState('ringing');
    this.emit('ringing');
  }

  async #earlyMedia(sdp: string, peer: Peer): Promise<void> {
    if (this.#earlySdp === sdp) return;
    this.#earlySdp = sdp;
    try {
      await peer.acceptAnswer(sdp, true);
    } catch (error) {
      this.services.logger.warn({ error: String(error) }, 'early media could not be used');
      return;
    }
    if (this.#over() || this.state === 'connected') return;
    this.setState('early-media');
    this.emit('earlyMedia', this.remoteStream);
  }

  async #answered(session: InviteSession, response: SipResponse, peer: Peer): Promise<void> {
    if (this.#over()) return session.bye();
    this.headers = headerMapOf(response);
    // Some carriers leave the SDP out of the 200 when the 183 had it.
    const sdp = response.sdp ?? this.#earlySdp;
    const applied = sdp === undefined ? Promise.reject(new Error('no SDP in the 200')) : peer.acceptAnswer(sdp);
    this.established(session, peer);
    try {
      await applied;
    } catch (cause) {
      if (this.#over()) return;
      this.abort(session, new VoiceError('media-failed', 'the answer does not suit this browser', { cause }));
    }
  }

  #failed(failure: SipFailure): void {
    const { status, reason: text } = failure;
    const reason = failure.cause === 'transport' ? 'connection-lost' : endReasonOf(status);
    const isError = reason === 'failed' || reason === 'forbidden' || reason === 'connection-lost';
    const error = isError
      ? new VoiceError('call-refused', `the server refused the call: ${status} ${text}`, { status })
      : undefined;
    this.finish({ reason, by: 'remote', status, text }, error);
  }

  #over(): boolean {
    return this.state === 'ended';
  }
}

function failureOf(cause: unknown): VoiceError {
  if (cause instanceof VoiceError) return cause;
  // The engine refuses header fields that it writes itself, and values with line breaks.
  if (cause instanceof SipHeaderError) return new VoiceError('invalid-options', cause.message, { cause });
  return new VoiceError('media-failed', String(cause), { cause });
}
