import type { RemoteInfo, Socket } from 'node:dgram';
import type { Clock } from '@intermix/kernel';
import { isRtcp } from '../../rtp/rtp-packet.js';
import type { RemoteTransport } from '../../sdp/descriptions.js';
import type { PortRange, SocketPair } from './port-range.js';
import type { MediaTransport, TransportHandlers } from './transport.js';

type RtpRemote = Extract<RemoteTransport, { kind: 'rtp' }>;
interface Address {
  address: string;
  port: number;
}

/** How long a source that is not the signalled one can still be replaced by the signalled one. */
const probationMs = 2000;

/**
 * Plain RTP with symmetric latching. The address that the first packet comes from becomes the peer:
 *
 *   no SDP yet ──setRemote──► waiting ──packet of the signalled address──────────► locked (socket connected)
 *                                └──packet of another──► on probation ──2 s──────► locked
 *                                        └──packet of the signalled address──────► locked
 *
 * Once locked, packets of others are dropped: by us while they reach us, by the kernel after connect(2). A new
 * address in a re-offer starts from `waiting`.
 */
export class RtpTransport implements MediaTransport {
  readonly #pair: SocketPair;
  readonly #range: PortRange;
  readonly #clock: Clock;
  readonly #handlers: TransportHandlers;
  #signalled: RtpRemote | undefined;
  #peer: Address | undefined;
  #latchedAtMs = 0;
  #isConnected = false;
  #hasToldConnected = false;
  #rtcpPeer: Address | undefined;
  #closed = false;
  #droppedPackets = 0;

  constructor(options: { pair: SocketPair; range: PortRange; clock: Clock; handlers: TransportHandlers }) {
    this.#pair = options.pair;
    this.#range = options.range;
    this.#clock = options.clock;
    this.#handlers = options.handlers;
    options.pair.rtp.on('message', (data, from) => this.#receivedRtp(data, from));
    options.pair.rtcp.on('message', (data, from) => this.#receivedRtcp(data, from));
    // ICMP "port unreachable" comes up here once connected. The silence timer judges, not a single packet.
    options.pair.rtp.on('error', () => {});
    options.pair.rtcp.on('error', () => {});
  }

  get port(): number {
    return this.#pair.port;
  }

  get isOpen(): boolean {
    return !this.#closed && this.#destination() !== undefined;
  }

  /** Packets dropped because they came from somebody else. */
  get droppedPackets(): number {
    return this.#droppedPackets;
  }

  /** Takes the far end's address from its SDP. The same one again (hold and resume) leaves the latch as it is. */
  setRemote(remote: RtpRemote): void {
    const before = this.#signalled;
    const isSame = before?.address === remote.address && before.port === remote.port;
    // A hold by 0.0.0.0 gives no new address, and the address that comes back after it is the old one.
    if (remote.isHeld || isSame) {
      this.#signalled ??= remote;
      return;
    }
    this.#signalled = remote;
    this.#rtcpPeer = { address: remote.rtcpAddress, port: remote.rtcpPort };
    this.#unlatch();
  }

  sendRtp(packet: Buffer): void {
    const to = this.#destination();
    if (this.#closed || !to) return;
    sendQuietly(this.#pair.rtp, packet, this.#isConnected ? undefined : to);
  }

  sendRtcp(packet: Buffer): void {
    if (this.#closed || !this.#rtcpPeer || this.#signalled?.isHeld) return;
    sendQuietly(this.#pair.rtcp, packet, this.#rtcpPeer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#range.release(this.#pair);
  }

  /** Before the first packet we send where the SDP points: behind a NAT the far end may wait for us to begin. */
  #destination(): Address | undefined {
    if (this.#peer) return this.#peer;
    return this.#signalled && !this.#signalled.isHeld ? this.#signalled : undefined;
  }

  #receivedRtp(data: Buffer, from: RemoteInfo): void {
    if (this.#closed) return;
    if (!this.#accepts(from)) {
      this.#droppedPackets++;
      return;
    }
    if (isRtcp(data)) this.#handlers.rtcp(data);
    else this.#handlers.rtp(data);
  }

  #accepts(from: RemoteInfo): boolean {
    if (!this.#signalled) return false;
    if (this.#peer && isSameAddress(this.#peer, from)) {
      const isProven = this.#clock.now() - this.#latchedAtMs >= probationMs;
      if (!this.#isConnected && isProven) this.#connect(this.#peer);
      return true;
    }
    const isSignalled = isSameAddress(this.#signalled, from);
    if (this.#peer && (!isSignalled || this.#isConnected)) return false;
    this.#latch({ address: from.address, port: from.port }, isSignalled);
    return true;
  }

  #latch(peer: Address, isSignalled: boolean): void {
    this.#peer = peer;
    this.#latchedAtMs = this.#clock.now();
    if (isSignalled) this.#connect(peer);
    if (this.#hasToldConnected) return;
    this.#hasToldConnected = true;
    this.#handlers.connected();
  }

  #connect(peer: Address): void {
    try {
      this.#pair.rtp.connect(peer.port, peer.address);
      this.#isConnected = true;
    } catch {
      this.#isConnected = false; // No route at this moment; sending with an address goes on.
    }
  }

  #unlatch(): void {
    this.#peer = undefined;
    if (!this.#isConnected) return;
    this.#isConnected = false;
    try {
      this.#pair.rtp.disconnect();
    } catch {
      // Not connected after all.
    }
  }

  #receivedRtcp(data: Buffer, from: RemoteInfo): void {
    const host = this.#peer?.address ?? this.#signalled?.address;
    if (this.#closed || !isRtcp(data)) return;
    if (from.address !== host && from.address !== this.#rtcpPeer?.address) {
      this.#droppedPackets++;
      return;
    }
    this.#rtcpPeer = { address: from.address, port: from.port }; // Symmetric here too: reports go back through its NAT.
    this.#handlers.rtcp(data);
  }
}

function isSameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.address === b.address;
}

function sendQuietly(socket: Socket, packet: Buffer, to: Address | undefined): void {
  try {
    // Without a callback: nobody waits for it, and Node would queue it for each packet.
    if (to) socket.send(packet, to.port, to.address);
    else socket.send(packet);
  } catch {
    // A socket that is closing. RTP has no retransmission: the packet is lost.
  }
}
