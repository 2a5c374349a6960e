import { readFile } from 'node:fs/promises';
import { readBotTestScript, runBotTest } from '@intermix/bots/conformance';
import { readArguments } from './arguments.js';
import { audioOf, outputOptions, tellReport, untilInterrupted } from './bot-output.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

const usage = 'intermix bot test <script.json> [url] [--report FILE] [--audio FILE]';

/** Calls a bot as a script says. */
export const botTest: Command = {
  async run(args) {
    const { values, positionals } = readArguments(args, { options: outputOptions, words: [1, 2], usage });
    const [scriptPath = '', url] = positionals;
    const script = readBotTestScript(await readJson(scriptPath));
    const audio = audioOf(values.audio);
    const report = await untilInterrupted((signal) =>
      runBotTest({ script, scriptPath, url, env: process.env, audio, signal }),
    );
    return tellReport(report, values.report);
  },
};

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw CommandError.file(path, 'read', cause);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw CommandError.usage(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
