import type { CarrierCodec } from './carrier-sdp.js';

/** `received`: Intermix called one of the simulated numbers. `placed`: the simulated PSTN called Intermix. */
export type CallDirection = 'received' | 'placed';

export type CallState = 'dialling' | 'ringing' | 'answered' | 'ended';

/** How a call ended. `sip_status` is there when it ended before the answer. */
export interface CallEnd {
  by: 'pstn' | 'intermix';
  cause: 'bye' | 'cancelled' | 'rejected' | 'timeout' | 'transport' | 'no-ack' | 'dialog-gone' | 'flow-lost';
  sip_status?: number;
  /** Text of a Reason header, or a SIP reason phrase. */
  reason?: string;
}

/** Something that happened in a call, with its time. */
export interface CallEventRecord {
  at_ms: number;
  event: string;
}

/** A call as the operator's page and the tests see it. Plain data. */
export interface CallSnapshot {
  id: string;
  sip_call_id: string;
  direction: CallDirection;
  to: string;
  from: string;
  /** Display name of From, or an empty text. */
  from_name: string;
  state: CallState;
  started_at: string;
  answered_at: string | undefined;
  ended_at: string | undefined;
  end: CallEnd | undefined;
  codec: CarrierCodec | undefined;
  /** True while Intermix holds the call. */
  on_hold: boolean;
  digits_heard: string;
  /** The tone heard now, and the one heard last; hertz, to 5 Hz. */
  hearing_hz: number | undefined;
  tone_heard_hz: number | undefined;
  packets_sent: number;
  packets_received: number;
  packets_lost: number;
  events: CallEventRecord[];
}
