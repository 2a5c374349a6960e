import { type NameAddr, SipUri } from '@intermix/sip';
import type { RemoteParty } from './call-types.js';

/** Reads who stands in a From or To header. */
export function remotePartyOf(address: NameAddr): RemoteParty {
  const { uri, displayName } = address;
  if (uri instanceof SipUri)
    return { user: uri.user ?? '', displayName: displayName || undefined, uri: uri.toString() };
  return { user: uri.toString().replace(/^tel:/, ''), displayName: displayName || undefined, uri: uri.toString() };
}
