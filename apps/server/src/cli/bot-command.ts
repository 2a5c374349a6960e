import { BotTestError } from '@intermix/bots/conformance';
import { OutboundError } from '@intermix/outbound';
import { StreamError } from '@intermix/streaming';
import { botRecord } from './bot-record.js';
import { botReplay } from './bot-replay.js';
import { botSchema } from './bot-schema.js';
import { botTest } from './bot-test.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

/** A bot's test, recorder and replay, and the schemas of what a test reads and writes. Each is given what follows its word. */
const subcommands: Readonly<Record<string, Command>> = {
  test: botTest,
  record: botRecord,
  replay: botReplay,
  schema: botSchema,
};

const usage = [
  'intermix bot test <script.json> [url] [--report FILE] [--audio FILE]',
  'intermix bot record --listen HOST:PORT --out DIR [--forward wss://…] [--streams N] [--user-env NAME --password-env NAME]',
  'intermix bot replay <capture> <url> [--user-env NAME --password-env NAME] [--param KEY=VALUE] [--report FILE] [--audio FILE]',
  'intermix bot schema script|report',
  'Exit code 0: passed; 1: the bot broke a rule, or a step failed; 2: wrong use, or there was no call to judge.',
].join('\n');

/** Tells how a bot keeps to Exotel's stream protocol: see docs/guide/testing-bots.md. */
export const botCommand: Command = {
  async run([word = '', ...args], settings) {
    const command = Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
    if (!command) throw CommandError.usage(usage);
    try {
      return await withProcessAwake(() => command.run(args, settings));
    } catch (error) {
      throw isMistake(error) ? CommandError.usage(error.message) : error;
    }
  },
};

/** Timers of ours let a process end, and between two handshakes there is nothing else. */
async function withProcessAwake<T>(run: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 60_000);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}

function isMistake(error: unknown): error is Error {
  return error instanceof BotTestError || error instanceof StreamError || error instanceof OutboundError;
}
