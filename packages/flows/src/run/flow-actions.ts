import type { ConnectOutcome, ConnectParty, RecordingWish } from '@intermix/calls';
import type { PromptSpec } from '../document/prompt-spec.js';
import type { MessageWish, TakenMessage } from '../ports/messages.js';
import type { StreamResult } from '../ports/streams.js';

/** What applets do to a call: a real one, or a simulated one. Methods reject when it cannot be done, or the call is over. */
export interface FlowActions {
  /** The caller has gone, or the call was ended: applets return. */
  readonly isOver: boolean;
  /** `interrupted`: by a digit, which stays for the next `collect`; but it keeps a prompt from being heard once only. */
  say(prompt: PromptSpec, options: { interruptible: boolean }): Promise<'played' | 'interrupted'>;
  collect(wish: CollectWish): Promise<Collected>;
  /** Digits that were pressed and not collected are nobody's. */
  forgetDigits(): void;
  /** Rings these, all at once. */
  connect(wish: ConnectWish): Promise<ConnectOutcome>;
  /** The party that an address of a reply names: `+E.164`, `sip:user`. Undefined: nobody of the account. */
  partyOf(address: string): Promise<ConnectParty | undefined>;
  /** GET. Never rejects. */
  ask(url: string, options: AskOptions): Promise<Asked>;
  /** GET whose answer nobody waits for. Those of one call are sent one after the other. */
  tell(url: string): void;
  converse(wish: ConverseWish): Promise<StreamResult>;
  startStream(wish: ConverseWish & { tracks: 'inbound' | 'outbound' | 'both'; name: string }): Promise<string>;
  /** Undefined when none of that name runs. */
  stopStream(name: string): Promise<StreamResult | undefined>;
  takeMessage(wish: MessageWish & { beep: boolean; finishOnKey: string }): Promise<TakenMessage>;
  record(wish: RecordingWish): void;
  /** Of the call's recording; undefined when there is none. */
  recordingUrl(): string | undefined;
  /** Until the time is over, or the call is. */
  pause(ms: number): Promise<void>;
  hangup(): void;
}

export interface CollectWish {
  prompt: PromptSpec | undefined;
  maxDigits: number;
  /** Empty: none does. It is no digit itself. */
  finishOnKey: string;
  /** Until the first digit, after the prompt. */
  timeoutMs: number;
  interDigitTimeoutMs: number;
}

/** `timeout`: not one digit was pressed. */
export interface Collected {
  how: 'digits' | 'timeout';
  digits: string;
}

export interface ConnectWish {
  parties: readonly ConnectParty[];
  ringTimeoutSec?: number | undefined;
  timeLimitSec?: number | undefined;
  callerId?: string | undefined;
  /** What the caller hears until somebody answers; ringback when undefined, or when it cannot be had. */
  music?: PromptSpec | undefined;
  announcement?: { prompt: PromptSpec; to: 'callee' | 'both' } | undefined;
  headers?: ReadonlyArray<readonly [string, string]> | undefined;
  /** Who is told of each step. */
  eventsUrl?: string | undefined;
}

export interface ConverseWish {
  /** Empty when `botId` names a bot of the account's own. */
  url: string;
  botId?: string | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
}

export interface AskOptions {
  timeoutMs: number;
  headers?: Readonly<Record<string, string>>;
}

/** `status` undefined: nobody answered, and `error` says why. */
export interface Asked {
  status: number | undefined;
  body: string;
  error?: string | undefined;
}
