import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CommandError } from './command-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options and words of a command line. Throws CommandError with the right call. */
export function readArguments<const O extends Options>(
  args: readonly string[],
  { options, words: [least, most], usage }: { options: O; words: readonly [number, number]; usage: string },
) {
  const read = parsed(args, options, usage);
  if (read.positionals.length < least || read.positionals.length > most) throw CommandError.usage(`Give: ${usage}`);
  return read;
}

function parsed<const O extends Options>(args: readonly string[], options: O, usage: string) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw CommandError.usage(`${error instanceof Error ? error.message : String(error)}\nGive: ${usage}`);
  }
}
