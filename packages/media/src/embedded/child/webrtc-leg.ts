import type { Clock, Random } from '@intermix/kernel';
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

interface Generation {
  transport: WebRtcTransport;
  local: LocalTransport;
}

/**
 * The transports of a browser's leg. libjuice cannot restart ICE, so a restart is a new PeerConnection with other
 * credentials and the other certificate on the same port; the old one carries on until the new one is open.
 */
export class WebRtcLeg {
  readonly #options: WebRtcLegOptions;
  #count = 0;
  #current: Generation;
  #next: Generation | undefined;

  constructor(options: WebRtcLegOptions) {
    this.#options = options;
    this.#current = this.#make();
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

  setRemote(remote: Extract<RemoteTransport, { kind: 'webrtc' }>, role: DtlsRole): void {
    (this.#next ?? this.#current).transport.setRemote(remote, role);
  }

  close(): void {
    this.#next?.transport.close();
    this.#current.transport.close();
  }

  #make(): Generation {
    const { announcedAddress, bindAddress, muxPort, certificates, random, endpoint } = this.#options;
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
