/**
 * The base of every error that Intermix raises on purpose. `code` is stable and catalogued in
 * docs/reference/errors.md; the message is a sentence that names what was wrong and, where there is one, the cure.
 */
export abstract class IntermixError extends Error {
  abstract readonly code: `ERR_${string}`;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
