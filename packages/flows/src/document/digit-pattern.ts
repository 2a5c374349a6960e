/** One place of a pattern: keys that fit, and how many of them. */
interface Atom {
  keys: ReadonlySet<string>;
  least: number;
  most: number;
}

const allKeys = '0123456789*#ABCD';
const numerals = '0123456789';
const maxDigits = 32;

/**
 * A small regular language for digits, so that a customer's pattern costs linear time: keys as they are (`\*` or `*` after
 * nothing is the star key written `\*`), `.` any key, `\d` any numeral, `[2-5#]` one of some, each followed by nothing, `?`,
 * `*`, `+`, `{n}` or `{n,m}`. It always speaks of all digits that were pressed; `^` and `$` around it may be written.
 */
export class DigitPattern {
  readonly #atoms: readonly Atom[];

  private constructor(atoms: readonly Atom[]) {
    this.#atoms = atoms;
  }

  /** Undefined when the text is none of the language. */
  static parse(text: string): DigitPattern | undefined {
    const atoms: Atom[] = [];
    let rest = text.replace(/^\^/, '').replace(/\$$/, '');
    while (rest !== '') {
      const part = /^(\\d|\\\*|\\#|\.|\[[0-9*#A-D-]{1,32}\]|[0-9#A-D])(\?|\*|\+|\{\d{1,2}(?:,\d{0,2})?\})?/.exec(rest);
      if (part === null || atoms.length >= maxDigits) return undefined;
      const keys = keysOf(part[1] ?? '');
      const times = timesOf(part[2]);
      if (keys === undefined || times === undefined) return undefined;
      atoms.push({ keys, ...times });
      rest = rest.slice(part[0].length);
    }
    return atoms.length > 0 ? new DigitPattern(atoms) : undefined;
  }

  /** Whether all of the digits fit. */
  matches(digits: string): boolean {
    let places = new Set([0]); // Where in `digits` the atoms so far may have ended.
    for (const atom of this.#atoms) {
      const next = new Set<number>();
      for (const from of places) for (const end of endsOf(atom, digits, from)) next.add(end);
      places = next;
    }
    return places.has(digits.length);
  }
}

function* endsOf(atom: Atom, digits: string, from: number): Iterable<number> {
  for (let taken = 0; taken <= atom.most; taken++) {
    if (taken >= atom.least) yield from + taken;
    if (!atom.keys.has(digits[from + taken] ?? '')) return;
  }
}

function keysOf(text: string): ReadonlySet<string> | undefined {
  if (text === '.') return new Set(allKeys);
  if (text === '\\d') return new Set(numerals);
  if (!text.startsWith('[')) return new Set(text.at(-1));
  const keys = new Set<string>();
  for (const [, from = '', to = from] of text.slice(1, -1).matchAll(/([0-9*#A-D])(?:-([0-9A-D]))?/g)) {
    const [first, last] = [allKeys.indexOf(from), allKeys.indexOf(to)];
    if (first > last) return undefined;
    for (let at = first; at <= last; at++) keys.add(allKeys[at] ?? '');
  }
  return /^\[(?:[0-9*#A-D](?:-[0-9A-D])?)+\]$/.test(text) ? keys : undefined;
}

function timesOf(text: string | undefined): { least: number; most: number } | undefined {
  if (text === undefined) return { least: 1, most: 1 };
  if (text === '?') return { least: 0, most: 1 };
  if (text === '*') return { least: 0, most: maxDigits };
  if (text === '+') return { least: 1, most: maxDigits };
  const [, least = '', comma, most = ''] = /^\{(\d+)(,?)(\d*)\}$/.exec(text) ?? [];
  const times = { least: Number(least), most: comma ? (most === '' ? maxDigits : Number(most)) : Number(least) };
  return times.least <= times.most && times.most <= maxDigits ? times : undefined;
}
