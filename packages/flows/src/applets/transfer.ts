import Type, { type Static } from 'typebox';
import { AppletKey, closed, Id, PhoneNumber, RingTimeoutSec, TimeLimitSec } from '../document/fields.js';
import type { AppletKind, Need } from './applet-kind.js';
import { dialRounds } from './dial-rounds.js';

const To = Type.Object(
  { user_id: Type.Optional(Id), app_id: Type.Optional(Id), number: Type.Optional(PhoneNumber) },
  { ...closed, minProperties: 1 },
);

const schema = Type.Object(
  {
    type: Type.Literal('transfer'),
    to: To,
    ring_timeout_sec: Type.Optional(RingTimeoutSec),
    time_limit_sec: Type.Optional(TimeLimitSec),
    caller_id: Type.Optional(PhoneNumber),
    next: Type.Optional(AppletKey),
  },
  closed,
);
type Transfer = Static<typeof schema>;

/** Hands the caller over to one party for good: after a talk the call ends; unanswered it goes on at `next`, if there is one. */
export const transfer: AppletKind<typeof schema> = {
  type: 'transfer',
  schema,
  exits: ({ next }) => (next === undefined ? [] : [{ at: 'next', to: next, waits: false }]),
  needs: ({ to: { user_id, app_id }, caller_id }) => {
    const needs: Need[] = [];
    if (user_id !== undefined) needs.push({ kind: 'user', at: 'to.user_id', appId: app_id, userId: user_id });
    if (caller_id !== undefined) needs.push({ kind: 'caller-id', at: 'caller_id', number: caller_id });
    return needs;
  },
  faults: ({ to: { user_id, number } }) =>
    (user_id === undefined) === (number === undefined) ? [{ at: 'to', message: 'Give a user_id or a number.' }] : [],
  async run(applet, run) {
    const { ring_timeout_sec: ringTimeoutSec, time_limit_sec: timeLimitSec, caller_id: callerId } = applet;
    const end = await dialRounds([[partyOf(applet, run.appId)]], { ringTimeoutSec, timeLimitSec, callerId }, run);
    run.tell({ result: end.status, party: end.party ?? null, reason: end.reason });
    return end.status === 'completed' || end.status === 'canceled' ? undefined : applet.next;
  },
  errorWay: ({ next }) => next,
};

function partyOf({ to }: Transfer, ofDocument: string | undefined) {
  if (to.number !== undefined) return { type: 'number', number: to.number } as const;
  return { type: 'user', appId: to.app_id ?? ofDocument ?? '', userId: to.user_id ?? '' } as const;
}
