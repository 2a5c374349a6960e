import type { Config } from '../config/settings.js';

/** One thing that the program does besides being a server. Settings are the server's. */
export interface Command {
  /** Its arguments, for the overview. */
  usage: string;
  meaning: string;
  /** Gives the sentence to end with. Rejects with an IntermixError, whose message is for a person. */
  run(args: readonly string[], config: Config): Promise<string>;
}
