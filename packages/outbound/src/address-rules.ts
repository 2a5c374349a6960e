import { addressOctets } from './ip-address.js';

interface Range {
  octets: readonly number[];
  bits: number;
}

/** Never allowed: link-local, where clouds keep their credentials; their other metadata addresses; what is no single host. */
const neverAllowed = ranges(
  '169.254.0.0/16', // Link-local, with 169.254.169.254.
  'fe80::/10',
  'fd00:ec2::254/128', // Amazon.
  'fd20:ce::254/128', // Google.
  '100.100.100.200/32', // Alibaba.
  '168.63.129.16/32', // Azure.
  '192.0.0.192/32', // Oracle.
  '0.0.0.0/8',
  '::/128',
  '224.0.0.0/4', // Multicast.
  'ff00::/8',
  '240.0.0.0/4', // Reserved, broadcast.
);

/** Allowed only where the operator says so. The IANA special-purpose registries, RFC 6890. */
const privateRanges = ranges(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '100.64.0.0/10', // Carrier-grade NAT.
  '192.0.0.0/24',
  '192.0.2.0/24', // Documentation.
  '198.51.100.0/24',
  '203.0.113.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15', // Benchmarks.
  '::1/128',
  'fc00::/7', // Unique local.
  'fec0::/10', // Site-local, deprecated.
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23', // Teredo and other protocol assignments.
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
);

/** `public`: allowed always; `private`: where the operator says so; `forbidden`: never. */
export type AddressKind = 'public' | 'private' | 'forbidden';

/** What kind of address this is; a text that is none counts as forbidden. */
export function addressKind(address: string): AddressKind {
  const octets = addressOctets(address);
  if (octets === undefined || neverAllowed.some((range) => contains(range, octets))) return 'forbidden';
  return privateRanges.some((range) => contains(range, octets)) ? 'private' : 'public';
}

function contains({ octets: base, bits }: Range, octets: readonly number[]): boolean {
  if (base.length !== octets.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (base[index] !== octets[index]) return false;
  const rest = bits & 7;
  return rest === 0 || base[whole]! >> (8 - rest) === octets[whole]! >> (8 - rest);
}

function ranges(...texts: string[]): Range[] {
  return texts.map((text) => {
    const [address = '', bits] = text.split('/');
    return { octets: addressOctets(address) ?? [], bits: Number(bits) };
  });
}
