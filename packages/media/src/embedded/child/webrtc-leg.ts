import type { Clock, Random, Timer } from '@intermix/kernel';
import type { DtlsRole, LocalTransport, RemoteTransport } from '../../sdp/descriptions.js';
import type { CertificatePair } from './certificate.js';
import type { MediaEndpoint } from './media-endpoint.js';
import { WebRtcTransport } from './webrtc-transport.js';

export interface WebRtcLegOptions {
  endpoint: MediaEndpoint;
  certificates: CertificatePair;
  announcedAddress: string;
  bindAddress: string;
  muxPort: number;
  clock: Clock;
  random: Random;
}

/**
 * How long a browser's checks stay without an answer before its SDP answer. Swapping the one that answers them for the real
 * connection costs up to 1.6 s (the browser is slow to nominate again), so it is for those only whose answer is slow.
 */
const earlyAnswerMs = 400;

type LocalWebRtc = Extract<LocalTransport, { kind: 'webrtc' }>;

interface Generation {
  transport: WebRtcTransport;
  local: LocalWebRtc;
}

/**
 * The transports of a browser's leg. libjuice cannot restart ICE, so a restart is a new PeerConnection with other
 * credentials and the other certificate on the same port; the old one carries on until the new one is open.
 */
export class WebRtcLeg {
  readonly #options: WebRtcLegOptions;
  #count = 0;
  #earlyTimer: Timer | undefined;
  /** The ICE name of the first transport. */
  readonly firstUfrag: string;
  #current: Generation;
  #next: Generation | undefined;

  constructor(options: WebRtcLegOptions) {
    this.#options = options;
    this.#current = this.#make();
    this.firstUfrag = this.#current.local.iceUfrag;
    options.endpoint.useTransport(this.#current.transport);
  }

  /** What our SDP says of the transport in use, or of the one that will be. */
  get local(): LocalTransport {
    return (this.#next ?? this.#current).local;
  }

  /** Prepares a new transport for the far end's ICE restart. */
  restart(): LocalTransport {
    this.#next?.transport.close();
    this.#next = this.#make();
    return this.#next.local;
  }

  /** The browser checks the path before its answer is here; when that takes long, the checks are answered. */
  handleEarlyCheck(): void {
    if (this.#earlyTimer || this.#count > 1) return;
    const { transport } = this.#current;
    this.#earlyTimer = this.#options.clock.schedule(earlyAnswerMs, () => transport.answerChecks());
  }

  setRemote(remote: Extract<RemoteTransport, { kind: 'webrtc' }>, role: DtlsRole): void {
    (this.#next ?? this.#current).transport.setRemote(remote, role);
  }

  close(): void {
    this.#earlyTimer?.cancel();
    this.#next?.transport.close();
    this.#current.transport.close();
  }

  #make(): Generation {
    const { announcedAddress, bindAddress, muxPort, certificates, clock, random, endpoint } = this.#options;
    const number = this.#count++;
    const certificate = certificates.ofGeneration(number);
    const iceUfrag = iceText(random, 8);
    const icePwd = iceText(random, 24);
    const transport: WebRtcTransport = new WebRtcTransport({
      name: `${endpoint.key.legId}-${number}`,
      iceUfrag,
      icePwd,
      certificate,
      muxPort,
      bindAddress,
      clock,
      handlers: {
        rtp: (packet) => endpoint.handleRtp(packet),
        rtcp: (packet) => endpoint.handleRtcp(packet),
        connected: () => this.#connected(transport),
        failed: (reason) => this.#failed(transport, reason),
      },
    });
    const { fingerprint } = certificate;
    return {
      transport,
      local: { kind: 'webrtc', address: announcedAddress, port: muxPort, iceUfrag, icePwd, fingerprint },
    };
  }

  #connected(transport: WebRtcTransport): void {
    if (this.#next?.transport === transport) {
      this.#current = this.#next;
      this.#next = undefined;
      this.#options.endpoint.useTransport(transport); // Closes the one before.
    }
    if (this.#current.transport === transport) this.#options.endpoint.handleConnected();
  }

  #failed(transport: WebRtcTransport, reason: string): void {
    const isRestart = this.#next?.transport === transport;
    if (isRestart) this.#next = undefined;
    // While a restart is under way the old path is expected to die.
    if (isRestart || (this.#current.transport === transport && !this.#next))
      this.#options.endpoint.handleFailed(reason);
  }
}

const iceAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Random ice-chars, RFC 8839 §5.4: six bits each. */
function iceText(random: Random, length: number): string {
  return Array.from(random.bytes(length), (byte) => iceAlphabet[byte & 63]).join('');
}
