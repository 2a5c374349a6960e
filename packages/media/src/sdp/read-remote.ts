import type { RemoteDescription } from './descriptions.js';
import { parseRemote } from './parse-remote.js';

/** More than are looked at between two questions about one of them. */
const maxKept = 64;

/** The last descriptions that were read, by their text, oldest first. What was read is never changed. */
const kept = new Map<string, RemoteDescription>();

/**
 * Reads the far end's offer or answer. One offer is asked about several times in a row (which kind of leg, which codecs, then
 * by the leg that answers it) and is read once. Throws SdpError, and nothing else.
 */
export function readRemote(sdp: string): RemoteDescription {
  const known = kept.get(sdp);
  if (known) return known;
  const remote = parseRemote(sdp);
  const [oldest] = kept.keys();
  if (oldest !== undefined && kept.size >= maxKept) kept.delete(oldest);
  kept.set(sdp, remote);
  return remote;
}
