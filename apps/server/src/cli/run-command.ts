import { IntermixError } from '@intermix/kernel';
import { ConfigError, readConfig } from '../config/read-config.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

/** What there is; a command's own modules are loaded when it is called. */
const commands: Readonly<Record<string, { usage: string; meaning: string; load: () => Promise<Command> }>> = {
  export: {
    usage: '[file]',
    meaning: 'writes all data to a file, or to standard output; the server is stopped meanwhile',
    load: async () => (await import('./export-command.js')).exportCommand,
  },
  import: {
    usage: '<file>',
    meaning: 'fills an empty database, that of INTERMIX_DATABASE_URL, with an export; - is standard input',
    load: async () => (await import('./import-command.js')).importCommand,
  },
  bot: {
    usage: 'test | record | replay',
    meaning: "calls a bot as a script says and judges it; records a bot's calls; plays them again",
    load: async () => (await import('./bot-command.js')).botCommand,
  },
};

const overview = [
  'intermix                             starts the server',
  ...Object.entries(commands).map(
    ([name, { usage, meaning }]) => `intermix ${`${name} ${usage}`.padEnd(27)} ${meaning}`,
  ),
].join('\n');

const exitCodes = { wrongUse: 2, failed: 1 } as const;

/** Runs a command and gives the process's exit code. Sentences go to standard error: standard output may be the export. */
export async function runCommand(name: string, args: readonly string[]): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${overview}\n`);
    return 0;
  }
  try {
    const command = Object.hasOwn(commands, name) ? await commands[name]?.load() : undefined;
    if (command === undefined) throw CommandError.usage(`There is no command "${name}".\n${overview}`);
    const end = await command.run(args, () => readConfig(process.env));
    const { sentence, exitCode } = typeof end === 'string' ? { sentence: end, exitCode: 0 } : end;
    if (sentence !== '') process.stderr.write(`${sentence}\n`);
    return exitCode;
  } catch (error) {
    if (!(error instanceof IntermixError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof ConfigError || error instanceof CommandError ? exitCodes.wrongUse : exitCodes.failed;
  }
}
