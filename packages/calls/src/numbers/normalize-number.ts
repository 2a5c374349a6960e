import { callingCodeOfCountry, countryCodeOf } from './country-codes.js';

/** What a dialled text turned out to be. Inside Intermix a party is `+E.164` or it is not a number. */
export type NormalizedNumber =
  | { kind: 'e164'; number: string }
  /** 2 to 6 digits: service and emergency codes, kept as dialled and never given a country. */
  | { kind: 'short-code'; digits: string }
  /** Anything else: a name, `anonymous`, a star code, digits that fit no plan. */
  | { kind: 'name'; text: string };

export interface NormalizeOptions {
  /** ISO 3166 alpha-2: country of numbers without a prefix. Default `IN`. */
  country?: string;
}

const maxTextLength = 256;
const e164Digits = { min: 7, max: 15 } as const;

/**
 * Reads a telephone number as people and carriers write it: `+91 98765 43210`, `098765-43210`, `0091…`, `91…`, a bare
 * ten digit Indian mobile number, `sip:` and `tel:` URIs, with RFC 3966 visual separators. Never throws.
 */
export function normalizeNumber(text: string, options: NormalizeOptions = {}): NormalizedNumber {
  const raw = text.length > maxTextLength ? '' : text.trim();
  const { user, context } = userPart(raw);
  const compact = stripSeparators(user);
  if (!/^\+?\d+$/.test(compact)) return { kind: 'name', text: user };
  if (compact.startsWith('+')) return international(compact.slice(1), user);
  if (context !== undefined) return international(context + compact, user);
  if (compact.length <= 6) return { kind: 'short-code', digits: compact };
  return national(compact, options.country?.toUpperCase() ?? 'IN', user);
}

/** `+E.164`, or undefined when the text is not a dialable number. */
export function toE164(text: string, options?: NormalizeOptions): string | undefined {
  const result = normalizeNumber(text, options);
  return result.kind === 'e164' ? result.number : undefined;
}

/** The part that may be a number, and the digits of a global `phone-context` (RFC 3966 §5.1.5). */
function userPart(text: string): { user: string; context: string | undefined } {
  const scheme = /^(sips?|tel):/i.exec(text);
  const rest = scheme ? text.slice(scheme[0].length) : text;
  const isTel = scheme?.[1]?.toLowerCase() === 'tel';
  const at = isTel ? -1 : rest.lastIndexOf('@');
  const beforeHost = at < 0 ? rest : rest.slice(0, at);
  const [user = '', ...params] = beforeHost.split(';');
  const context = params.find((p) => /^phone-context=\+\d{1,4}$/i.test(p));
  return { user: decodeEscapes(user), context: context?.slice(context.indexOf('+') + 1) };
}

function decodeEscapes(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Separators of RFC 3966 §5.1.1, and the blanks that people type. Only where digits follow: names keep theirs. */
function stripSeparators(text: string): string {
  return /^\+?[\d\s().\-/]+$/.test(text) ? text.replace(/[\s().\-/]/g, '') : text;
}

function international(digits: string, text: string): NormalizedNumber {
  if (digits.length < e164Digits.min || digits.length > e164Digits.max) return { kind: 'name', text };
  if (digits.startsWith('0')) return { kind: 'name', text };
  // `+91 0 98765 43210` is written by address books that keep the trunk prefix.
  const code = countryCodeOf(digits);
  if (code === '91' && /^910[1-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+91${digits.slice(3)}` };
  return { kind: 'e164', number: `+${digits}` };
}

function national(digits: string, country: string, text: string): NormalizedNumber {
  if (digits.startsWith('00')) return international(digits.slice(2), text);
  if (country === 'IN') return indian(digits, text);
  const code = callingCodeOfCountry(country);
  if (code === undefined) return { kind: 'name', text };
  if (country === 'US' || country === 'CA') return northAmerican(digits, text);
  if (digits.startsWith('0')) return international(code + digits.slice(1), text);
  if (digits.startsWith(code) && digits.length > code.length + 7) return international(digits, text);
  return international(code + digits, text);
}

/** Ten digits beginning with 6–9 are mobile; a landline has its area code behind a 0. 1800 and 1860 stay as dialled. */
function indian(digits: string, text: string): NormalizedNumber {
  if (/^1(800|860)\d{6,7}$/.test(digits)) return { kind: 'e164', number: `+91${digits}` };
  if (/^[6-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+91${digits}` };
  if (/^0[1-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+91${digits.slice(1)}` };
  if (/^91[1-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+${digits}` };
  if (/^091[6-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+${digits.slice(1)}` };
  return { kind: 'name', text };
}

function northAmerican(digits: string, text: string): NormalizedNumber {
  if (/^[2-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+1${digits}` };
  if (/^1[2-9]\d{9}$/.test(digits)) return { kind: 'e164', number: `+${digits}` };
  return { kind: 'name', text };
}
