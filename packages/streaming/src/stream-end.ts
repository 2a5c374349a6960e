/** How a stream ended: the values of a Passthru's `Stream[…]` parameters, and our counts. */
export interface StreamEnd {
  streamSid: string;
  /** The `wss:` URL that was used, or the one given when none was reached. Without credentials. */
  streamUrl: string;
  /** `cancelled`: over before the bot had taken the connection, not by its fault. */
  status: 'completed' | 'failed' | 'cancelled';
  /** `user`: the party hung up; `bot`: it closed the socket; `NA`: neither. */
  disconnectedBy: 'user' | 'bot' | 'NA';
  /** Whole seconds from `start` to the end; 0 when it never started. */
  durationSec: number;
  /** Of `failed`: a sentence that begins with the close code, or `3009 failed to establish ws conn`. */
  error?: string;
  /** A stable word, for example `Streaming_handshake_failed`. */
  detailedStatus?: StreamDetail;
  counters: StreamCounters;
}

export type StreamDetail =
  /** The URL cannot be used, or what the `https:` URL answered names no stream. */
  | 'Streaming_bad_url'
  /** The account has as many streams open as it may have. */
  | 'Streaming_call_throttled'
  /** Nobody took the connection, twice. */
  | 'Streaming_handshake_failed'
  /** The socket broke without a closing handshake. */
  | 'Streaming_connection_lost'
  /** The bot closed with a code that tells of an error. */
  | 'Streaming_closed_with_error'
  /** The bot sent too much that is no message of the protocol, or audio of odd length. */
  | 'Streaming_bad_messages'
  | 'Streaming_message_too_large'
  /** The bot sent more than any speech needs, for long. */
  | 'Streaming_flood'
  /** The bot answered no ping. */
  | 'Streaming_bot_stalled'
  /** The longest time that a stream may take is over. */
  | 'Streaming_time_limit'
  /** A fault of ours. */
  | 'Streaming_internal_error'
  /** The media process died. */
  | 'Streaming_engine_lost';

/** Counts of one stream. */
export interface StreamCounters {
  /** Handshakes begun. */
  handshakes: number;
  /** Media messages to the bot; and those that were dropped since it did not take them. */
  framesSent: number;
  framesDropped: number;
  /** Audio of the party that came too late for its place, and silence in place of what did not come. Milliseconds. */
  lateMs: number;
  filledMs: number;
  /** Audio of the bot in milliseconds: received, played, dropped as the queue was full or the party on hold, or by `clear`. */
  botMs: number;
  playedMs: number;
  droppedMs: number;
  clearedMs: number;
  /** Deepest that the bot's queue was, in milliseconds. */
  deepestQueueMs: number;
  /** Marks answered. */
  marks: number;
  /** Messages of the bot that were none, or broken; and times that it was held up for sending too much. */
  badMessages: number;
  holdUps: number;
}

export function noCounters(): StreamCounters {
  return {
    handshakes: 0,
    framesSent: 0,
    framesDropped: 0,
    lateMs: 0,
    filledMs: 0,
    botMs: 0,
    playedMs: 0,
    droppedMs: 0,
    clearedMs: 0,
    deepestQueueMs: 0,
    marks: 0,
    badMessages: 0,
    holdUps: 0,
  };
}
