import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';

/** Gives the addresses of a host name; rejects when there are none. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>;

export interface NameSources {
  /** The name servers. */
  servers: Pick<Resolver, 'resolve4' | 'resolve6'>;
  /** The system's lookup, which knows the hosts file. */
  system: ResolveName;
}

const sources: NameSources = {
  servers: new Resolver({ timeout: 2_000, tries: 2 }),
  system: (hostname) => lookup(hostname, { all: true }),
};

/**
 * Asks the name servers directly: the system's own lookup blocks one of the process's few worker threads, and a hundred dead
 * names would hold up everything that reads a file. It is asked for names only that the servers say they do not know, such
 * as those of the hosts file: of servers that do not answer, it would wait for the same ones, and longer.
 */
export async function resolveName(
  hostname: string,
  { servers, system }: NameSources = sources,
): Promise<LookupAddress[]> {
  if (/^localhost\.?$/i.test(hostname) || !hostname.includes('.')) return system(hostname);
  const [four, six] = await Promise.allSettled([servers.resolve4(hostname), servers.resolve6(hostname)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length > 0) return found;
  for (const answer of [four, six]) if (answer.status === 'rejected' && !isUnknown(answer.reason)) throw answer.reason;
  return system(hostname);
}

/** The name, or an address of this family, does not exist; or there is no name server at all, which the system sees at once too. */
const unknownCodes: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED'];

function isUnknown(error: unknown): boolean {
  return error instanceof Error && 'code' in error && unknownCodes.includes(error.code);
}
