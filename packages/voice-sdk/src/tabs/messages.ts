import type { CallDetails, CallSnapshot } from '../call/call-types.js';
import type { VoiceProblem } from '../errors.js';

/** Steps of a call that another tab may ask of the tab that holds its audio. */
export type CallStep = 'hangup' | 'mute' | 'unmute' | 'hold' | 'unhold' | 'sendDtmf';

/** What tabs say to one another; each message also carries its sender's tab id and page. */
export type TabWord =
  /** To all, by the tab that registers: it has taken the lead. */
  | { kind: 'leader' }
  | { kind: 'ping' }
  | { kind: 'pong'; to: string }
  /** A tab wants to be served. `candidate`: it would register; `rings`: it takes calls; `visible`: it is in front. */
  | { kind: 'open'; socket: string; candidate: boolean; rings: boolean; visible: boolean }
  | { kind: 'opened'; to: string; socket: string }
  /** Either end of a served connection is done with it. */
  | { kind: 'close'; to?: string; socket: string }
  /** One SIP message of a served tab, and one for it. */
  | { kind: 'up'; socket: string; text: string }
  | { kind: 'down'; to: string; socket: string; text: string; quiet: boolean }
  /** The sender may make no sound: another tab is to ring. */
  | { kind: 'silent' }
  /** Ring aloud. */
  | { kind: 'aloud'; to: string; callId: string }
  /** To all: the call was answered by that tab. */
  | { kind: 'taken'; callId: string; by: string }
  /** Asks all tabs to tell of their calls. */
  | { kind: 'calls' }
  /** To all: how a call of the sender stands. */
  | { kind: 'call'; details: CallDetails; snapshot?: CallSnapshot }
  | { kind: 'do'; to: string; id: string; callId: string; step: CallStep; digits?: string }
  | { kind: 'done'; to: string; id: string; problem?: VoiceProblem; text?: string }
  /** To all: the person went offline in the sender's tab. */
  | { kind: 'offline' }
  /** To all: that was only its page being left. */
  | { kind: 'left' }
  /** To all: the sender leaves. */
  | { kind: 'bye' };

export type TabMessage = TabWord & { from: string; page?: string };

/** Longest SIP message that is passed on; the engine's own limit is the same. */
const MAX_TEXT = 65_536;
const steps: readonly string[] = ['hangup', 'mute', 'unmute', 'hold', 'unhold', 'sendDtmf'] satisfies CallStep[];

/**
 * Takes what came over the channel for a message of ours to this tab, or gives undefined. Any script of the origin may
 * write there, also an older version of this SDK in a tab that was not reloaded.
 */
export function readMessage(data: unknown, tabId: string): TabMessage | undefined {
  const message = data as Record<string, unknown> | null;
  if (typeof message !== 'object' || !message || typeof message.from !== 'string' || message.from === tabId) return;
  if (message.to !== undefined && message.to !== tabId) return;
  for (const name of ['socket', 'text', 'callId', 'by', 'id', 'page']) {
    const value = message[name];
    if (value !== undefined && (typeof value !== 'string' || value.length > MAX_TEXT)) return;
  }
  return isWhole(message) ? (message as unknown as TabMessage) : undefined;
}

const needed: Record<string, readonly string[]> = {
  leader: [],
  ping: [],
  pong: ['to'],
  open: ['socket'],
  opened: ['to', 'socket'],
  close: ['socket'],
  up: ['socket', 'text'],
  down: ['to', 'socket', 'text'],
  silent: [],
  aloud: ['to', 'callId'],
  taken: ['callId', 'by'],
  calls: [],
  call: [],
  do: ['to', 'id', 'callId', 'step'],
  done: ['to', 'id'],
  offline: [],
  left: [],
  bye: [],
};

function isWhole(message: Record<string, unknown>): boolean {
  const fields = Object.hasOwn(needed, String(message.kind)) ? needed[String(message.kind)] : undefined;
  if (!fields?.every((name) => typeof message[name] === 'string')) return false;
  if (message.kind === 'do') return steps.includes(message.step as string);
  return message.kind !== 'call' || isDetails(message.details);
}

function isDetails(value: unknown): value is CallDetails {
  const details = value as CallDetails | undefined;
  return (
    typeof details?.callId === 'string' &&
    details.callId !== '' &&
    typeof details.state === 'string' &&
    typeof details.remote?.user === 'string' &&
    typeof details.headers === 'object'
  );
}
