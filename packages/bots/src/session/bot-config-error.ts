import { IntermixError } from '@intermix/kernel';

/** A bot's configuration cannot be used. `path` is the place in it, `menu.choices.1.prompt`, and empty for the whole. */
export class BotConfigError extends IntermixError {
  readonly code = 'ERR_BOT_CONFIG';

  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
  }

  /** The place in what was sent to the API. */
  get field(): string {
    return this.path === '' ? 'config' : `config.${this.path}`;
  }
}
