import { isIPv4, isIPv6 } from 'node:net';

/** Octets of an address: 4 or 16. IPv6 forms that carry an IPv4 address become that. Undefined when it is none. */
export function addressOctets(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  const bare = text.replace(/%.*$/, ''); // A zone is the machine's own matter.
  return isIPv6(bare) ? unwrapped(ipv6Octets(bare)) : undefined;
}

/** `::ffff:0:0/96` (RFC 4291), `::ffff:0:0:0/96` (RFC 2765), `64:ff9b::/96` (RFC 6052), `::/96` (deprecated) and `2002::/16` (RFC 3056). */
function unwrapped(octets: readonly number[]): readonly number[] {
  const startsWith = (prefix: readonly number[]) => prefix.every((octet, index) => octets[index] === octet);
  const zeros = (count: number): number[] => new Array(count).fill(0);
  if (startsWith([...zeros(10), 0xff, 0xff])) return octets.slice(12);
  if (startsWith([...zeros(8), 0xff, 0xff, 0, 0])) return octets.slice(12);
  if (startsWith([0, 0x64, 0xff, 0x9b, ...zeros(8)])) return octets.slice(12);
  if (startsWith([0x20, 0x02])) return octets.slice(2, 6);
  const isUnspecifiedOrLoopback = startsWith(zeros(15)) && octets[15]! <= 1;
  return startsWith(zeros(12)) && !isUnspecifiedOrLoopback ? octets.slice(12) : octets;
}

function ipv6Octets(text: string): number[] {
  const normalised = new URL(`http://[${text}]/`).hostname.slice(1, -1); // Hex groups, `::` for the zeros.
  const [head = '', tail] = normalised.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const middle = new Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 0xff]);
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
