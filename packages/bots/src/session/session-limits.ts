/** What one session may take. Milliseconds and octets. */
export interface SessionLimits {
  /** Until `start` is there. */
  startWithinMs: number;
  /** Without a message of the far end. */
  idleMs: number;
  /** Broken messages in a row. */
  badInARow: number;
  /** Of the bot's words that wait in the socket: beyond it nobody reads there. */
  maxBufferedBytes: number;
  /** Of what a bot said further ahead than the far end is to have; what comes then is dropped, and counted. */
  maxAheadMs: number;
  /** What the far end may send at once, and goes on with in a second. */
  burst: { messages: number; octets: number };
  perSecond: { messages: number; octets: number };
}

export const usualLimits: SessionLimits = {
  startWithinMs: 10_000,
  idleMs: 30_000,
  badInARow: 20,
  maxBufferedBytes: 4_000_000,
  maxAheadMs: 600_000,
  burst: { messages: 500, octets: 4_000_000 },
  perSecond: { messages: 200, octets: 500_000 },
};

/** Of one message of the far end; a larger one ends the socket with 1009. */
export const maxMessageBytes = 1_048_576;

/** Of what all bots of a process said ahead together: ten minutes each of 45 that tell long stories at 8 kHz. */
export const maxAheadBytesOfAll = 432_000_000;
