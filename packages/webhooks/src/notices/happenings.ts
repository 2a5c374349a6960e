import type { CallEventRecord, LegRecord } from '@intermix/calls';
import { type Happening, type KnownCall, talkingLeg, userLegs } from './happening.js';

/** What has been told of a call already. */
export interface Told {
  users: ReadonlySet<string>;
  ringing: boolean;
  answered: boolean;
}

/** What follows from a step of a call. `known` is the call with the step in it. */
export function happeningsOf(known: KnownCall, event: CallEventRecord, told: Told): Happening[] {
  const { at } = event;
  switch (event.type) {
    case 'call-created':
      return known.call.direction === 'inbound' ? incomingCalls(known, told) : outboundCall(known);
    case 'connect-started':
      return incomingCalls(known, told);
    case 'leg-ringing':
      return [...incomingCalls(known, told), ...ringing(known, event, told)];
    case 'call-answered':
      return isOwn(known, event) ? [] : [...missedRinging(known, told), answered(known, event)];
    case 'leg-answered':
      return isOwn(known, event) || told.answered ? [] : [...missedRinging(known, told), answered(known, event)];
    case 'call-ended':
      return [...missedRinging(known, told), ...missedAnswer(known, told), ...endings(known, at)];
    case 'server-died':
      return endings(known, at);
    default:
      return [];
  }
}

/** One for each user who is rung, on however many devices. */
function incomingCalls(known: KnownCall, told: Told): Happening[] {
  if (known.call.direction !== 'inbound' || known.call.endedAt) return [];
  const first = new Map<string, LegRecord>();
  for (const leg of userLegs(known)) if (leg.userId && !first.has(leg.userId)) first.set(leg.userId, leg);
  return [...first]
    .filter(([userId]) => !told.users.has(userId))
    .map(([userId, { address }]) => ({ type: 'incoming_call', at: known.call.createdAt, userId, address }));
}

function outboundCall({ call }: KnownCall): Happening[] {
  return call.userId === undefined ? [] : [{ type: 'outbound_call', at: call.createdAt }];
}

/** The other party's: of a call that is placed for a user, the user's own devices ring first, and are no news. */
function ringing(known: KnownCall, { at, legId }: CallEventRecord, told: Told): Happening[] {
  return told.ringing || isOwn(known, { legId }) ? [] : [{ type: 'call_ringing', at }];
}

/**
 * Of the side that the call began with: a user who is rung first, or a caller whom a flow answers. An app hears of an answer
 * when somebody else gave it, which of a flow's call are the parties that it rings.
 */
function isOwn({ legs }: KnownCall, { legId }: Pick<CallEventRecord, 'legId'>): boolean {
  return legs.some((leg) => leg.legId === legId && leg.role === 'caller');
}

/**
 * The switch gives up a step that cannot be written for some seconds, and the next one carries what it held. Late is
 * better than never, but not after the answer.
 */
function missedRinging({ legs }: KnownCall, told: Told): Happening[] {
  if (told.ringing || told.answered) return [];
  const rings = legs.filter(hasRung).flatMap(({ ringingAt }) => ringingAt?.getTime() ?? []);
  return rings.length > 0 ? [{ type: 'call_ringing', at: new Date(Math.min(...rings)) }] : [];
}

/** A leg that is answered without a ringing has both times all the same. */
function hasRung({ role, ringingAt, answeredAt }: LegRecord): boolean {
  return role === 'callee' && ringingAt !== undefined && ringingAt.getTime() !== answeredAt?.getTime();
}

function missedAnswer(known: KnownCall, told: Told): Happening[] {
  const { answeredAt: at } = known.call;
  if (at === undefined || told.answered) return [];
  const answering = known.legs.find((leg) => leg.role === 'callee' && leg.answeredAt !== undefined);
  if (answering === undefined && isProgramCall(known)) return [];
  return [answered(known, { at, legId: answering?.legId })];
}

/** A flow has answered, and rang nobody who did: the calling party's leg has answered alone. */
function isProgramCall({ legs }: KnownCall): boolean {
  return legs.some((leg) => leg.role === 'caller' && leg.answeredAt !== undefined);
}

/** Of an outbound call the other party answers: then it is the user's own device that talks. */
function answered(known: KnownCall, { at, legId }: Pick<CallEventRecord, 'at' | 'legId'>): Happening {
  const answering = known.legs.find((leg) => leg.legId === legId);
  const leg = answering?.userId !== undefined ? answering : talkingLeg(known);
  const answeredBy = leg?.userId ?? known.call.userId ?? '';
  return { type: 'call_answered', at, answeredBy, device: leg?.device ?? 'sip' };
}

function endings({ call }: KnownCall, at: Date): Happening[] {
  const { status } = call;
  if (call.direction === 'inbound' && call.answeredAt === undefined)
    return [
      { type: 'call_missed', at },
      { type: 'missed_call', at },
    ];
  return [{ type: 'call_completed', at, status, recordingAvailable: false }];
}
