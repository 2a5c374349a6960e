/** What people and address books put between digits, marks of writing direction included. */
const separators = /[\s().\-/\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\ufeff]/g;
const maxLength = 64;

/**
 * A telephone number as E.164; undefined when it is none. Indian forms are read as Exotel's console writes them: ten digits
 * from 6 to 9, `91…`, `0091…`, and `0…` with an area code. Other countries' numbers need their `+` or `00`.
 */
export function normaliseExotelNumber(text: string): string | undefined {
  const compact = text.length > maxLength ? '' : text.replace(separators, '');
  if (!/^\+?[0-9]+$/.test(compact)) return undefined;
  const digits = internationalDigits(compact);
  return digits !== undefined && isPossible(digits) ? `+${digits}` : undefined;
}

/** Country code and number. */
function internationalDigits(compact: string): string | undefined {
  if (compact.startsWith('+')) return withoutTrunkPrefix(compact.slice(1));
  if (compact.startsWith('00')) return withoutTrunkPrefix(compact.slice(2));
  if (/^[6-9][0-9]{9}$/.test(compact)) return `91${compact}`;
  if (/^0[1-9][0-9]{9}$/.test(compact)) return `91${compact.slice(1)}`;
  if (/^0?91[1-9][0-9]{9}$/.test(compact)) return compact.replace(/^0/, '');
  if (isTollFree(compact)) return `91${compact}`;
  return undefined;
}

/** `+91 0 98765 43210` is written by address books that keep the trunk prefix. */
function withoutTrunkPrefix(digits: string): string {
  return /^910[1-9][0-9]{9}$/.test(digits) ? `91${digits.slice(3)}` : digits;
}

function isTollFree(national: string): boolean {
  return /^1(800|860)[0-9]{6,7}$/.test(national);
}

/** Length as E.164 has it; an Indian number has ten digits, or is toll-free. */
function isPossible(digits: string): boolean {
  if (!/^[1-9][0-9]{6,14}$/.test(digits)) return false;
  const national = digits.slice(2);
  return !digits.startsWith('91') || /^[1-9][0-9]{9}$/.test(national) || isTollFree(national);
}
