import { ApiError } from './api-error.js';

const day = /^\d{4}-\d\d-\d\d$/;
const instant = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?$/;
const dayMs = 24 * 3_600_000;

/** A stretch of time: `from` belongs to it, `to` no more. */
export interface TimeRange {
  from: Date | undefined;
  to: Date | undefined;
}

/**
 * Reads two query fields: days, of which the last counts whole, or instants; without a zone, UTC. Throws 400 naming the
 * field.
 */
export function timeRange(
  given: { from: string | undefined; to: string | undefined },
  names: { from: string; to: string },
): TimeRange {
  const from = given.from === undefined ? undefined : momentOf(given.from, names.from);
  const end = given.to === undefined ? undefined : momentOf(given.to, names.to);
  const isDay = day.test(given.to ?? '');
  const to = end && isDay ? new Date(end.getTime() + dayMs) : end;
  if (from && to && (from > to || (isDay && from >= to)))
    throw ApiError.invalid(names.to, `"${names.to}" is before "${names.from}": exchange them.`);
  return { from, to };
}

function momentOf(text: string, field: string): Date {
  const time = day.test(text) ? realDay(text) : instant.test(text) ? Date.parse(inUtc(text)) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time);
  throw ApiError.invalid(field, `"${field}" is no time: give a day as 2024-06-01 or a time as 2024-06-01T09:30:00Z.`);
}

/** Date.parse would take the 31st of February for the 3rd of March in some forms. */
function realDay(text: string): number {
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(text) ? Number.NaN : time;
}

function inUtc(text: string): string {
  if (Number.isNaN(realDay(text.slice(0, 10)))) return '';
  const normal = text.toUpperCase().replace(' ', 'T');
  return /(Z|[+-]\d\d:?\d\d)$/.test(normal.slice(11)) ? normal : `${normal}Z`;
}
