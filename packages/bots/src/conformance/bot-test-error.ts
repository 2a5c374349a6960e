import { IntermixError } from '@intermix/kernel';

/** A test of a bot cannot be run: its script, a sound of it or a capture cannot be used. The message is a sentence with the place. */
export class BotTestError extends IntermixError {
  readonly code = 'ERR_BOT_TEST';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}
