import { canonicalName, headerKey, knownName } from './header-names.js';
import { isToken, splitList } from './scanner.js';
import { SipHeaderError } from './syntax-errors.js';

// Each field takes three places of one array: key, name, value. An object a field would be most of what a message weighs.
const STRIDE = 3;
const NAME = 1;
const VALUE = 2;

/**
 * The header fields of one message, in order. Names match in any case and compact forms are the long form.
 * Values are unfolded and otherwise raw.
 */
export class Headers {
  #fields: string[] = [];

  constructor(entries?: Iterable<readonly [string, string]>) {
    if (entries) for (const [name, value] of entries) this.add(name, value);
  }

  /** Number of header fields (lines). */
  get size(): number {
    return this.#fields.length / STRIDE;
  }

  /** The value of the first field of this name. */
  get(name: string): string | undefined {
    const at = this.#find(headerKey(name), 0);
    return at < 0 ? undefined : this.#fields[at + VALUE];
  }

  /** The values of all fields of this name, in order, comma lists unsplit. */
  all(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (let at = this.#find(key, 0); at >= 0; at = this.#find(key, at + STRIDE))
      values.push(this.#fields[at + VALUE]!);
    return values;
  }

  /** The elements of all fields of this name, split at commas outside of quotes and angle brackets. */
  list(name: string): string[] {
    const values = this.all(name);
    if (values.length === 0) return values;
    return values.length === 1 ? splitList(values[0]!) : values.flatMap(splitList);
  }

  /** The values of all fields of this name, joined by commas; undefined when there is none. */
  joined(name: string): string | undefined {
    const key = headerKey(name);
    const first = this.#find(key, 0);
    if (first < 0) return undefined;
    return this.#find(key, first + STRIDE) < 0 ? this.#fields[first + VALUE] : this.all(name).join(',');
  }

  has(name: string): boolean {
    return this.#find(headerKey(name), 0) >= 0;
  }

  /** Replaces all fields of this name by one, in the place of the first. */
  set(name: string, value: string): void {
    const checked = checkedValue(name, value);
    const key = headerKey(name);
    const at = this.#find(key, 0);
    if (at < 0) {
      this.#fields.push(key, canonicalName(name), checked);
      return;
    }
    this.#fields[at + NAME] = canonicalName(name);
    this.#fields[at + VALUE] = checked;
    this.#deleteFrom(key, at + STRIDE);
  }

  /** Appends a field. */
  add(name: string, value: string): void {
    const checked = checkedValue(name, value);
    this.#fields.push(headerKey(name), canonicalName(name), checked);
  }

  /** Puts a field before all others: a new Via, a Record-Route. */
  prepend(name: string, value: string): void {
    const checked = checkedValue(name, value);
    this.#fields.unshift(headerKey(name), canonicalName(name), checked);
  }

  /** @internal Puts another value in the place of the first field of this name, and leaves the others alone. */
  replaceFirst(name: string, value: string): void {
    const at = this.#find(headerKey(name), 0);
    if (at < 0) this.prepend(name, value);
    else this.#fields[at + VALUE] = checkedValue(name, value);
  }

  delete(name: string): void {
    this.#deleteFrom(headerKey(name), 0);
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#fields = this.#fields.slice();
    return copy;
  }

  /** @internal For the parser, which has made sure of the name and of the absence of line breaks. */
  addParsed(name: string, value: string): void {
    this.#fields.push(headerKey(name), canonicalName(name), value);
  }

  /** @internal Takes all fields of this name over as they came: they were let in by the parser, which is wider than `add`. */
  copyFrom(other: Headers, name: string): void {
    const key = headerKey(name);
    const fields = other.#fields;
    for (let at = other.#find(key, 0); at >= 0; at = other.#find(key, at + STRIDE)) {
      this.#fields.push(key, fields[at + NAME]!, fields[at + VALUE]!);
    }
  }

  /** @internal All fields but Content-Length as they stand on the wire. */
  write(): string {
    const fields = this.#fields;
    let text = '';
    for (let at = 0; at < fields.length; at += STRIDE) {
      if (fields[at] !== 'Content-Length') text += `${fields[at + NAME]}: ${fields[at + VALUE]}\r\n`;
    }
    return text;
  }

  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let at = 0; at < this.#fields.length; at += STRIDE) {
      yield [this.#fields[at + NAME]!, this.#fields[at + VALUE]!];
    }
  }

  /** Index of the first field with this key from `start` on, or -1. */
  #find(key: string, start: number): number {
    const fields = this.#fields;
    for (let at = start; at < fields.length; at += STRIDE) if (fields[at] === key) return at;
    return -1;
  }

  #deleteFrom(key: string, start: number): void {
    let kept = start;
    for (let at = start; at < this.#fields.length; at += STRIDE) {
      if (this.#fields[at] === key) continue;
      if (kept !== at) this.#fields.copyWithin(kept, at, at + STRIDE);
      kept += STRIDE;
    }
    this.#fields.length = Math.max(kept, 0);
  }
}

const breaks = /[\r\n\0]/;

function checkedValue(name: string, value: string): string {
  if (knownName(name) === undefined && !isToken(name)) {
    throw new SipHeaderError(name.slice(0, 40), 'a header name must be a token');
  }
  if (breaks.test(value)) throw new SipHeaderError(name, `the value of ${name} may not hold CR, LF or NUL`);
  return value.trim();
}
