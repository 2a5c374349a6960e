import { OutboundError } from '@intermix/outbound';
import { InputError } from './input-error.js';

/** Says whether a URL may be opened; throws OutboundError when not. */
export type UrlCheck = (url: string) => unknown;

/**
 * The address of a server, to which paths are added: http or https, without user, query and fragment, and without the
 * slashes at its end. A bare host name is https. Throws InputError.
 */
export function baseUrlOf(field: string, text: string, check: UrlCheck): string {
  const written = text.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(written);
  // A word alone is no address that anybody meant.
  if (!hasScheme && /^[^.:/[]*$/.test(written) && written !== 'localhost')
    throw new InputError(field, `"${field}" cannot be used: This is not a URL.`);
  const url = checkedUrl(field, hasScheme ? written : `https://${written}`, check);
  const refuse = (what: string) => new InputError(field, `"${field}" must be a plain address: leave out ${what}.`);
  if (url.username !== '' || url.password !== '') throw refuse('the user and the password');
  if (url.search !== '' || url.hash !== '') throw refuse('what stands behind ? or #');
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '');
}

/** A URL of http or https that could be opened. Throws InputError. */
export function checkedUrl(field: string, text: string, check: UrlCheck): URL {
  try {
    check(text);
    return new URL(text);
  } catch (error) {
    const why = error instanceof OutboundError ? error.message : 'This is not a URL.';
    throw new InputError(field, `"${field}" cannot be used: ${why}`, { cause: error });
  }
}
