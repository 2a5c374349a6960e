import { isIP } from 'node:net';

/** How a setting's text becomes its value. `problem` completes the sentence "NAME is "text": …" and names the cure. */
export type Reading<T> = { value: T } | { problem: string };

/** One environment variable: its manual entry and its reader in one place. */
export interface Setting<T> {
  name: `INTERMIX_${string}`;
  /** What stands when the variable is unset or empty; undefined: no value. */
  default: string | undefined;
  /** One sentence for the manual. */
  meaning: string;
  /** Allowed values, in words. */
  allowed: string;
  read(text: string): Reading<T>;
  /** Whether its text is, or may hold, what nobody is to read: a refusal does not repeat it. */
  isSecret?: boolean;
}

/** Any text, for instance a path or a host. */
export function text(): Pick<Setting<string>, 'allowed' | 'read'> {
  return { allowed: 'text', read: (value) => ({ value }) };
}

/** A text that lets somebody in. `shortest`: characters, of one that strangers may try to guess. */
export function secret(shortest = 1): Pick<Setting<string>, 'allowed' | 'read' | 'isSecret'> {
  const problem = `give at least ${shortest} characters that nobody can guess, such as \`openssl rand -hex 24\` prints`;
  return {
    isSecret: true,
    allowed: shortest === 1 ? 'text' : `text of at least ${shortest} characters`,
    read: (value) => (value.length >= shortest ? { value } : { problem }),
  };
}

/** A TCP or UDP port. 0 is allowed where any free port will do. */
export function port(options: { anyFree?: boolean } = {}): Pick<Setting<number>, 'allowed' | 'read'> {
  const lowest = options.anyFree ? 0 : 1;
  return {
    allowed: `${lowest}–65535`,
    read(value) {
      const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= lowest && number <= 65_535) return { value: number };
      return { problem: `give a port number from ${lowest} to 65535` };
    },
  };
}

/** A whole number of seconds. */
export function seconds(lowest: number, highest: number): Pick<Setting<number>, 'allowed' | 'read'> {
  return wholeNumber('seconds', lowest, highest);
}

/** A whole number of milliseconds. */
export function milliseconds(lowest: number, highest: number): Pick<Setting<number>, 'allowed' | 'read'> {
  return wholeNumber('milliseconds', lowest, highest);
}

/** How many of something. */
export function count(lowest: number, highest: number): Pick<Setting<number>, 'allowed' | 'read'> {
  return wholeNumber('a whole number', lowest, highest);
}

function wholeNumber(unit: string, lowest: number, highest: number): Pick<Setting<number>, 'allowed' | 'read'> {
  return {
    allowed: `${lowest}–${highest}`,
    read(value) {
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= lowest && number <= highest) return { value: number };
      return { problem: `give ${unit} from ${lowest} to ${highest}` };
    },
  };
}

export function oneOf<const T extends string>(...words: T[]): Pick<Setting<T>, 'allowed' | 'read'> {
  return {
    allowed: words.map((word) => `\`${word}\``).join(', '),
    read(value) {
      const found = words.find((word) => word === value);
      return found === undefined ? { problem: `give one of ${words.join(', ')}` } : { value: found };
    },
  };
}

/** A host name or a literal IP address, without a port. */
export function host(): Pick<Setting<string>, 'allowed' | 'read'> {
  return {
    allowed: 'host name or IP address',
    read(value) {
      const isPlausible = /^[A-Za-z0-9._:[\]-]{1,255}$/.test(value);
      return isPlausible ? { value } : { problem: 'give a host name or an IP address, without a port' };
    },
  };
}

/** IP addresses and networks in CIDR notation, separated by commas. */
export function networks(): Pick<Setting<readonly string[]>, 'allowed' | 'read'> {
  return {
    allowed: 'addresses and networks separated by commas',
    read(value) {
      const list = value.split(',').map((one) => one.trim());
      return list.every(isNetwork)
        ? { value: list }
        : { problem: 'give IP addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8' };
    },
  };
}

/** A network of all addresses is none: it would let everybody say who they are. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || more.length > 0 || address.includes('%')) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}
