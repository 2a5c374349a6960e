import { replayCapture } from '@intermix/bots/conformance';
import { readArguments } from './arguments.js';
import { credentialOptions, credentialsOf } from './bot-credentials.js';
import { audioOf, outputOptions, tellReport, untilInterrupted } from './bot-output.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

const usage =
  'intermix bot replay <capture> <url> [--user-env NAME --password-env NAME] [--param KEY=VALUE] [--report FILE] [--audio FILE]';
const options = {
  ...outputOptions,
  ...credentialOptions,
  param: { type: 'string', multiple: true },
} as const;

/** Says to a bot what a captured caller said. */
export const botReplay: Command = {
  async run(args) {
    const { values, positionals } = readArguments(args, { options, words: [2, 2], usage });
    const [folder = '', url = ''] = positionals;
    const credentials = credentialsOf(values);
    const customParameters = Object.fromEntries((values.param ?? []).map(pairOf));
    const audio = audioOf(values.audio);
    const report = await untilInterrupted((signal) =>
      replayCapture({ folder, url, credentials, customParameters, audio, signal }),
    );
    return tellReport(report, values.report);
  },
};

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw CommandError.usage(`--param takes KEY=VALUE, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
