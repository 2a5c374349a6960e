import type { CallEventRecord, CallRecord, LegQuality, LegRecord, Termination } from '@intermix/calls';
import type { Selectable } from 'kysely';
import type { CallEventsTable, CallLegsTable, CallsTable } from '../database.js';

/** A row, or the changed columns of one, on its way to the database as JSON. */
export type JsonRow = Record<string, unknown>;

const callColumnOf = {
  callSid: 'call_sid',
  accountSid: 'account_sid',
  appId: 'app_id',
  direction: 'direction',
  from: 'from_address',
  to: 'to_address',
  status: 'status',
  createdAt: 'created_at',
  answeredAt: 'answered_at',
  endedAt: 'ended_at',
  durationSec: 'duration_sec',
  termination: 'termination',
  userId: 'user_id',
  exophone: 'exophone',
  customField: 'custom_field',
} as const satisfies Record<keyof CallRecord, keyof CallsTable>;

const legColumnOf = {
  legId: 'leg_id',
  callSid: 'call_sid',
  role: 'role',
  kind: 'kind',
  party: 'party',
  address: 'address',
  sipCallId: 'sip_call_id',
  status: 'status',
  createdAt: 'created_at',
  ringingAt: 'ringing_at',
  answeredAt: 'answered_at',
  endedAt: 'ended_at',
  termination: 'termination',
  quality: 'quality',
  userId: 'user_id',
  device: 'device',
} as const satisfies Record<keyof LegRecord, keyof CallLegsTable>;

export const callColumns: readonly string[] = Object.values(callColumnOf);
export const legColumns: readonly string[] = Object.values(legColumnOf);

/** Fields that are undefined are left out: in a change they mean "as it was", in a new row "none". */
export function rowOfCall(call: Partial<CallRecord>): JsonRow {
  return rowOf(call, callColumnOf);
}

export function rowOfLeg(leg: Partial<LegRecord>): JsonRow {
  return rowOf(leg, legColumnOf);
}

export function rowOfEvent(event: CallEventRecord): JsonRow {
  return { call_sid: event.callSid, leg_id: event.legId ?? null, type: event.type, at: event.at, data: event.data };
}

/** Whether a leg in a change is a whole row, and so may be a new one. */
export function isWholeLeg(row: JsonRow): boolean {
  return ['call_sid', 'role', 'kind', 'party', 'address', 'status', 'created_at'].every((column) => column in row);
}

function rowOf<T extends object>(record: T, columnOf: Record<string, string>): JsonRow {
  const row: JsonRow = {};
  for (const [field, value] of Object.entries(record)) {
    const column = columnOf[field];
    if (column !== undefined && value !== undefined) row[column] = value;
  }
  return row;
}

export function callOfRow(row: Selectable<CallsTable>): CallRecord {
  return {
    callSid: row.call_sid,
    accountSid: row.account_sid,
    appId: row.app_id ?? undefined,
    direction: row.direction as CallRecord['direction'],
    from: row.from_address,
    to: row.to_address,
    status: row.status as CallRecord['status'],
    createdAt: row.created_at,
    answeredAt: row.answered_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    durationSec: row.duration_sec,
    termination: terminationOf(row.termination),
    userId: row.user_id ?? undefined,
    exophone: row.exophone ?? undefined,
    customField: row.custom_field ?? undefined,
  };
}

export function legOfRow(row: Selectable<CallLegsTable>): LegRecord {
  return {
    legId: row.leg_id,
    callSid: row.call_sid,
    role: row.role as LegRecord['role'],
    kind: row.kind as LegRecord['kind'],
    party: row.party,
    address: row.address,
    sipCallId: row.sip_call_id ?? undefined,
    status: row.status as LegRecord['status'],
    createdAt: row.created_at,
    ringingAt: row.ringing_at ?? undefined,
    answeredAt: row.answered_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    termination: terminationOf(row.termination),
    quality: qualityOf(row.quality),
    userId: row.user_id ?? undefined,
    device: (row.device ?? undefined) as LegRecord['device'],
  };
}

export function eventOfRow(row: Selectable<CallEventsTable>): CallEventRecord {
  return { callSid: row.call_sid, legId: row.leg_id ?? undefined, type: row.type, at: row.at, data: row.data };
}

/** JSON has no `undefined`: put back the keys that the port promises. */
function terminationOf(json: object | null): Termination | undefined {
  if (json === null) return undefined;
  const termination = json as Termination;
  return { by: termination.by, reason: termination.reason, sipStatus: termination.sipStatus };
}

function qualityOf(json: object | null): LegQuality | undefined {
  if (json === null) return undefined;
  const quality = json as LegQuality;
  return { ...quality, codec: quality.codec, roundTripMs: quality.roundTripMs };
}
