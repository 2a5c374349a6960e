import type { Clock, Timer } from '@intermix/kernel';
import ndc, { type PeerConnection, type Track } from 'node-datachannel';
import { isRtcp } from '../../rtp/rtp-packet.js';
import type { DtlsRole, RemoteTransport } from '../../sdp/descriptions.js';
import type { DtlsCertificate } from './certificate.js';
import type { MediaTransport, TransportHandlers } from './transport.js';

type WebRtcRemote = Extract<RemoteTransport, { kind: 'webrtc' }>;

export interface WebRtcTransportOptions {
  name: string;
  iceUfrag: string;
  icePwd: string;
  certificate: DtlsCertificate;
  muxPort: number;
  bindAddress: string;
  clock: Clock;
  handlers: TransportHandlers;
}

/** The library itself gives up after 40 s. */
const openTimeoutMs = 15_000;

/**
 * ICE, DTLS and SRTP through libdatachannel, as a pipe only: it never sees codecs, direction or hold.
 *
 * Inside the library we are always the answerer, also when our side made the SDP offer: the far end's description is
 * fed to it typed as an offer, and our ICE credentials go into the answer. As offerer it has a race between the peer's
 * DTLS and the storing of the remote fingerprint, and loses calls on a busy machine.
 */
export class WebRtcTransport implements MediaTransport {
  readonly #options: WebRtcTransportOptions;
  #connection: PeerConnection | undefined;
  #responder: PeerConnection | undefined;
  #track: Track | undefined;
  #remoteKey: string | undefined;
  #openTimer: Timer | undefined;
  #hasToldFailure = false;
  #isOpen = false;
  #closed = false;

  constructor(options: WebRtcTransportOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Answers ICE checks from now on, before the far end's answer has come. A browser whose STUN server is silent ends its
   * gathering as soon as a pair works, so that its answer comes after 0.1 s instead of 5 s and more.
   *
   * A connection with our credentials and without a remote side does just that. It cannot become connected (it does
   * not know the far end's password), so it never starts DTLS; the real one takes its place in `setRemote`.
   */
  answerChecks(): void {
    if (this.#closed || this.#connection || this.#responder) return;
    const { iceUfrag, icePwd } = this.#options;
    this.#responder = this.#newConnection();
    this.#responder.addTrack(new ndc.Audio('0', 'SendRecv'));
    this.#responder.setLocalDescription('offer', { iceUfrag, icePwd });
  }

  /** Takes the far end's side. The same one again does nothing; another one (another fork's answer) starts anew. */
  setRemote(remote: WebRtcRemote, role: DtlsRole): void {
    const key = `${remote.iceUfrag} ${remote.icePwd} ${remote.fingerprint}`;
    if (this.#closed || key === this.#remoteKey) return;
    this.#remoteKey = key;
    this.#release();
    this.#hasToldFailure = false;
    this.#openTimer = this.#options.clock.schedule(openTimeoutMs, () => {
      this.#failed(`ICE and DTLS did not come up within ${openTimeoutMs / 1000} s`);
    });
    this.#open(remote, role);
  }

  sendRtp(packet: Buffer): void {
    if (!this.#isOpen) return;
    try {
      this.#track?.sendMessageBinary(packet);
    } catch {
      this.#isOpen = false; // The library closed it; its state change follows.
    }
  }

  sendRtcp(packet: Buffer): void {
    this.sendRtp(packet);
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #open(remote: WebRtcRemote, role: DtlsRole): void {
    const { iceUfrag, icePwd } = this.#options;
    const connection = this.#newConnection();
    this.#connection = connection;
    connection.onStateChange((state) => this.#stateChanged(connection, state));
    // Before setRemoteDescription: a track made from the remote section would echo its header extensions.
    const track = connection.addTrack(new ndc.Audio('0', 'SendRecv'));
    this.#track = track;
    track.onOpen(() => this.#opened(connection));
    track.onMessage((data) => this.#received(connection, data));
    connection.setRemoteDescription(pipeDescription(remote, role), 'offer');
    connection.setLocalDescription('answer', { iceUfrag, icePwd });
  }

  #newConnection(): PeerConnection {
    const { name, certificate, muxPort, bindAddress } = this.#options;
    return new ndc.PeerConnection(name, {
      iceServers: [],
      disableAutoNegotiation: true,
      bindAddress,
      enableIceUdpMux: true,
      portRangeBegin: muxPort,
      portRangeEnd: muxPort,
      certificatePemFile: certificate.certificatePath,
      keyPemFile: certificate.keyPath,
    });
  }

  #opened(connection: PeerConnection): void {
    if (connection !== this.#connection) return;
    this.#isOpen = true;
    this.#hasToldFailure = false;
    this.#openTimer?.cancel();
    this.#options.handlers.connected();
  }

  #received(connection: PeerConnection, data: Buffer): void {
    if (connection !== this.#connection) return;
    if (isRtcp(data)) this.#options.handlers.rtcp(data);
    else this.#options.handlers.rtp(data);
  }

  #stateChanged(connection: PeerConnection, state: string): void {
    if (connection !== this.#connection) return;
    if (state !== 'failed' && state !== 'closed') return;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (state === 'failed') this.#failed(wasOpen ? 'the path broke: ICE consent was lost' : 'ICE or DTLS failed');
    else this.#failed(wasOpen ? 'the far end closed DTLS' : 'closed before it was open');
  }

  /** Told once; a transport that opens after all tells that it is connected. */
  #failed(reason: string): void {
    this.#openTimer?.cancel();
    if (this.#hasToldFailure) return;
    this.#hasToldFailure = true;
    this.#options.handlers.failed(reason);
  }

  #release(): void {
    this.#openTimer?.cancel();
    const connections = [this.#connection, this.#responder];
    this.#connection = undefined;
    this.#responder = undefined;
    this.#track = undefined;
    this.#isOpen = false;
    for (const connection of connections) closeQuietly(connection);
  }
}

function closeQuietly(connection: PeerConnection | undefined): void {
  try {
    connection?.close();
  } catch {
    // Closed by the library itself.
  }
}

/** The little that libdatachannel needs. `active` as the far end's role makes it the DTLS server. */
function pipeDescription(remote: WebRtcRemote, role: DtlsRole): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:0 PCMU/8000',
    `a=ice-ufrag:${remote.iceUfrag}`,
    `a=ice-pwd:${remote.icePwd}`,
    `a=fingerprint:${remote.fingerprint}`,
    `a=setup:${role === 'passive' ? 'active' : 'actpass'}`,
    ...remote.candidates.map((candidate) => `a=candidate:${candidate}`),
    '',
  ].join('\r\n');
}
