import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * Country codes that belong to no country and cost what their owner asks: satellite networks (870, 881), international networks
 * (882, 883), shared cost (808), personal numbers (878), premium rate (979), and 888, which is withdrawn. ITU-T E.164, list of
 * assigned codes.
 */
const closedCodes = ['808', '870', '878', '881', '882', '883', '888', '979'] as const;

/** Kinds of a country's numbers whose owner is paid by the caller; personal numbers are used for just that. */
const closedKinds: ReadonlySet<string> = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER']);

/**
 * Whether a `+E.164` number is a satellite, premium-rate, shared-cost or personal number, by the countries' numbering plans as
 * libphonenumber has them. One that `opened` names more closely than by its country is not closed: `+979` opens 979, and
 * `+44909` these premium numbers, while `+44` opens the United Kingdom without them.
 */
export function isClosedNumber(e164: string, opened: readonly string[] = []): boolean {
  const code = closedCodes.find((prefix) => e164.startsWith(`+${prefix}`));
  const number = code === undefined ? parsePhoneNumberFromString(e164) : undefined;
  const isClosed = code !== undefined || closedKinds.has(number?.getType() ?? '');
  if (!isClosed) return false;
  const needed = code === undefined ? `+${number?.countryCallingCode}`.length + 1 : `+${code}`.length;
  return !opened.some((prefix) => prefix.length >= needed && e164.startsWith(prefix));
}
