import type { CallSnapshot } from '../call/call-types.js';
import type { VoiceCall } from '../call/voice-call.js';

/** The server waits 5 s for a page that goes away; what is older than this is history. */
export const MAX_AGE_MS = 10_000;
const MAX_CALLS = 5;
const MAX_CHARACTERS = 100_000;

interface Kept {
  v: 1;
  /** Milliseconds since the epoch. */
  at: number;
  calls: CallSnapshot[];
}

/** The text to leave in the tab's storage; undefined without calls. Throws when there is more than a page can sensibly hold. */
export function writeKept(talking: readonly Pick<VoiceCall, 'snapshot'>[], at: number): string | undefined {
  const calls = talking.map((call) => call.snapshot()).filter((snapshot) => snapshot !== undefined);
  if (calls.length === 0) return undefined;
  const kept: Kept = { v: 1, at, calls };
  const text = JSON.stringify(kept);
  if (calls.length > MAX_CALLS || text.length > MAX_CHARACTERS) throw new Error('too many calls to keep');
  return text;
}

/** The calls in such a text; none when it is too old or not ours, whatever it is. */
export function readKept(text: string, now: number): CallSnapshot[] {
  try {
    const kept = JSON.parse(text) as Kept;
    const ageMs = now - kept.at;
    if (kept.v !== 1 || !(ageMs >= 0 && ageMs <= MAX_AGE_MS) || !Array.isArray(kept.calls)) return [];
    return kept.calls.slice(0, MAX_CALLS).filter(isCallSnapshot);
  } catch {
    return [];
  }
}

/** The session in it is judged by the SIP engine. */
export function isCallSnapshot(call: CallSnapshot): boolean {
  const { v, direction, callId, remote, headers, startedAt, connectedAt, session } = call;
  const isText = [callId, remote.user, remote.uri, session.callId].every((text) => typeof text === 'string');
  const isKnown = v === 1 && (direction === 'incoming' || direction === 'outgoing');
  return isText && isKnown && [startedAt, connectedAt].every(Number.isFinite) && areHeaders(headers);
}

function areHeaders(headers: CallSnapshot['headers']): boolean {
  const isText = (value: unknown) => typeof value === 'string';
  return Object.values(headers).every((value) => isText(value) || (Array.isArray(value) && value.every(isText)));
}
