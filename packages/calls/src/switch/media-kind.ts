import { type LegKind, summarizeOffer } from '@intermix/media';
import type { Flow, SipUri } from '@intermix/sip';
import type { PartyKind } from '../ports/call-store.js';

/**
 * What a user's device speaks when it has not said so by an offer: a browser comes by WebSocket and knows WebRTC only, a
 * SIP telephone comes by UDP, TCP or TLS and takes plain RTP. A browser behind a proxy comes by the proxy's transport, but
 * its contact still says `transport=ws` (RFC 7118 §5.1).
 */
export function mediaKindOfDevice(flow: Flow, contact?: SipUri): LegKind {
  const isBrowser = isWebSocket(flow.protocol) || isWebSocket(contact?.transport);
  return isBrowser ? 'webrtc' : 'rtp';
}

/** What a user's device is, for the record. */
export function partyKindOfDevice(flow: Flow, contact?: SipUri): 'browser' | 'telephone' {
  return mediaKindOfDevice(flow, contact) === 'webrtc' ? 'browser' : 'telephone';
}

/** What the caller speaks: as its offer says, or as its device lets expect. Throws SdpError for an offer that is none. */
export function mediaKindOfCaller(kind: PartyKind, offer: string | undefined, flow: Flow): LegKind {
  if (kind === 'carrier') return 'rtp';
  return offer === undefined ? mediaKindOfDevice(flow) : summarizeOffer(offer).kind;
}

function isWebSocket(transport: string | undefined): boolean {
  return /^wss?$/i.test(transport ?? '');
}
