import { CaptureServer } from '@intermix/bots/conformance';
import { readArguments } from './arguments.js';
import { credentialOptions, credentialsOf } from './bot-credentials.js';
import { untilInterrupted } from './bot-output.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

const usage =
  'intermix bot record --listen HOST:PORT --out DIR [--forward wss://…] [--streams N] [--user-env NAME --password-env NAME]';
const options = {
  listen: { type: 'string' },
  out: { type: 'string' },
  forward: { type: 'string' },
  streams: { type: 'string' },
  ...credentialOptions,
} as const;

/** Takes a bot's place and writes down each stream, until that many are over or the process is told to end. */
export const botRecord: Command = {
  async run(args) {
    const { values } = readArguments(args, { options, words: [0, 0], usage });
    const { listen, out, forward, streams } = values;
    if (listen === undefined || out === undefined) throw CommandError.usage(`Give: ${usage}`);
    const { host, port } = addressOf(listen);
    const wanted = countOf(streams);
    const credentials = credentialsOf(values);
    const count = await untilInterrupted((signal) => record({ host, port, out, forward, credentials, wanted, signal }));
    return `Captured ${count} ${count === 1 ? 'stream' : 'streams'} in ${out}.`;
  },
};

interface Recording {
  host: string;
  port: number;
  out: string;
  forward: string | undefined;
  credentials: ReturnType<typeof credentialsOf>;
  wanted: number;
  signal: AbortSignal;
}

async function record({ host, port, out, forward, credentials, wanted, signal }: Recording): Promise<number> {
  let count = 0;
  let done = () => {};
  const isDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  const server = await CaptureServer.listen({
    ...{ host, port, outDir: out, forward, credentials },
    captured: (folder) => {
      if (folder === undefined) return;
      count++;
      process.stdout.write(`${folder}\n`);
      if (count >= wanted) done();
    },
    failed: (error) => process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`),
  });
  process.stderr.write(`Listening on ws://${host}:${server.port}. Point the bot's URL here; end with Ctrl-C.\n`);
  signal.addEventListener('abort', done, { once: true });
  if (signal.aborted) done();
  await isDone;
  await server.close();
  return count;
}

function addressOf(text: string): { host: string; port: number } {
  const [, host = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === '' || port > 65_535) throw CommandError.usage(`--listen takes HOST:PORT, not ${text}`);
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw CommandError.usage(`--streams takes a number from 1 on, not ${text}`);
  return count;
}
