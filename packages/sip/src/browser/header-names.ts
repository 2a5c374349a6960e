// For `message/header-names.ts`: the names that the user agent itself reads and writes. Others work too, by their lower-cased
// name as the key and spelled as they came.
const known =
  'Accept Allow Authorization Content-Disposition CSeq Expires Max-Forwards Min-Expires Min-SE Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Require Retry-After Route RSeq Unsupported User-Agent WWW-Authenticate';

/** RFC 3261 §7.3.3, by letter and name in turns. */
const compact =
  'c Content-Type e Content-Encoding f From i Call-ID k Supported l Content-Length m Contact r Refer-To s Subject t To v Via x Session-Expires';

const names = new Map<string, string>();
for (const [, letter = '', name = ''] of compact.matchAll(/(\w) (\S+)/g)) names.set(letter, name);
for (const name of [...known.split(' '), ...names.values()]) names.set(name.toLowerCase(), name);

/** The same for a header that we know, in any case; else undefined. */
export function knownName(name: string): string | undefined {
  return names.get(name.toLowerCase());
}

/** The long, customary spelling of a header name. An unknown name comes back as it is. */
export function canonicalName(name: string): string {
  return knownName(name) ?? name;
}

/** The map key of a header name: canonical when known, else lower-cased. */
export function headerKey(name: string): string {
  return knownName(name) ?? name.toLowerCase();
}
