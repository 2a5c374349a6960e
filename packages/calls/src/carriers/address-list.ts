import { BlockList, isIP } from 'node:net';

/** Answers that a list remembers: it is asked for each datagram, and mostly about the same few hosts. */
const maxRemembered = 1_000;

/** Addresses and CIDR ranges as an operator lists them. Entries that are neither are left out and told by `invalid`. */
export class AddressList {
  readonly #list = new BlockList();
  readonly #remembered = new Map<string, boolean>();
  readonly invalid: string[] = [];
  #size = 0;

  constructor(entries: Iterable<string>) {
    for (const entry of entries) this.#add(entry.trim());
  }

  get size(): number {
    return this.#size;
  }

  /** True when the numeric address is listed. IPv4-mapped IPv6 addresses count as IPv4. */
  has(address: string): boolean {
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const isListed = this.#check(address);
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(address, isListed);
    return isListed;
  }

  #check(address: string): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/^\[|\]$/g, '');
    const family = isIP(plain);
    if (family === 0) return false;
    return this.#list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  }

  #add(entry: string): void {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    if (family === 0 || (bits !== undefined && !isPrefix(bits, family))) {
      this.invalid.push(entry);
      return;
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) this.#list.addAddress(address, type);
    else this.#list.addSubnet(address, bits, type);
    this.#size++;
  }
}

function isPrefix(bits: number, family: number): boolean {
  return Number.isInteger(bits) && bits >= 0 && bits <= (family === 6 ? 128 : 32);
}
