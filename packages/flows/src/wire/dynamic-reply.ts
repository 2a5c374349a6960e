import type { RecordingWish } from '@intermix/calls';
import type { PromptSpec } from '../document/prompt-spec.js';
import { type SipHeaders, trunkHeaders } from './trunk-headers.js';

/** What a dynamic URL answered, in our terms. */
export interface DynamicReply {
  /** `+E.164`, `sip:user`, `sip:<trunk_sid>`, in the order of the reply; empty: nobody is to be rung. */
  addresses: readonly string[];
  fetchAfterAttempt: boolean;
  callerId: string | undefined;
  record: RecordingWish | undefined;
  ringTimeoutSec: number | undefined;
  timeLimitSec: number | undefined;
  music: PromptSpec | undefined;
  announcement: { prompt: PromptSpec; to: 'callee' | 'both' } | undefined;
  /** How many are rung at once; 1: one after the other. */
  atOnce: number;
  eventsUrl: string | undefined;
  headers: SipHeaders;
  /** What of it was passed over, and why. */
  refused: readonly string[];
}

const maxAddresses = 20;
const maxAtOnce = 5;

/** Reads the body of a 200; undefined when it is no JSON object. What is wrong in it is passed over and told. */
export function parseDynamicReply(body: string): DynamicReply | undefined {
  const reply = objectOf(body);
  if (reply === undefined) return undefined;
  const parallel = recordOf(reply.parallel_ringing);
  const atOnce = parallel?.activate === true ? integer(parallel.max_parallel_attempts, 1, maxAtOnce) : undefined;
  const custom = trunkHeaders(reply.custom_params);
  return {
    addresses: addressesOf(reply),
    fetchAfterAttempt: reply.fetch_after_attempt === true,
    callerId: text(reply.outgoing_phone_number),
    record: reply.record === true ? { channels: reply.recording_channels === 'dual' ? 'dual' : 'single' } : undefined,
    ringTimeoutSec: integer(reply.max_ringing_duration, 5, 180),
    timeLimitSec: integer(reply.max_conversation_duration, 1, 14_400),
    music: promptOf(recordOf(reply.music_on_hold)),
    announcement: announcementOf(recordOf(reply.start_call_playback)),
    atOnce: parallel?.activate === true ? (atOnce ?? maxAtOnce) : 1,
    eventsUrl: text(reply.dial_passthru_event_url),
    headers: custom.headers,
    refused: custom.refused,
  };
}

function objectOf(body: string): Record<string, unknown> | undefined {
  try {
    return recordOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** `destination.numbers`, or the newer list of contacts; `destination.trunk` is what `sip:<trunk_sid>` is among numbers. */
function addressesOf({ destination }: Record<string, unknown>): string[] {
  const trunk = text(recordOf(destination)?.trunk);
  const listed = Array.isArray(destination) ? destination : recordOf(destination)?.numbers;
  const entries = [
    ...(Array.isArray(listed) ? listed : []),
    ...(trunk ? [`sip:${trunk.replace(/^sips?:/i, '')}`] : []),
  ];
  return entries
    .map((entry) => text(recordOf(entry)?.contact_uri ?? recordOf(entry)?.device_contact_uri ?? entry))
    .filter((address): address is string => address !== undefined)
    .slice(0, maxAddresses);
}

function announcementOf(playback: Record<string, unknown> | undefined): DynamicReply['announcement'] {
  const prompt = promptOf(playback);
  return prompt && { prompt, to: playback?.playback_to === 'both' ? 'both' : 'callee' };
}

/** `{type: "text" | "audio_url", value}`; a tone of the operator's is what is heard anyway. */
function promptOf(wish: Record<string, unknown> | undefined): PromptSpec | undefined {
  const value = text(wish?.value);
  if (value === undefined) return undefined;
  if (wish?.type === 'text') return { text: value };
  return wish?.type === 'audio_url' ? { url: value } : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 2048 ? value.trim() : undefined;
}

/** Numbers and digits in a string; beyond the limits the nearest that is allowed. */
function integer(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  return Math.min(most, Math.max(least, Math.round(number)));
}
