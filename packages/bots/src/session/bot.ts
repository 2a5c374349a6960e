import type { Clock, Logger, Random } from '@intermix/kernel';
import type { GuardedWebSocket, OutboundClient, WebSocketHandlers } from '@intermix/outbound';

// The bot port: what a kind of bot is, and what the session of a call gives it. A new kind is one file that makes a
// `BotKind`, and its line in `kinds/bot-kinds.ts`.

/** A kind of bot: reads what an administrator configured, and starts one bot a call. */
export interface BotKind<Config = unknown> {
  /** As `POST /api/v1/bots` names it: `echo`, `ivr`, `agent`, `remote`. */
  readonly name: string;
  /**
   * Keys of the configuration, at any depth, whose texts are secrets. They are shown as `maskedSecret`; whoever writes that
   * text back keeps what was there. So are passwords in URLs. At rest all of the configuration is encrypted.
   */
  readonly secretKeys?: readonly string[];
  /** Reads a configuration, with defaults filled in. Throws BotConfigError, which names the place. Does no I/O. */
  parse(config: unknown): Config;
  /** What outside of the configuration it relies on: checked when a bot is kept. */
  needs?(config: Config): BotNeed[];
  /** The provider whose key of the account's settings it uses because it has none of its own, and itself with that key. */
  systemKey?(config: Config): { provider: string; filledIn: (key: string) => Config } | undefined;
  /**
   * A bot for one call. Called once the call's `start` message is there. What it throws, now or in a handler, ends the
   * session as `error`.
   */
  start(config: Config, session: BotSession): Bot;
}

/** Something that has to be there, and its place in the configuration: `menu.prompt.prompt_id`. */
export type BotNeed = { at: string; kind: 'prompt'; promptId: string } | { at: string; kind: 'url'; url: string };

/** The bot of one call. All input comes by these methods, in the order of the wire; none may block. */
export interface Bot {
  /** What the caller says, as it comes: about 100 ms a piece, 16 bit, mono, at `session.facts.sampleRate`. Its own to keep. */
  handleAudio(samples: Int16Array): void;
  /** A key of the caller's telephone: `0`–`9`, `*`, `#`, `A`–`D`. */
  handleDtmf?(digit: string): void;
  /** What was said before `session.mark(name)` has been heard, or was dropped by `session.clear()`. */
  handleMark?(name: string): void;
  /** The stream has ended from the other side (`callended`: the caller has gone). `close` follows. */
  handleStop?(reason: string): void;
  /** The session is over, whoever ended it: lets go of everything. Called once, and last; what it says is not heard. */
  close(): void;
}

/** Who calls whom, from the `start` message. Texts of the far end's: bounded, and not to be believed. */
export interface BotCallFacts {
  /** Ours, of this session; results are kept under it. */
  sessionId: string;
  botId: string;
  /** Tenant of the bot: what is opened or read for the bot is its. */
  botAccountSid: string;
  streamSid: string;
  callSid: string;
  accountSid: string;
  /** The caller, and the number that was called. */
  from: string;
  to: string;
  customParameters: Readonly<Record<string, string>>;
  /** 8000, 16000 or 24000: of what is heard and of what is said. */
  sampleRate: number;
}

export type TranscriptRole = 'user' | 'assistant' | 'tool' | 'system';

/** Who ended the session: the caller, the bot itself, a limit, a failure; or the call came outside the bot's hours. */
export type DisconnectedBy = 'customer' | 'bot' | 'timeout' | 'error' | 'outside_hours';

/** What a bot has of its call. Methods never throw, and do nothing once the session is over. */
export interface BotSession {
  readonly facts: BotCallFacts;
  readonly clock: Clock;
  readonly random: Random;
  /** Bound to the session. No audio, no secrets, no words of the caller at info. */
  readonly logger: Logger;
  /** What opens outside addresses: guarded, and bounded by the operator's settings. */
  readonly outside: BotOutside;
  /** How many bots handed the stream on before it came to this one. */
  readonly hops: number;
  /** True from the end on. */
  readonly isOver: boolean;

  /** Says samples at `facts.sampleRate`, behind what was said before. Any length; faster than real time is fine. */
  say(samples: Int16Array): void;
  /** Tells `handleMark(name)` once everything said so far has been heard. At most 256 characters. */
  mark(name: string): void;
  /** Drops what was said and not heard yet. Its marks are told. */
  clear(): void;
  /** Milliseconds of what was said that the caller has heard, since the start; exact as the far end tells it, else estimated. */
  readonly playedMs: number;
  /** Milliseconds that wait to be heard. */
  readonly queuedMs: number;
  /** Milliseconds since the `start` message. */
  readonly elapsedMs: number;

  /** A line of the conversation. `atMs` as `elapsedMs`; default now. Long talks lose their last lines, not the first. */
  transcript(role: TranscriptRole, text: string, atMs?: number): void;
  /** Something that happened, for the record of the call: `tool-called`, `menu`, … Data is bounded, and holds no secrets. */
  note(event: string, data?: Readonly<Record<string, unknown>>): void;
  /** Adds to what the call used: `input_tokens`, `tool_calls`, `audio_in_ms`, … */
  use(what: string, amount: number): void;
  /** A measured delay, in milliseconds: `reply` (end of the caller's words → first audio), `barge-in`, `tool`, … */
  measure(what: string, ms: number): void;

  /**
   * A file of what is to be said, as samples at `facts.sampleRate`; rejects with a sentence when it cannot be had. Results
   * are shared: do not change them.
   */
  render(prompt: BotPrompt): Promise<Int16Array>;

  /** Hangs up: closes the socket, by which the flow goes on. What waits is not heard: `mark` first. */
  close(by?: DisconnectedBy, why?: string): void;
}

/** What is to be said: exactly as prompts of flows. */
export type BotPrompt = { text: string; voice?: string | undefined } | { promptId: string } | { url: string };

/** Customers' URLs, opened by the guarded client: pinned addresses, caps, the operator's rule on private ones. */
export interface BotOutside {
  readonly http: Pick<OutboundClient, 'get' | 'post' | 'checkUrl'>;
  openWebSocket(url: string, options: BotWebSocketOptions, handlers: WebSocketHandlers): GuardedWebSocket;
}

export interface BotWebSocketOptions {
  headers?: Readonly<Record<string, string>>;
  protocols?: readonly string[];
  handshakeTimeoutMs?: number;
  maxMessageBytes?: number;
}

/** What a read answers in place of a secret; written back, it keeps what was there. */
export const maskedSecret = '********';
