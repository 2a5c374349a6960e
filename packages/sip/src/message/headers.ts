import { canonicalName, headerKey } from './header-names.js';
import { isToken, splitList } from './scanner.js';
import { SipHeaderError } from './syntax-errors.js';

interface Field {
  key: string;
  name: string;
  value: string;
}

/**
 * The header fields of one message, in order. Names match in any case and compact forms are the long form.
 * Values are unfolded and otherwise raw.
 */
export class Headers {
  readonly #fields: Field[] = [];

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of entries) this.add(name, value);
  }

  /** Number of header fields (lines). */
  get size(): number {
    return this.#fields.length;
  }

  /** The value of the first field of this name. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    for (const field of this.#fields) if (field.key === key) return field.value;
    return undefined;
  }

  /** The values of all fields of this name, in order, comma lists unsplit. */
  all(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) if (field.key === key) values.push(field.value);
    return values;
  }

  /** The elements of all fields of this name, split at commas outside of quotes and angle brackets. */
  list(name: string): string[] {
    const values = this.all(name);
    return values.length === 1 ? splitList(values[0]!) : values.flatMap(splitList);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Replaces all fields of this name by one, in the place of the first. */
  set(name: string, value: string): void {
    const field = checkedField(name, value);
    const at = this.#fields.findIndex((other) => other.key === field.key);
    if (at < 0) {
      this.#fields.push(field);
      return;
    }
    this.#fields[at] = field;
    for (let last = this.#fields.length - 1; last > at; last--) {
      if (this.#fields[last]!.key === field.key) this.#fields.splice(last, 1);
    }
  }

  /** Appends a field. */
  add(name: string, value: string): void {
    this.#fields.push(checkedField(name, value));
  }

  /** Puts a field before all others: a new Via, a Record-Route. */
  prepend(name: string, value: string): void {
    this.#fields.unshift(checkedField(name, value));
  }

  delete(name: string): void {
    const key = headerKey(name);
    for (let at = this.#fields.length - 1; at >= 0; at--) {
      if (this.#fields[at]!.key === key) this.#fields.splice(at, 1);
    }
  }

  clone(): Headers {
    const copy = new Headers();
    for (const field of this.#fields) copy.#fields.push({ ...field });
    return copy;
  }

  /** @internal For the parser, which has made sure of the name and of the absence of line breaks. */
  addParsed(name: string, value: string): void {
    const key = headerKey(name);
    this.#fields.push({ key, name: canonicalName(name), value });
  }

  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (const field of this.#fields) yield [field.name, field.value];
  }
}

function checkedField(name: string, value: string): Field {
  if (!isToken(name)) throw new SipHeaderError(name.slice(0, 40), 'a header name must be a token');
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 13 || code === 10 || code === 0) {
      throw new SipHeaderError(name, `the value of ${name} may not hold CR, LF or NUL`);
    }
  }
  return { key: headerKey(name), name: canonicalName(name), value: value.trim() };
}
