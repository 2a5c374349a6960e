import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';

/** Gives the addresses of a host name; rejects when there are none. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>;

const dns = new Resolver({ timeout: 2_000, tries: 2 });

/**
 * Asks the name servers directly: the system's own lookup blocks one of the process's few worker threads, and a hundred dead
 * names would hold up everything that reads a file. It is asked for names that the servers do not know, such as those of
 * the hosts file.
 */
export async function resolveName(hostname: string): Promise<LookupAddress[]> {
  if (/^localhost\.?$/i.test(hostname) || !hostname.includes('.')) return lookup(hostname, { all: true });
  const [four, six] = await Promise.allSettled([dns.resolve4(hostname), dns.resolve6(hostname)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  return found.length > 0 ? found : lookup(hostname, { all: true });
}
