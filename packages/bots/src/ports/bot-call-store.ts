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
  finish(facts: BotCallFacts, report: SessionReport, at: Date): Promise<void>;
  /** What was in progress when the server died. Gives how many. */
  failOpen(at: Date): Promise<number>;
  /** Newest first. Throws ERR_STORE_CURSOR. */
  list(filter: BotCallFilter): Promise<{ calls: BotCallSummary[]; nextCursor: string | undefined }>;
  find(accountSid: string, sessionId: string): Promise<BotCall | undefined>;
  /** Whose session it is, in whatever account. */
  ownerOf(sessionId: string): Promise<{ accountSid: string; botId: string; startedAt: Date } | undefined>;
  /** Makes or replaces a reported call. What a bot of ours left is not replaced: false. */
  report(call: BotCall): Promise<boolean>;
}
