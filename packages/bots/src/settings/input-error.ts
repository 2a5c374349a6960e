import { IntermixError } from '@intermix/kernel';

/** What an operator gave cannot be kept. The message is a sentence that names the field and the cure. */
export class InputError extends IntermixError {
  readonly code = 'ERR_VALIDATION';

  constructor(
    readonly field: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** `address`: the field that leads to another server now. */
  static secretWouldMove(field: string, address: string): InputError {
    const why = `"${address}" leads to another server now, and would take the "${field}" that is kept along`;
    return new InputError(field, `${why}: give "${field}" anew, or clear it.`);
  }
}
