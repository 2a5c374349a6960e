import type { WebSocketEnd } from '@intermix/outbound';
import type { StreamDetail, StreamEnd } from '../stream-end.js';
import type { StopReason } from '../stream-spec.js';
import type { Misbehaviour } from './bot-watch.js';
import type { ConnectFailure } from './stream-connection.js';

/** How a stream ended, without its counts and times. */
export type StreamVerdict = Pick<StreamEnd, 'status' | 'disconnectedBy' | 'error' | 'detailedStatus'>;

/** Normal, going away, and a close frame without a code. RFC 6455 §7.4.1. */
const goodCodes = [1000, 1001, 1005];

/** The party hung up, or flow, API or server ended it. */
export function stoppedVerdict(reason: StopReason, wasOpen: boolean): StreamVerdict {
  return { status: wasOpen ? 'completed' : 'cancelled', disconnectedBy: reason === 'callended' ? 'user' : 'NA' };
}

export function timeLimitVerdict(): StreamVerdict {
  return { status: 'completed', disconnectedBy: 'NA', detailedStatus: 'Streaming_time_limit' };
}

export function connectVerdict({ error, detail }: ConnectFailure): StreamVerdict {
  return failed('NA', detail, error);
}

/** We ended it, for what the bot did. */
export function misbehavedVerdict({ code, detail, why }: Misbehaviour): StreamVerdict {
  return failed('NA', detail, `${code} ${why}`);
}

/** The bot closed, or its connection broke. */
export function closedVerdict({ code, reason, error }: WebSocketEnd): StreamVerdict {
  if (error?.problem === 'message-too-large')
    return failed('NA', 'Streaming_message_too_large', `1009 ${error.message}`);
  if (error?.problem === 'bad-message') return failed('NA', 'Streaming_bad_messages', `1002 ${error.message}`);
  if (goodCodes.includes(code)) return { status: 'completed', disconnectedBy: 'bot' };
  if (code === 1006)
    return failed('bot', 'Streaming_connection_lost', `1006 ${error?.message ?? 'The bot broke the connection off.'}`);
  return failed('bot', 'Streaming_closed_with_error', `${code} ${reason || 'The bot closed with an error.'}`);
}

function failed(by: StreamEnd['disconnectedBy'], detailedStatus: StreamDetail, error: string): StreamVerdict {
  return { status: 'failed', disconnectedBy: by, detailedStatus, error };
}
