import type { Peer } from '../call/peer.js';
import type { Platform } from '../platform.js';

/**
 * From the answer's way to the far end until ours towards it are checked. A check that comes before the answer is thrown away,
 * and a browser repeats it after 48 ms only; a server that checks by itself is heard before.
 */
const CHECKS_AFTER_MS = 20;

export interface ReadyAnswerDeps {
  platform: Platform;
  /** Of this answer's own, and nobody listens to it yet. */
  peer: Peer;
  offer: string;
}

/**
 * The answer to an incoming call's offer, made while it rings: connection, codecs and candidates. Two things are missing until the
 * person answers. The microphone: it is neither opened nor asked for, and comes by `replaceTrack`. And the far end's candidates:
 * without them no check leaves, and nothing can fail however long it rings.
 */
export class ReadyAnswer {
  readonly #deps: ReadyAnswerDeps;
  readonly #candidates: string[] = [];
  readonly #streams: MediaStream[] = [];
  readonly #states: RTCIceGatheringState[] = [];
  readonly #stops: Array<() => void>;
  #transceiver: RTCRtpTransceiver | undefined;
  /** Read at each candidate: at the answer the browser's threads are busy, and reading waits for them. */
  #sdp = '';

  constructor(deps: ReadyAnswerDeps) {
    this.#deps = deps;
    const { peer, platform } = deps;
    const close = () => this.close();
    this.#stops = [
      peer.on('remoteStream', (stream) => this.#streams.push(stream)),
      peer.on('iceGathering', (state) => this.#states.push(state)),
      // In another network the candidates are others.
      platform.onPage('networkchange', close),
      platform.onPage('online', close),
    ];
    this.#make().catch(close); // What is wrong with the offer is told by the answer without us.
  }

  /** The peer, for the answer that is given now; undefined where one is better made anew, and this one is closed then. */
  take(): Peer | undefined {
    for (const stop of this.#stops) stop();
    const { peer } = this.#deps;
    if (!peer.closed && this.#transceiver && hasOwnAddress(this.#sdp)) return peer;
    this.close();
    return undefined;
  }

  /** Tells what happened to the peer before anybody listened. */
  retell(): void {
    this.#deps.peer.retell(this.#streams, this.#states);
  }

  /** Puts the microphone into the answer, and gives it. */
  give(): string {
    const { peer, offer, platform } = this.#deps;
    if (this.#transceiver) peer.adopt(this.#transceiver, offer);
    platform.clock.schedule(CHECKS_AFTER_MS, () => this.#startChecks());
    return this.#sdp;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#deps.peer.close();
  }

  async #make(): Promise<void> {
    const { peer, offer } = this.#deps;
    const { connection } = peer;
    connection.addEventListener('icecandidate', () => {
      this.#sdp = connection.localDescription?.sdp ?? '';
    });
    await connection.setRemoteDescription({ type: 'offer', sdp: this.#withoutCandidates(offer) });
    const transceiver = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === 'audio');
    if (!transceiver) throw new Error('nothing to answer');
    transceiver.direction = 'sendrecv';
    peer.orderCodecs(transceiver);
    await connection.setLocalDescription(await connection.createAnswer());
    this.#transceiver = transceiver;
  }

  /** They are part of the description, RFC 8839 §5.1, or come one by one, RFC 8838: here they come later. */
  #withoutCandidates(offer: string): string {
    return offer.replace(/^a=(?:(candidate:.*?)|end-of-candidates)\r?\n/gm, (_line, candidate?: string) => {
      if (candidate) this.#candidates.push(candidate);
      return '';
    });
  }

  #startChecks(): void {
    const { connection, closed } = this.#deps.peer;
    const usernameFragment = /^a=ice-ufrag:(.*?)\r?$/m.exec(this.#deps.offer)?.[1] ?? null;
    for (const candidate of closed ? [] : this.#candidates) {
      // Refused where a restart has brought others meanwhile.
      connection.addIceCandidate({ candidate, sdpMLineIndex: 0, usernameFragment }).catch(() => {});
    }
  }
}

/**
 * False where nothing was gathered, or only names in the place of addresses: so browsers hide the device's addresses from
 * a page that has no microphone, and those are the better ones.
 */
function hasOwnAddress(sdp: string): boolean {
  return /^a=candidate:/m.test(sdp) && !/^a=candidate:.*\.local /m.test(sdp);
}
