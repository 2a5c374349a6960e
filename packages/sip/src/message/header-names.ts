// In browsers, `browser/header-names.ts` stands in the place of this module.
/** The header fields we know, spelled as their RFCs do. */
const known = [
  'Accept', 'Accept-Contact', 'Accept-Encoding', 'Accept-Language', 'Alert-Info', 'Allow', 'Allow-Events',
  'Authentication-Info', 'Authorization', 'Call-ID', 'Call-Info', 'Contact', 'Content-Disposition', 'Content-Encoding',
  'Content-Language', 'Content-Length', 'Content-Type', 'CSeq', 'Date', 'Diversion', 'Error-Info', 'Event', 'Expires',
  'Flow-Timer', 'From', 'History-Info', 'Identity', 'Identity-Info', 'In-Reply-To', 'Join', 'Max-Forwards',
  'MIME-Version', 'Min-Expires', 'Min-SE', 'Organization', 'P-Access-Network-Info', 'P-Asserted-Identity',
  'P-Called-Party-ID', 'P-Preferred-Identity', 'Path', 'Priority', 'Privacy', 'Proxy-Authenticate',
  'Proxy-Authentication-Info', 'Proxy-Authorization', 'Proxy-Require', 'RAck', 'Reason', 'Record-Route', 'Refer-Sub',
  'Refer-To', 'Referred-By', 'Reject-Contact', 'Remote-Party-ID', 'Replaces', 'Reply-To', 'Request-Disposition',
  'Require', 'Retry-After', 'Route', 'RSeq', 'Server', 'Service-Route', 'Session-Expires', 'SIP-ETag', 'SIP-If-Match',
  'Subject', 'Subscription-State', 'Supported', 'Target-Dialog', 'Timestamp', 'To', 'Unsupported', 'User-Agent',
  'User-to-User', 'Via', 'Warning', 'WWW-Authenticate',
] as const; // biome-ignore format: a table reads better packed

/** RFC 3261 §7.3.3 and the IANA registry. */
const compact: Record<string, string> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

// Exact spellings first, as nearly every peer writes them; other cases cost one lower-casing.
const exact = new Map<string, string>();
const lowered = new Map<string, string>();
for (const name of known) {
  exact.set(name, name);
  exact.set(name.toLowerCase(), name);
  lowered.set(name.toLowerCase(), name);
}
for (const [letter, name] of Object.entries(compact)) {
  exact.set(letter, name);
  exact.set(letter.toUpperCase(), name);
}

/** The same for a header that we know, in one of the spellings in use; else undefined. */
export function knownName(name: string): string | undefined {
  return exact.get(name);
}

/** The long, customary spelling of a header name. An unknown name comes back as it is. */
export function canonicalName(name: string): string {
  return exact.get(name) ?? lowered.get(name.toLowerCase()) ?? name;
}

/** The map key of a header name: canonical when known, else lower-cased. */
export function headerKey(name: string): string {
  return exact.get(name) ?? lowered.get(name.toLowerCase()) ?? name.toLowerCase();
}
