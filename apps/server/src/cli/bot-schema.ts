import { BotTestReport, botTestScriptSchema } from '@intermix/bots/conformance';
import { readArguments } from './arguments.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

const usage = 'intermix bot schema script|report';
const schemas: Readonly<Record<string, object>> = { script: botTestScriptSchema, report: BotTestReport };

/** Prints the JSON Schema of a test's script, or of its report. */
export const botSchema: Command = {
  async run(args) {
    const [name = ''] = readArguments(args, { options: {}, words: [1, 1], usage }).positionals;
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (!schema) throw CommandError.usage(`Give: ${usage}`);
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    return '';
  },
};
