import type { StreamEnd } from './stream-end.js';

// What crosses between the server and its media process about one stream. Plain data: it is structured-cloned.

/** The kind under which media processes know streams; see `MediaLeg.attach`. */
export const streamKind = 'stream';

/** `bidirectional`: the bot hears the party and speaks to it. `one-way`: it listens. */
export type StreamMode = 'bidirectional' | 'one-way';

/** As seen from the party of the leg: `inbound` is what it says, `outbound` what it hears. */
export type StreamTracks = 'inbound' | 'outbound' | 'both';

/** Samples a second on the wire to the bot. */
export type SampleRate = 8000 | 16_000 | 24_000;

/** One stream to be opened, as its media process is told. */
export interface StreamSpec {
  streamSid: string;
  callSid: string;
  accountSid: string;
  from: string;
  to: string;
  /** `ws:`, `wss:`, or `http:`, `https:` that names such a one; with credentials, if any. */
  url: string;
  mode: StreamMode;
  tracks: StreamTracks;
  sampleRate: SampleRate | undefined;
  customParameters: Record<string, string> | undefined;
  /** Query of the request to an `https:` URL. */
  callParameters: Record<string, string>;
  frameMs: number;
  /** Offers raw 20 ms frames to bots of our own; see `binaryProtocol`. */
  binary: boolean;
  allowPrivate: boolean;
  /** Digits of the leg's own RFC 4733 events are told to the bot; else only those that the server tells. */
  legDigits: boolean;
  /** Milliseconds: of one handshake, and of the whole stream. */
  handshakeTimeoutMs: number;
  maxDurationMs: number;
}

/** A word of the server to a running stream. */
export type StreamCommand =
  /** Ends it; the bot is told the reason. */
  | { type: 'stop'; reason: StopReason }
  /** A digit that did not come as RFC 4733. */
  | { type: 'digit'; digit: string; durationMs: number };

/** The word in the `stop` message: the party hung up, or the stream was ended by flow or API. */
export type StopReason = 'callended' | 'stopped';

/** What a running stream tells the server. */
export type StreamEvent =
  /** The bot took the connection and was told `start`. `streamUrl` as in StreamEnd. */
  { type: 'started'; streamUrl: string; sampleRate: SampleRate };

/** What the media process gives as the attachment's result. */
export type StreamResult = StreamEnd;
