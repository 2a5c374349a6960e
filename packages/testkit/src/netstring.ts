/** Frames a text as `length:text,` (length in octets), as baresip's control port wants it. */
export function netstring(text: string): Buffer {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from(`${body.length}:`), body, Buffer.from(',')]);
}

/** Takes a stream apart into netstrings. A stream that is not made of them throws. */
export class NetstringReader {
  readonly #deliver: (text: string) => void;
  #pending: Buffer = Buffer.alloc(0);

  constructor(deliver: (text: string) => void) {
    this.#deliver = deliver;
  }

  push(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const colon = this.#pending.indexOf(':');
      if (colon < 0) return;
      const length = Number(this.#pending.toString('latin1', 0, colon));
      if (!Number.isInteger(length)) throw new Error('the control stream is not made of netstrings');
      const end = colon + 1 + length;
      if (this.#pending.length < end + 1) return;
      const text = this.#pending.toString('utf8', colon + 1, end);
      this.#pending = this.#pending.subarray(end + 1);
      this.#deliver(text);
    }
  }
}
