import type { CallEventRecord, CallRecord, CallStatus, LegRecord } from '@intermix/calls';
import type { VoiceOrderMode } from './voice-order-store.js';

/** What the Voice v1 API tells of an order beside its call. */
export interface OrderFacts {
  mode: VoiceOrderMode;
  from: string;
  to: string | undefined;
  parentCallSid: string | undefined;
}

export interface VoiceCall {
  call: CallRecord;
  /** Undefined for a call that nobody ordered there. */
  order: OrderFacts | undefined;
}

export interface VoiceCallDetail extends VoiceCall {
  legs: LegRecord[];
  events: CallEventRecord[];
}

/** Which calls. What is left out does not narrow. */
export interface VoiceCallFilter {
  accountSid: string;
  callSids?: readonly string[] | undefined;
  /** Both belong to it. */
  from?: Date | undefined;
  to?: Date | undefined;
  fromParty?: string | undefined;
  toParty?: string | undefined;
  /** Further tries of this call. */
  parentCallSid?: string | undefined;
  exophones?: readonly string[] | undefined;
  statuses?: readonly CallStatus[] | undefined;
  /** Of calls that are over. */
  durationSec?: { gt?: number; gte?: number; lt?: number; lte?: number; eq?: number } | undefined;
  directions?: ReadonlyArray<'inbound' | 'outbound-dial' | 'outbound-api'> | undefined;
  /** No call has a price. */
  hasPrice?: boolean | undefined;
}

export interface VoiceCallQuery extends VoiceCallFilter {
  order: 'asc' | 'desc';
  limit: number;
  /** One of them, or none. */
  after?: string | undefined;
  before?: string | undefined;
}

export interface VoiceCallPage {
  calls: VoiceCall[];
  /** Counted to 50,000. */
  total: number;
  previous: string | undefined;
  next: string | undefined;
}
