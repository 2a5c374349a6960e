/**
 * Number ranges that cost what their owner asks: satellite networks, international and national premium rate. Never dialled
 * until an operator opens them one by one. Short on purpose: the ranges that fraud uses, of countries that our carriers reach;
 * ITU-T E.164 assigned codes, and each country's published numbering plan. A country as a whole is closed by another rule.
 */
const closedRanges: readonly string[] = [
  '870', // Inmarsat
  '878', // Universal personal numbers
  '881', // Global satellite systems
  '882', // International networks
  '883',
  '888', // Disaster relief, withdrawn
  '979', // International premium rate
  '808', // International shared cost
  '1900', // North American premium rate
  '1976',
  '27862', // South Africa, premium
  '31900', // Netherlands, premium
  '31906',
  '31909',
  '3290', // Belgium, premium
  '3389', // France, premium (08 9x)
  '34803', // Spain, premium and mass calls
  '34806',
  '34807',
  '34905',
  '34907',
  '35315', // Ireland, premium (15xx)
  '39144', // Italy, premium
  '39166',
  '3989',
  '41900', // Switzerland, premium
  '41901',
  '41906',
  '43900', // Austria, premium
  '43901',
  '43930',
  '43931',
  '449', // United Kingdom, premium (09), personal (070), service numbers (087)
  '4470',
  '4487',
  '46900', // Sweden, premium
  '46939',
  '46944',
  '4870', // Poland, premium
  '49900', // Germany, premium and mass calls
  '49137',
  '60600', // Malaysia, premium
  '61190', // Australia, premium
  '62809', // Indonesia, premium
  '64900', // New Zealand, premium
  '651900', // Singapore, premium
  '7809', // Russia, premium
  '81990', // Japan, premium
  '911900', // India, premium
  '971900', // United Arab Emirates, premium
];

/**
 * The closed range that a `+E.164` number is in; undefined for any other number. Those that `opened` names as a whole are not
 * closed: `+979` opens `979`, while `+44` opens the United Kingdom and not its premium numbers.
 */
export function closedRangeOf(e164: string, opened: readonly string[] = []): string | undefined {
  const digits = e164.replace(/^\+/, '');
  const range = closedRanges.find((prefix) => digits.startsWith(prefix));
  if (range === undefined) return undefined;
  const isOpen = opened.some((prefix) => prefix.startsWith(`+${range}`) && e164.startsWith(prefix));
  return isOpen ? undefined : range;
}
