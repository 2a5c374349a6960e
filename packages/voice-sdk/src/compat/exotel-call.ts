import type { CallDetails } from '../call/call-types.js';
import { type HeaderMap, headerIn } from '../call/header-map.js';
import type { VoiceCall } from '../call/voice-call.js';
import { VoiceError } from '../errors.js';
import { textOf } from './page-callbacks.js';

/** What `callDetails()` gives: Exotel's 14 keys, and `legSid`, `muted` and `held`. Times are ISO 8601, empty until they happen. */
export interface ExotelCallDetails {
  callId: string;
  remoteId: string;
  remoteDisplayName: string;
  callDirection: 'incoming' | 'outgoing' | '';
  callState: string;
  /** Talk time, whole seconds. */
  callDuration: number;
  callStartedTime: string;
  callEstablishedTime: string;
  callEndedTime: string;
  callAnswerTime: string;
  callEndReason: string;
  sessionId: string;
  callSid: string;
  legSid: string;
  /** For the buttons of a page that has taken up a call after a reload. */
  muted: boolean;
  /** The far end is on hold. */
  held: boolean;
  /** All header fields of the INVITE, names written as Exotel's SDK writes them. */
  sipHeaders: HeaderMap;
}

/** The fields that Exotel's guide gives a call; always those of the current call, and not among the object's own keys. */
export type ExotelCallFields = Readonly<
  Pick<ExotelCallDetails, 'callId' | 'callState' | 'callDirection' | 'callStartedTime' | 'remoteDisplayName'>
>;

/**
 * The one Call object of an ExotelWebClient; it acts on the client's current call. Each step gives a promise, which
 * rejects with a VoiceError; a page that ignores it, as Exotel's guide does, hears nothing of that.
 */
export interface ExotelCall extends ExotelCallFields {
  Answer: () => Promise<void>;
  /** Ends the call; a ringing one is refused with 486. */
  Hangup: () => Promise<void>;
  Mute: () => void;
  UnMute: () => void;
  MuteToggle: () => void;
  Hold: () => Promise<void>;
  UnHold: () => Promise<void>;
  HoldToggle: () => Promise<void>;
  sendDTMF: (digit: string) => Promise<void>;
  callDetails: () => ExotelCallDetails;
}

/** Makes the Call object over whatever call is current when a method is called. */
export function createExotelCall(current: () => VoiceCall | undefined, onError: (error: unknown) => void): ExotelCall {
  const act = (step: (call: VoiceCall) => Promise<void>): Promise<void> => {
    const call = current();
    const done = call ? step(call) : Promise.reject(new VoiceError('wrong-state', 'there is no call'));
    done.catch(onError); // Also marks the rejection as handled, for pages that hold no promise.
    return done;
  };
  const callDetails = () => exotelDetails(current()?.details());
  const steps: Omit<ExotelCall, keyof ExotelCallFields> = {
    Answer: () => act((call) => call.answer()),
    Hangup: () => act((call) => call.hangup()),
    MuteToggle: () => {
      const call = current();
      if (call?.muted) call.unmute();
      else call?.mute();
    },
    Mute: () => current()?.mute(),
    UnMute: () => current()?.unmute(),
    HoldToggle: () => act((call) => call.toggleHold()),
    Hold: () => act((call) => call.hold()),
    UnHold: () => act((call) => call.unhold()),
    callDetails,
    sendDTMF: (digit) => act((call) => call.sendDtmf(textOf(digit))),
  };
  for (const field of guideFields) Object.defineProperty(steps, field, { get: () => callDetails()[field] });
  return steps as ExotelCall;
}

const guideFields = ['callId', 'callState', 'callDirection', 'callStartedTime', 'remoteDisplayName'] as const;

function exotelDetails(details: CallDetails | undefined): ExotelCallDetails {
  return {
    callId: details?.callId ?? '',
    remoteId: details?.remote.user ?? '',
    remoteDisplayName: details?.remote.displayName ?? '',
    callDirection: details?.direction ?? '',
    callState: details?.state ?? '',
    callDuration: Math.floor((details?.durationMs ?? 0) / 1000),
    callStartedTime: isoTime(details?.startedAt),
    callEstablishedTime: isoTime(details?.connectedAt),
    callEndedTime: isoTime(details?.endedAt),
    callAnswerTime: isoTime(details?.answeredAt),
    callEndReason: details?.end?.reason ?? '',
    sessionId: details ? details.callId + fromTag(details.headers) : '',
    callSid: details?.callSid ?? '',
    legSid: details?.legSid ?? '',
    muted: details?.muted ?? false,
    held: details?.held ?? false,
    sipHeaders: details ? exotelHeaders(details.headers) : {},
  };
}

function isoTime(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}

function fromTag(headers: HeaderMap): string {
  return /;\s*tag=([^;\s]+)/i.exec(headerIn(headers, 'From'))?.[1] ?? '';
}

const spellings: Record<string, string> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  rack: 'RAck',
  rseq: 'RSeq',
  'www-authenticate': 'WWW-Authenticate',
};

/**
 * The header map with names spelled as SIP.js 0.20 spells them (`X-Exotel-Callsid`, `Legsid`), because pages look them
 * up that way. The spelling that was on the wire works too, but is not listed.
 */
export function exotelHeaders(headers: HeaderMap): HeaderMap {
  const map: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const spelled = titleCase(name);
    map[spelled] = value;
    if (spelled !== name) Object.defineProperty(map, name, { value, enumerable: false });
  }
  return map;
}

function titleCase(name: string): string {
  const lower = name.toLowerCase();
  return (
    spellings[lower] ?? lower.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
  );
}
