// In browsers, `browser/via-source.ts` stands in the place of this module.
import type { SipMessage } from '../message/message.js';
import type { Flow } from '../transport/flow.js';

/**
 * Writes `received`, and `rport` when asked for, into the top Via of a request that came in, or of its response.
 * RFC 3261 §18.2.1, RFC 3581 §4. `received` is left out where the sent-by is the source address already. Throws
 * SipParseError when there is no Via that can be read.
 */
export function writeSource(message: SipMessage, flow: Flow): void {
  const via = message.topVia;
  const { host, port } = flow.remote;
  const bare = via.host.startsWith('[') ? via.host.slice(1, -1) : via.host;
  if (!via.wantsRport && bare === host) return;
  message.replaceTopVia(via.withSource(host, port));
}
