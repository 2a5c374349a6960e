import { ApiError } from '../../http/api-error.js';

const listName = /^([^[\]]+)\[(\d{0,3})\]$/;

/**
 * The parameters of a request: names in any spelling of case, for one vendor page prints them small. An empty value counts as
 * none, for forms send what was not filled in. `Name[0]`, `Name[]` and `Name` make lists.
 */
export class Parameters {
  readonly #values = new Map<string, string[]>();

  /** Throws 400 for text that cannot be kept: NUL, half a character. */
  constructor(pairs: Iterable<readonly [name: string, value: string]>) {
    for (const [name, value] of pairs) {
      const plain = listName.exec(name)?.[1] ?? name;
      if (/\0|\p{Surrogate}/u.test(name + value))
        throw ApiError.invalid(plain, `"${shown(plain)}" holds NUL or half of a character: take it out.`);
      if (value.trim() === '') continue;
      const key = plain.toLowerCase();
      this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Throws 400 when the parameter was given twice. */
  text(name: string): string | undefined {
    const values = this.list(name);
    if (values.length > 1) throw ApiError.invalid(name, `"${name}" is given ${values.length} times: give it once.`);
    return values[0];
  }

  list(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }
}

function shown(name: string): string {
  return name.replace(/[\0\p{Surrogate}]/gu, '\uFFFD').slice(0, 64);
}
