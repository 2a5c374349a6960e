import type { Parameters } from '../http/parameters.js';
import type { VoiceCallPage } from '../ports.js';

const kept = [
  'Sid',
  'DateCreated',
  'To',
  'From',
  'ParentCallSid',
  'PhoneNumber',
  'Status',
  'Duration',
  'Price',
  'Direction',
  'SortBy',
];

/** Addresses of the first page and of those beside the page, with the filters that it was asked with. */
export function pageUris(
  path: string,
  parameters: Parameters,
  { pageSize, page }: { pageSize: number; page: Pick<VoiceCallPage, 'previous' | 'next'> },
): { FirstPageUri: string; PrevPageUri: string | null; NextPageUri: string | null } {
  const filters = kept.flatMap((name) => (parameters.has(name) ? [[name, parameters.list(name).join(',')]] : []));
  const uri = (cursor: ReadonlyArray<readonly [string, string]>) =>
    `${path}?${new URLSearchParams([['PageSize', String(pageSize)], ...filters, ...cursor] as string[][])}`;
  return {
    FirstPageUri: uri([]),
    PrevPageUri: page.previous === undefined ? null : uri([['Before', page.previous]]),
    NextPageUri: page.next === undefined ? null : uri([['After', page.next]]),
  };
}
