import type { CallStatus } from '@intermix/calls';
import { parseIstTime } from '@intermix/contracts';
import { ApiError } from '../../http/api-error.js';
import type { Parameters } from '../http/parameters.js';
import { integerOf, oneWord, partyOf, textOf, withPlus } from '../orders/read-values.js';
import type { NumberRange, VoiceCallQuery, VoiceDirection } from '../ports.js';

/** One month. */
const longestSpanMs = 31 * 24 * 3_600_000;
const maxSids = 100;
const maxPhoneNumbers = 5;
const pageSize = { default: 50, min: 1, max: 100 };

const statuses = ['in-progress', 'completed', 'failed', 'busy', 'no-answer', 'canceled', 'queued', 'ringing'] as const;
const directions = ['inbound', 'outbound-dial', 'outbound-api'] as const satisfies readonly VoiceDirection[];

/** Reads the filters of the list; without a time and without sids, of the last month. Throws 400 naming the one that is wrong. */
export function listQuery(parameters: Parameters, accountSid: string, now: Date): VoiceCallQuery {
  const callSids = listOf(parameters, 'Sid', maxSids);
  const words = listOf(parameters, 'Direction', directions.length);
  return {
    accountSid,
    callSids,
    ...createdWithin(parameters, now, callSids !== undefined),
    fromParty: partyOf(parameters, 'From'),
    toParty: partyOf(parameters, 'To'),
    parentCallSid: textOf(parameters, 'ParentCallSid', 64)?.trim(),
    exophones: listOf(parameters, 'PhoneNumber', maxPhoneNumbers),
    statuses: statusesOf(parameters),
    durationSec: rangeOf(parameters, 'Duration', /^(\d{1,9})s?$/, '"gte:10s"'),
    hasPrice: rangeOf(parameters, 'Price', /^(\d{1,9}(?:\.\d{1,6})?)$/, '"gte:0.50"') !== undefined,
    directions: words?.map((word) => oneWord(word, 'Direction', directions)),
    order: orderOf(parameters),
    limit: integerOf(parameters, 'PageSize', pageSize) ?? pageSize.default,
    ...cursorsOf(parameters),
  };
}

function listOf(parameters: Parameters, name: string, most: number): readonly string[] | undefined {
  const values = parameters.list(name).flatMap((value) => value.split(','));
  const found = [...new Set(values.map((value) => withPlus(value).trim()).filter((value) => value !== ''))];
  if (found.length > most) throw ApiError.invalid(name, `"${name}" may hold at most ${most}; it has ${found.length}.`);
  return found.length === 0 ? undefined : found;
}

/** Of calls that are up the record has three words, and this API one. */
function statusesOf(parameters: Parameters): readonly CallStatus[] | undefined {
  const words = listOf(parameters, 'Status', statuses.length)?.map((word) => oneWord(word, 'Status', statuses));
  return words?.flatMap((word): CallStatus[] =>
    word === 'in-progress' ? ['in-progress', 'queued', 'ringing'] : [word],
  );
}

function createdWithin(parameters: Parameters, now: Date, isBySid: boolean): { from?: Date; to?: Date } {
  const name = 'DateCreated';
  const bounds = boundsOf(parameters, name);
  if (bounds.length === 0) return isBySid ? {} : { from: new Date(now.getTime() - longestSpanMs) };
  const times = new Map<string, Date>();
  for (const [relation, text] of bounds) {
    const at = parseIstTime(text);
    if (at === undefined || !/^[gl]te$/.test(relation) || times.has(relation))
      throw ApiError.invalid(
        name,
        `"${name}" must be as "gte:2026-01-01 00:00:00;lte:2026-01-31 23:59:59", in India's time.`,
      );
    times.set(relation, at);
  }
  const to = times.get('lte');
  const end = to ?? now;
  const from = times.get('gte') ?? new Date(end.getTime() - longestSpanMs);
  if (to && to < from) throw ApiError.invalid(name, `"${name}" ends before it begins: exchange its bounds.`);
  if (end.getTime() - from.getTime() > longestSpanMs)
    throw ApiError.invalid(name, `"${name}" may span at most one month (31 days): give bounds nearer to each other.`);
  return { from, ...(to && { to: new Date(to.getTime() + 999) }) }; // All of the second that is named.
}

function rangeOf(parameters: Parameters, name: string, value: RegExp, example: string): NumberRange | undefined {
  const bounds = boundsOf(parameters, name);
  if (bounds.length === 0) return undefined;
  const range: NumberRange = {};
  for (const [relation, text] of bounds) {
    const number = value.exec(text)?.[1];
    const known = (['gt', 'gte', 'lt', 'lte', 'eq'] as const).find((one) => one === relation);
    if (number === undefined || known === undefined)
      throw ApiError.invalid(name, `"${name}" must be as ${example}, with gt, gte, lt, lte or eq; two bounds by ";".`);
    range[known] = Number(number);
  }
  return range;
}

/** `gte:a;lte:b`; a value without a relation is `eq`. */
function boundsOf(parameters: Parameters, name: string): Array<[relation: string, value: string]> {
  const parts = (textOf(parameters, name, 128) ?? '').split(';').map((part) => part.trim());
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const [, relation = 'eq', value = ''] = /^(?:([a-z]{2,3}):)?(.*)$/is.exec(part) ?? [];
      return [relation.toLowerCase(), value.trim()];
    });
}

function orderOf(parameters: Parameters): 'asc' | 'desc' {
  const text = textOf(parameters, 'SortBy', 64)?.trim() ?? 'DateCreated:desc';
  const found = /^DateCreated(?::(asc|desc))?$/i.exec(text);
  if (!found) throw ApiError.invalid('SortBy', '"SortBy" must be "DateCreated:asc" or "DateCreated:desc".');
  return found[1]?.toLowerCase() === 'desc' ? 'desc' : 'asc';
}

function cursorsOf(parameters: Parameters): { after?: string; before?: string } {
  const after = textOf(parameters, 'After', 512);
  const before = textOf(parameters, 'Before', 512);
  if (after !== undefined && before !== undefined)
    throw ApiError.invalid('Before', '"Before" must not be sent with "After": one of them says where to go on.');
  return { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}
