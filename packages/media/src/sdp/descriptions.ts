import type { CodecName, LegKind, MediaDirection } from '../types.js';

/** Our end of the path, as it is written into SDP. */
export type LocalTransport =
  | { kind: 'rtp'; address: string; port: number }
  | { kind: 'webrtc'; address: string; port: number; iceUfrag: string; icePwd: string; fingerprint: string };

/** Who starts DTLS. RFC 8842 §5. */
export type DtlsRole = 'active' | 'passive';

/** The far end's side of the path, as its SDP gave it. Every field has been checked. */
export type RemoteTransport =
  | { kind: 'rtp'; address: string; port: number; rtcpAddress: string; rtcpPort: number; isHeld: boolean }
  | {
      kind: 'webrtc';
      iceUfrag: string;
      icePwd: string;
      /** As in the attribute: `sha-256 AB:CD…`. */
      fingerprint: string;
      setup: DtlsRole | 'actpass';
      /** Values of `a=candidate`: UDP, component 1, an address and not a name. */
      candidates: string[];
    };

export interface RemoteFormat {
  payloadType: number;
  codec: CodecName;
}

export interface RemoteTelephoneEvent {
  payloadType: number;
  clockRateHz: number;
}

/** One m= section of the far end's SDP, enough to answer it. */
export interface RemoteSection {
  type: string;
  protocol: string;
  formats: string;
  mid: string | undefined;
}

/** What we read out of the far end's SDP. */
export interface RemoteDescription {
  kind: LegKind;
  sections: RemoteSection[];
  /** The section that carries the call's audio. */
  audioIndex: number;
  hasBundle: boolean;
  formats: RemoteFormat[];
  telephoneEvents: RemoteTelephoneEvent[];
  /** As the far end sees it, with the old way of holding (`c=0.0.0.0`) counted in. */
  direction: MediaDirection;
  transport: RemoteTransport;
}

/** What offer and answer have agreed on: all that the engine needs beside the transport. */
export interface NegotiatedMedia {
  codec: CodecName;
  sendPayloadType: number;
  /** Payload types that may come: those we declared and those the far end did. */
  receive: RemoteFormat[];
  /** On the codec's clock; undefined when the far end has none on it. RFC 4733 §2.1. */
  telephoneEvent: { sendPayloadType: number; receivePayloadTypes: number[]; clockRateHz: number } | undefined;
  /** As we see it. */
  direction: MediaDirection;
}
