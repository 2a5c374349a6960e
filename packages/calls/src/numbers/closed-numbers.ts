import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * Country codes that belong to no country and cost what their owner asks: satellite networks (870, 881), international networks
 * (882, 883), shared cost (808), personal numbers (878), premium rate (979), and 888, which is withdrawn. ITU-T E.164, list of
 * assigned codes.
 */
const closedCodes = ['808', '870', '878', '881', '882', '883', '888', '979'] as const;

/** Kinds of a country's numbers whose owner is paid by the caller; personal numbers are used for just that. */
const closedKinds: ReadonlySet<string> = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER']);

/** Digits taken away or put on. */
const lengthsTried = [-1, -2, -3, -4, 1, 2, 3, 4] as const;

/**
 * Whether a `+E.164` number is a satellite, premium-rate, shared-cost or personal number, by the countries' numbering plans as
 * libphonenumber has them. One that `opened` names more closely than by its country is not closed: `+979` opens 979, and
 * `+44909` these premium numbers, while `+44` opens the United Kingdom without them.
 */
export function isClosedNumber(e164: string, opened: readonly string[] = []): boolean {
  const code = closedCodes.find((prefix) => e164.startsWith(`+${prefix}`));
  if (code === undefined && !isClosedKind(e164)) return false;
  const countryCode = code === undefined ? parsePhoneNumberFromString(e164)?.countryCallingCode : undefined;
  const needed = code === undefined ? `+${countryCode}`.length + 1 : `+${code}`.length;
  return !opened.some((prefix) => prefix.length >= needed && e164.startsWith(prefix));
}

/**
 * A number of no valid length is of no kind, while networks pass digits too many on and drop them at their end: it is tried with
 * some less and some more.
 */
function isClosedKind(e164: string): boolean {
  const number = parsePhoneNumberFromString(e164);
  if (number?.isValid()) return closedKinds.has(number.getType() ?? '');
  return lengthsTried.some((change) => {
    const other = change < 0 ? e164.slice(0, change) : e164.padEnd(e164.length + change, '0');
    return closedKinds.has(parsePhoneNumberFromString(other)?.getType() ?? '');
  });
}
