/** What carries a leg's packets: plain RTP sockets, or ICE and DTLS-SRTP. */
export interface MediaTransport {
  /** True once packets can go out. */
  readonly isOpen: boolean;
  /** Sends a whole RTP packet; drops it when the path is not open. */
  sendRtp(packet: Buffer): void;
  /** Sends a whole RTCP compound; drops it when the path is not open. */
  sendRtcp(packet: Buffer): void;
  close(): void;
}

/** Where a transport puts what comes in. None of these may throw. */
export interface TransportHandlers {
  rtp(packet: Buffer): void;
  rtcp(packet: Buffer): void;
  connected(): void;
  failed(reason: string): void;
}
