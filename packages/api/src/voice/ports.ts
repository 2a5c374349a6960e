import type {
  CallEventRecord,
  CallProgram,
  CallRecord,
  CallStatus,
  Did,
  LegRecord,
  RecordingWish,
  SipUser,
} from '@intermix/calls';
import type { StatusCallback } from '@intermix/webhooks';

// What the Voice v1 API needs of the switch, the store and the parts beside them. Every method takes the tenant.

export interface VoiceAccount {
  sid: string;
  name: string;
  createdAt: Date | undefined;
}

export interface VoiceAccounts {
  findAccount(sid: string): Promise<VoiceAccount | undefined>;
  /** The account that this pair belongs to; undefined when either is wrong. */
  authenticateAccount(apiKey: string, apiToken: string): Promise<{ sid: string } | undefined>;
}

export interface VoiceUsers {
  /** An active user by SIP user name, or by the id that the account's backend gave; undefined when there is none, or several. */
  findByName(accountSid: string, name: string): Promise<SipUser | undefined>;
}

export interface VoiceNumbers {
  /** `+E.164` of what was written, as in the country of the account's first carrier; undefined when it is no number. */
  read(accountSid: string, text: string): Promise<string | undefined>;
  /** All of the account. */
  listDids(accountSid: string): Promise<readonly Did[]>;
}

/** A party to call. */
export type OrderedParty = { number: string } | { user: SipUser };

/** What the stream of an order is: beside two parties, or the bot that a call is given to. */
export interface OrderedStream {
  url: string;
  name: string | undefined;
  /** Beside two parties: from whose answer on. */
  begin: 'leg1' | 'leg2';
}

/** By what a program is found again: a flow, or the stream of a bot. */
export type NamedProgram = { flowId: string } | { stream: OrderedStream };

/** Who has the call when the first party has answered. */
export type OrderedTarget = OrderedParty | { program: CallProgram; named: NamedProgram };

/** A call that was ordered, checked. Times in seconds. */
export interface VoiceCallOrder {
  accountSid: string;
  first: OrderedParty;
  target: OrderedTarget;
  mode: 'numbers' | 'flow' | 'bot';
  /** The parties as the API tells them. */
  from: string;
  to: string | undefined;
  /** `+E.164` */
  callerId: string;
  ringTimeoutSec: number | undefined;
  timeLimitSec: number | undefined;
  waitUrl: string | undefined;
  playback: { url: string; to: 'callee' | 'both' } | undefined;
  recording: RecordingWish | undefined;
  /** Beside two parties. */
  stream: OrderedStream | undefined;
  customField: string | undefined;
  /** How often the first party is called again when it was not reached, each time by a call of its own. */
  maxRetries: number;
  statusCallback: StatusCallback | undefined;
}

export interface VoiceOrders {
  /** Resolves when the first party is being rung, and the order is kept. Throws CallError. */
  place(order: VoiceCallOrder): Promise<CallRecord>;
}

export interface VoicePrograms {
  /** The flow that a URL names; undefined when it is no flow URL of this account. */
  flowIdOfUrl(url: string, accountSid: string): string | undefined;
  findFlow(accountSid: string, flowId: string): Promise<CallProgram | undefined>;
  /** A bot that has a call for itself. */
  bot(options: {
    stream: OrderedStream;
    recording: RecordingWish | undefined;
    timeLimitSec: number | undefined;
  }): CallProgram;
  /** Why a stream's URL cannot be used; undefined when it can. */
  streamProblem(url: string): string | undefined;
}

/** What a call was ordered with. */
export interface OrderFacts {
  mode: 'numbers' | 'flow' | 'bot';
  from: string;
  to: string | undefined;
  parentCallSid: string | undefined;
}

/** A call, and its order when it was ordered here. */
export interface VoiceCall {
  call: CallRecord;
  order: OrderFacts | undefined;
}

export interface VoiceCallDetail extends VoiceCall {
  legs: LegRecord[];
  events: CallEventRecord[];
}

/** One bound of a filter. `gte` and `lte` belong to it, `gt` and `lt` do not. */
export interface NumberRange {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
  eq?: number;
}

/** Which calls. What is left out does not narrow. */
export interface VoiceCallFilter {
  accountSid: string;
  callSids?: readonly string[] | undefined;
  /** Both belong to it. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** As the API tells it, or as it stands in the record. */
  fromParty?: string | undefined;
  toParty?: string | undefined;
  /** Further tries of this call. */
  parentCallSid?: string | undefined;
  exophones?: readonly string[] | undefined;
  statuses?: readonly CallStatus[] | undefined;
  durationSec?: NumberRange | undefined;
  directions?: readonly VoiceDirection[] | undefined;
  /** Nothing has a price here: a filter by it finds nothing. */
  hasPrice?: boolean | undefined;
}

export type VoiceDirection = 'inbound' | 'outbound-dial' | 'outbound-api';

export interface VoiceCallQuery extends VoiceCallFilter {
  order: 'asc' | 'desc';
  limit: number;
  /** Opaque cursors: behind one, or in front of one. */
  after?: string | undefined;
  before?: string | undefined;
}

export interface VoiceCallPage {
  calls: VoiceCall[];
  /** Of all that the filter finds, counted to 50,000. */
  total: number;
  /** For the page before and behind; undefined where there is none. */
  previous: string | undefined;
  next: string | undefined;
}

export interface VoiceCallArchive {
  findCall(accountSid: string, callSid: string): Promise<VoiceCallDetail | undefined>;
  /** Throws ERR_STORE_CURSOR. */
  listCalls(query: VoiceCallQuery): Promise<VoiceCallPage>;
}

export interface VoiceRecordings {
  /** Where the recordings of these calls are fetched, by call sid; with a validity in minutes, by signed URLs. */
  urlsOf(accountSid: string, callSids: readonly string[], validityMin?: number): Promise<ReadonlyMap<string, string>>;
}

export interface VoiceStreams {
  /** Streams of the account that are open, and how many may be. */
  activeOf(accountSid: string): { active: number; limit: number };
}

export interface VoiceDeps {
  accounts: VoiceAccounts;
  users: VoiceUsers;
  numbers: VoiceNumbers;
  orders: VoiceOrders;
  programs: VoicePrograms;
  archive: VoiceCallArchive;
  recordings: VoiceRecordings;
  streams: VoiceStreams;
  /** Why a customer's URL cannot be used; undefined when it can. */
  urlRule: (url: string) => string | undefined;
}
