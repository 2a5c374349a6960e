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
  /** What the far end may send at once, and goes on with in a second. */
  burst: { messages: number; octets: number };
  perSecond: { messages: number; octets: number };
}

export const usualLimits: SessionLimits = {
  startWithinMs: 10_000,
  idleMs: 30_000,
  badInARow: 20,
  maxBufferedBytes: 4_000_000,
  burst: { messages: 500, octets: 4_000_000 },
  perSecond: { messages: 200, octets: 500_000 },
};

/** Of one message of the far end; a larger one ends the socket with 1009. */
export const maxMessageBytes = 1_048_576;
