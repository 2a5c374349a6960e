import type { CallRecord } from '@intermix/calls';
import type { StreamResult } from '../ports/streams.js';
import type { FlowState } from '../run/flow-state.js';
import { istEpoch, istLongTime, istTime } from './ist-time.js';

/** The call and what came of it so far. */
export interface CallFacts {
  call: CallRecord;
  state: FlowState;
  flowId: string;
  now: Date;
}

export type Query = ReadonlyArray<readonly [name: string, value: string]>;

/** Exotel's Passthru parameters, also those of the Connect applet's dynamic URL. What is not known is left out. */
export function passthruQuery(facts: CallFacts): Query {
  const { call, state, flowId, now } = facts;
  return present([
    ...callQuery(facts),
    ['CallStatus', call.status],
    ['Direction', call.direction === 'inbound' ? 'incoming' : 'outbound-dial'],
    ['Created', istLongTime(call.createdAt)],
    ['StartTime', istTime(call.answeredAt ?? call.createdAt)],
    ['CurrentTime', istTime(now)],
    ['EndTime', istEpoch],
    ['DialCallDuration', state.dial && String(state.dial.durationSec)],
    ['DialCallStatus', state.dial?.status],
    ['DialWhomNumber', state.dial?.party],
    ['CallType', callType(state)],
    ['digits', state.digits === undefined ? undefined : `"${state.digits}"`],
    ['RecordingUrl', state.recordingUrl],
    ['CustomField', call.customField],
    ['flow_id', flowId],
    ...(state.stream ? streamQuery(state.stream) : []),
  ]);
}

/** Who calls whom, said twice as Exotel does. */
export function callQuery({ call }: Pick<CallFacts, 'call'>): Query {
  const { callSid, from, to } = call;
  return [
    ['CallSid', callSid],
    ['CallFrom', from],
    ['CallTo', to],
    ['From', from],
    ['To', to],
  ];
}

function streamQuery(end: StreamResult): Array<readonly [string, string | undefined]> {
  return [
    ['Stream[StreamSID]', end.streamSid],
    ['Stream[Status]', end.status],
    ['Stream[Duration]', String(Math.round(end.durationSec))],
    ['Stream[StreamUrl]', end.streamUrl],
    ['Stream[RecordingUrl]', end.recordingUrl],
    ['Stream[DisconnectedBy]', end.disconnectedBy],
    ['Stream[Error]', end.error],
    ['Stream[DetailedStatus]', end.detailedStatus],
  ];
}

function callType({ dial, hasMessage }: FlowState): string {
  if (hasMessage) return 'voicemail';
  if (dial === undefined) return 'call-attempt';
  if (dial.status === 'completed') return 'completed';
  return dial.status === 'canceled' ? 'client-hangup' : 'incomplete';
}

function present(pairs: ReadonlyArray<readonly [string, string | undefined]>): Query {
  return pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
}

/** The URL with these behind its own query, percent-encoded; a fragment is nobody's. */
export function withQuery(url: string, query: Query): string {
  const [base = ''] = url.split('#', 1);
  const added = new URLSearchParams(query.map(([name, value]) => [name, value])).toString();
  return `${base}${base.includes('?') ? (/[?&]$/.test(base) ? '' : '&') : '?'}${added}`;
}
