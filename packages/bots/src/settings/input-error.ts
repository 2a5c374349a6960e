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
}
