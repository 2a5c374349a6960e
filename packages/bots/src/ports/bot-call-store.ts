import type { SessionReport } from '../host/session-order.js';
import type { BotCallFacts } from '../session/bot.js';

export type BotCallStatus = 'in-progress' | 'completed' | 'failed' | 'voicemail';

/** A call of a bot, without what was said in it. */
export interface BotCallSummary {
  sessionId: string;
  accountSid: string;
  /** Empty when whoever reported it named none. */
  botId: string;
  streamSid: string;
  callSid: string;
  from: string;
  to: string;
  status: BotCallStatus;
  disconnectedBy: string | undefined;
  detail: string | undefined;
  startedAt: Date;
  endedAt: Date | undefined;
  durationMs: number;
  /** `bot`: ran here. `reported`: told by `POST /api/v1/call-results`. */
  source: 'bot' | 'reported';
}

export interface BotCall extends BotCallSummary {
  customParameters: Record<string, string>;
  transcript: unknown;
  events: unknown;
  usage: unknown;
  latencySamples: unknown;
  /** Everything else that was reported. */
  details: Record<string, unknown>;
}

/** What others tell of a call that they ran, at its start or afterwards. A member that is undefined was not told. */
export interface BotCallReport {
  sessionId: string;
  accountSid: string;
  botId: string;
  /** Of a call that is not known yet. */
  startedAt: Date;
  /** Undefined: it is over, and nobody said how. */
  status: BotCallStatus | undefined;
  streamSid?: string | undefined;
  callSid?: string | undefined;
  from?: string | undefined;
  disconnectedBy?: string | undefined;
  endedAt?: Date | undefined;
  durationMs?: number | undefined;
  transcript?: unknown;
  events?: unknown;
  usage?: unknown;
  latencySamples?: unknown;
  /** Everything else that is told. */
  details: Record<string, unknown>;
}

export interface BotCallFilter {
  accountSid: string;
  botId?: string | undefined;
  callSid?: string | undefined;
  status?: BotCallStatus | undefined;
  disconnectedBy?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface BotCallStore {
  begin(facts: BotCallFacts, at: Date): Promise<void>;
  /** Also of a call whose beginning could not be kept. */
  finish(facts: BotCallFacts, report: SessionReport, at: Date): Promise<void>;
  /**
   * Closes as failed what was in progress on a server that died: on this one (`own`), or on those that are not there any more
   * (`gone`). Calls that others run are not touched. Gives how many.
   */
  failOpen(at: Date, left: 'own' | 'gone'): Promise<number>;
  /** Newest first. Throws ERR_STORE_CURSOR. */
  list(filter: BotCallFilter): Promise<{ calls: BotCallSummary[]; nextCursor: string | undefined }>;
  find(accountSid: string, sessionId: string): Promise<BotCall | undefined>;
  /** Whose session it is, in whatever account. */
  ownerOf(sessionId: string): Promise<{ accountSid: string; botId: string; startedAt: Date } | undefined>;
  /**
   * Makes a reported call, or adds to one what is told of it now: what is not told stays as it was, details are laid over those
   * of before, and a call that was told to be over is over. Gives its status; undefined when a bot of ours left it: nothing is
   * changed then.
   */
  report(report: BotCallReport): Promise<BotCallStatus | undefined>;
}
