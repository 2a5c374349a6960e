import { isClosedNumber } from '../numbers/closed-numbers.js';
import { countryCodeOf } from '../numbers/country-codes.js';
import type { Carrier, Did } from '../ports/directory.js';

/** Whether a number may be dialled, and if not, a sentence for the reason phrase. */
export type DialVerdict = { ok: true } | { ok: false; reason: string };

/**
 * The dialling rule: closed unless opened (toll fraud). Open are the countries of the account's own numbers, and the prefixes
 * that an operator opened for the carrier; through the simulated carrier, its own numbers besides. Premium-rate and satellite
 * numbers stay closed until a prefix names just them.
 */
export function mayDial(
  number: string,
  carrier: Carrier,
  dids: readonly Did[],
  simulatedPrefixes: readonly string[],
): DialVerdict {
  const opened = carrier.outboundAllowedPrefixes;
  if (carrier.simulated && isSimulatedNumber(number, simulatedPrefixes)) return { ok: true };
  if (isClosedNumber(number, opened)) return { ok: false, reason: 'Premium And Satellite Numbers Are Closed' };
  if (opened.some((prefix) => number.startsWith(prefix))) return { ok: true };
  const country = countryCodeOf(number);
  const open = new Set(dids.map((did) => countryCodeOf(did.number)));
  if (country === undefined || !open.has(country)) return { ok: false, reason: 'Country Not Allowed' };
  return { ok: true };
}

/** Whether a number is one of the simulated PSTN's own, which no real carrier should be asked for. */
export function isSimulatedNumber(number: string, simulatedPrefixes: readonly string[]): boolean {
  return simulatedPrefixes.some((prefix) => number.startsWith(prefix));
}
