import { IntermixError } from '@intermix/kernel';
import { ConfigError, readConfig } from '../config/read-config.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { exportCommand } from './export-command.js';
import { importCommand } from './import-command.js';

const commands: Readonly<Record<string, Command>> = { export: exportCommand, import: importCommand };

const overview = [
  'intermix                 starts the server',
  ...Object.entries(commands).map(
    ([name, { usage, meaning }]) => `intermix ${`${name} ${usage}`.padEnd(15)} ${meaning}`,
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
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) throw CommandError.usage(`There is no command "${name}".\n${overview}`);
    process.stderr.write(`${await command.run(args, readConfig(process.env))}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof IntermixError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof ConfigError || error instanceof CommandError ? exitCodes.wrongUse : exitCodes.failed;
  }
}
