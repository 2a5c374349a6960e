import type { ConnectEvent } from '@intermix/calls';
import { istLongTime, istTime } from './ist-time.js';
import { type CallFacts, callQuery, type Query } from './passthru-query.js';

const wordOf = { dial: 'Dial', ringing: 'Ringing', answered: 'Answered', ended: 'Terminal' } as const;

/** Parameters of the Connect applet's popup URL for a step of a party that is rung. */
export function dialEventQuery({ type, leg }: ConnectEvent, facts: Pick<CallFacts, 'call' | 'now'>): Query {
  return [
    ...callQuery(facts),
    ['Direction', 'outbound-dial'],
    ['Created', istLongTime(facts.call.createdAt)],
    ['CurrentTime', istTime(facts.now)],
    ['DialWhomNumber', leg.userId ?? leg.address],
    ['Status', type === 'ended' ? 'free' : 'busy'],
    ['EventType', wordOf[type]],
  ];
}
