import type { BotCallFacts, BotPrompt, DisconnectedBy } from '../session/bot.js';
import type { SessionResults } from '../session/session-record.js';

// What crosses between the server and the process of its bots. Plain data.

/** A session that the server lets in. */
export interface SessionOrder {
  sessionId: string;
  /** The connection that shows it is the one that was let in. */
  ticket: string;
  bot: { botId: string; accountSid: string; kind: string; config: unknown };
  /** `outside_hours`: taken, so that its caller is known, and closed before anything is said. */
  verdict: 'run' | 'outside_hours';
  maxCallMs: number;
  /** What the connection showed for itself in its URL, which far ends tell again as a parameter of the call. */
  shownToken?: string | undefined;
  /** Whether anybody who knows the URL may have opened it. */
  isAnonymous: boolean;
  /** How many `remote` bots handed it on before it came here. */
  hops: number;
}

/** A session is over. */
export interface SessionReport extends SessionResults {
  disconnectedBy: DisconnectedBy;
  /** A sentence, where the end needs one. */
  detail?: string | undefined;
  durationMs: number;
}

/** Why a connection never became a session. */
export type NeverStarted = 'silent' | 'bad-messages' | 'flood' | 'closed' | 'broken' | 'too-large' | 'stopped';

export type HostEvent =
  /** `start` came: there is a call. */
  | { type: 'started'; sessionId: string; facts: BotCallFacts }
  | { type: 'ended'; sessionId: string; report: SessionReport }
  | { type: 'never-started'; sessionId: string; why: NeverStarted }
  | { type: 'log'; level: 'error' | 'warn' | 'info' | 'debug'; fields: Record<string, unknown>; message: string };

export type HostCommand =
  | { type: 'expect'; order: SessionOrder }
  /** Ends one session, or all. */
  | { type: 'end'; sessionId?: string | undefined; why: string }
  | { type: 'rendered'; id: number; path?: string | undefined; error?: string | undefined };

/** A prompt that the server makes a file of. */
export interface RenderRequest {
  type: 'render';
  id: number;
  accountSid: string;
  prompt: BotPrompt;
}
