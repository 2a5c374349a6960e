import { callDurations } from '@intermix/calls';
import { type Happening, type KnownCall, ownLeg, userLegs } from './happening.js';

/** What the body says of the app besides its calls. */
export interface AppIdentity {
  customerId: string;
  exotelDomain: string;
}

/** The documented samples carry Go's zero time where nothing is known. */
const zeroTime = '0001-01-01T00:00:00Z';

/**
 * The CamelCase body: one flat object for every step, without the step's name. Fields in the documented order, and
 * `CustomField` behind `CallSid` where the call has one.
 */
export function camelBody(happening: Happening, known: KnownCall, app: AppIdentity): Record<string, unknown> {
  const { call } = known;
  const isInbound = call.direction === 'inbound';
  const isOver = call.endedAt !== undefined;
  const durations = callDurations({ ...call, lastSeenAt: known.lastSeenAt }, known.legs, happening.at);
  const own = isInbound ? inboundParty(happening, known) : { userId: call.userId, address: ownLeg(known)?.address };
  return {
    CustomerId: app.customerId,
    AppId: call.appId ?? '',
    CallSid: call.callSid,
    ...(call.customField !== undefined && { CustomField: call.customField }),
    ExotelAccountSid: call.accountSid,
    DialWhomNumber: isInbound ? sipUser(own.address ?? '') : partyText(dialled(known)),
    AppUserID: own.userId ?? '',
    VirtualNumber: call.exophone ?? (isInbound ? call.to : ''),
    Direction: isInbound ? 'inbound' : 'outbound',
    CallStatus: isOver ? 'free' : 'busy',
    CallState: isOver ? 'terminal' : 'active',
    ToNumber: partyText(isInbound ? (call.exophone ?? call.to) : dialled(known)),
    FromNumber: partyText(isInbound ? call.from : (own.address ?? call.from)),
    TotalDuration: isOver ? durations.totalSec : 0,
    CallRecordings: happening.type === 'recording_ready' ? happening.recordingUrl : '',
    AccountDomain: app.exotelDomain,
    TicketId: '',
    // Receivers of this generation are told no event's name: what came of a recording stands here.
    CallDetail: happening.type === 'recording_failed' ? 'recording_failed' : null,
    CreatedAt: zeroTime,
    UpdatedAt: zeroTime,
    ...(isInbound ? {} : { StartTime: call.createdAt.toISOString(), EndTime: call.endedAt?.toISOString() ?? zeroTime }),
  };
}

/** Of a call that rings several users, each is told of itself; later steps tell of the one whose call it became. */
function inboundParty(
  happening: Happening,
  known: KnownCall,
): { userId: string | undefined; address: string | undefined } {
  if (happening.type === 'incoming_call') return happening;
  const own = ownLeg(known) ?? userLegs(known)[0];
  return { userId: known.call.userId ?? own?.userId, address: own?.address };
}

function dialled(known: KnownCall): string {
  const colleague = known.call.direction === 'internal' ? userLegs(known)[0]?.address : undefined;
  return colleague ?? known.call.to;
}

/** A number in its national form with a leading 0, as in India; a SIP address without its domain; else as it is. */
function partyText(text: string): string {
  return /^\+91\d{10}$/.test(text) ? `0${text.slice(3)}` : sipUser(text);
}

function sipUser(address: string): string {
  return /^sips?:/.test(address) ? address.replace(/^sips?:/, 'sip:').replace(/@.*$/, '') : partyNumber(address);
}

function partyNumber(text: string): string {
  return /^\+91\d{10}$/.test(text) ? `0${text.slice(3)}` : text;
}
