/** More than this many would only make gathering slow. */
const MOST_SERVERS = 8;

/**
 * Reads what our server tells of STUN and TURN in its 200 to REGISTER:
 * `<turn:host:port>;username="…";credential="…"`, separated by commas, the form of RFC 9725 §4.6. What cannot be read is
 * left out, since a peer connection refuses the whole list for one bad URL.
 */
export function readIceServers(header: string | undefined): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, urls = '', params = ''] of (header ?? '').matchAll(
    /<((?:stun|turn)s?:[\w.:[\]-]+(?:\?[\w=]+)?)>([^<]*)/g,
  )) {
    const [, username = '', credential = ''] = /username="([^"]*)";credential="([^"]*)"/.exec(params) ?? [];
    servers.push(username ? { urls, username, credential } : { urls });
  }
  return servers.slice(0, MOST_SERVERS);
}
