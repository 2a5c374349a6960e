import type { StreamSpec } from '@intermix/streaming';
import type { Finding } from '../findings.js';
import type { Arrivals } from '../measures/arrivals.js';
import type { Conversation } from '../measures/conversation.js';
import type { Underruns } from './playout-line.js';

/** `tester`: broken off here. `handshake`: there was no call. */
export type EndedBy = 'caller' | 'bot' | 'time-limit' | 'tester' | 'handshake';

/** What the line has measured. Milliseconds from `start`. */
export interface LineMeasures {
  conversation: Conversation;
  /** When the bot was heard first. */
  firstAudioMs: number | null;
  botAudibleMs: number;
  callerAudibleMs: number;
  underruns: Underruns;
  playout: { deepest_queue_ms: number; cleared_ms: number; lost_ms: number; played_ms: number };
}

/** All that is known of a call when it is over. */
export interface CallOutcome {
  endedBy: EndedBy;
  /** Of the WebSocket; null when it never opened. */
  closeCode: number | null;
  closeReason: string;
  /** Why there was no call, or why it was broken off. */
  error: string | null;
  /** Without credentials. */
  shownUrl: string;
  spec: StreamSpec;
  sampleRate: number;
  begunAtMs: number;
  durationMs: number;
  handshakeMs: number | null;
  handshakes: number;
  roundTripMs: number | null;
  findings: Finding[];
  arrivals: Arrivals;
  /** Messages of the bot. */
  received: number;
  sent: { messages: number; octets: number; marks: number };
  /** Undefined when the call ended before `start`. */
  line: LineMeasures | undefined;
  /** By how much this side was late at worst: more than a frame makes the figures doubtful. */
  testerLateMs: number;
}
