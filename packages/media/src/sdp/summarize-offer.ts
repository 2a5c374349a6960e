import type { SdpSummary } from '../types.js';
import { readRemote } from './read-remote.js';

/** What an offer holds, without creating anything. Throws SdpError, and nothing else. */
export function summarizeOffer(sdp: string): SdpSummary {
  const remote = readRemote(sdp);
  return {
    codecs: remote.formats.map((format) => format.codec),
    direction: remote.direction,
    kind: remote.kind,
    telephoneEvent: remote.telephoneEvents.length > 0,
  };
}
