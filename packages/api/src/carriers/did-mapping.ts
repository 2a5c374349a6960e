import { type Did, normalizeNumber, type DidTarget as Target } from '@intermix/calls';
import type { DidCreate, DidRead, DidTarget, DidUpdate } from '@intermix/contracts';
import { ApiError } from '../http/api-error.js';
import type { DidChange, NewDid } from './carrier-administration.js';

export function didRead(did: Did): DidRead {
  return {
    id: did.id,
    carrier_id: did.carrierId,
    number: did.number,
    label: did.label ?? null,
    direction: did.direction,
    target: did.target === undefined ? null : targetRead(did.target),
    ring_timeout_sec: did.ringTimeoutSec ?? null,
  };
}

export function newDid(owner: { accountSid: string; carrierId: string }, input: DidCreate): NewDid {
  return {
    ...owner,
    number: e164(input.number),
    label: input.label ?? undefined,
    direction: input.direction ?? 'both',
    target: input.target ? targetOf(input.target) : undefined,
    ringTimeoutSec: input.ring_timeout_sec ?? undefined,
  };
}

/** Only the fields that are present; null clears. */
export function didChange(input: DidUpdate): DidChange {
  return {
    ...(input.number !== undefined && { number: e164(input.number) }),
    ...(input.label !== undefined && { label: input.label ?? undefined }),
    ...(input.direction !== undefined && { direction: input.direction }),
    ...(input.target !== undefined && { target: input.target ? targetOf(input.target) : undefined }),
    ...(input.ring_timeout_sec !== undefined && { ringTimeoutSec: input.ring_timeout_sec ?? undefined }),
  };
}

function targetRead(target: Target): DidTarget {
  if (target.type === 'flow') return { type: 'flow', flow_id: target.flowId };
  if (target.type === 'bot') return { type: 'bot', bot_id: target.botId };
  if (target.type === 'user') return { type: 'user', app_id: target.appId, user_id: target.userId };
  return { type: 'users', app_id: target.appId, user_ids: [...target.userIds] };
}

function targetOf(target: DidTarget): Target {
  if (target.type === 'flow') return { type: 'flow', flowId: target.flow_id };
  if (target.type === 'bot') return { type: 'bot', botId: target.bot_id };
  if (target.type === 'user') return { type: 'user', appId: target.app_id, userId: target.user_id };
  return { type: 'users', appId: target.app_id, userIds: target.user_ids };
}

function e164(text: string): string {
  const number = normalizeNumber(text);
  if (number.kind === 'e164') return number.number;
  throw ApiError.invalid('number', '"number" is no telephone number: give it as +<country code><number>.');
}
