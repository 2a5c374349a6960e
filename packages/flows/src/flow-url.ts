/**
 * The flow that a URL names: `…/{account_sid}/exoml/start_voice/{flow_id}`, `…/{account_sid}/exoml/start/{flow_id}`, or the
 * older form without the account. Its host says nothing: customers keep the one that they had. Undefined when it is no such
 * URL, or another account's.
 */
export function flowIdOfUrl(url: string, accountSid: string): string | undefined {
  if (url.length > 2048 || !URL.canParse(url)) return undefined;
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  const found = /^(?:\/([^/]+))?\/exoml\/start(?:_voice)?\/([A-Za-z0-9_-]{1,64})\/?$/i.exec(pathname);
  if (found === null) return undefined;
  const [, sid, flowId] = found;
  return sid === undefined || decoded(sid) === accountSid ? flowId : undefined;
}

/** Where a flow is reached, behind an address of this server or of Exotel's. */
export function flowPath(accountSid: string, flowId: string): string {
  return `/${encodeURIComponent(accountSid)}/exoml/start_voice/${flowId}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
