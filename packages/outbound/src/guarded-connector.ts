import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { ResolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';
import { mayConnect, refused } from './url-rules.js';

/**
 * The lookup of every socket that is opened: the addresses that it gives are the ones connected to, so what was checked is
 * what is used, whatever the name server says a moment later. Addresses that are refused are left out.
 */
export function guardedLookup(resolve: ResolveName, allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    void allowedAddresses(hostname).then(
      (addresses) => answer(addresses, options, callback),
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };

  async function allowedAddresses(hostname: string): Promise<LookupAddress[]> {
    const found = await resolve(hostname).catch((cause) => {
      throw new OutboundError('dns', `The host name ${hostname} has no address.`, { cause });
    });
    const allowed = found.filter(({ address }) => mayConnect(address, allowPrivate));
    if (found.length > 0 && allowed.length === 0) throw refused(hostname);
    return allowed;
  }
}

function answer(addresses: LookupAddress[], options: LookupOptions, callback: Parameters<LookupFunction>[2]): void {
  const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family;
  const fitting = family ? addresses.filter((address) => address.family === family) : addresses;
  const [first] = fitting;
  if (!first) callback(new OutboundError('dns', 'The host name has no address of a usable family.'), '', 0);
  else if (options.all) callback(null, fitting);
  else callback(null, first.address, first.family);
}
