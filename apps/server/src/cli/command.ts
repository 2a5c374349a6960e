import type { Config } from '../config/settings.js';

/** One thing that the program does besides being a server. */
export interface Command {
  /**
   * Gives the sentence to end with, and an exit code where the end is not simply well. `settings` reads the server's, for who needs
   * them. Rejects with an IntermixError, whose message is for a person.
   */
  run(args: readonly string[], settings: () => Config): Promise<string | CommandEnd>;
}

export interface CommandEnd {
  /** Empty: everything has been said. */
  sentence: string;
  exitCode: number;
}
