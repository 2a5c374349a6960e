import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type BotTestReport, reportTable, TwoChannelWav } from '@intermix/bots/conformance';
import type { CommandEnd } from './command.js';
import { CommandError } from './command-error.js';

/** Options that a test and a replay have. */
export const outputOptions = { report: { type: 'string' }, audio: { type: 'string' } } as const;

const exitCodes = { passed: 0, failed: 1, 'not-run': 2 } as const;

/** Where both sides' sound goes, when that is wanted. Throws CommandError: better before the call than in it. */
export function audioOf(path: string | undefined): TwoChannelWav | undefined {
  if (path === undefined) return undefined;
  try {
    writeFileSync(path, '', { mode: 0o600 });
  } catch (cause) {
    throw CommandError.file(path, 'written', cause);
  }
  return new TwoChannelWav(path);
}

/** Writes the report to a file, or with `-` to standard output; the table goes where the report does not. */
export async function tellReport(report: BotTestReport, path: string | undefined): Promise<CommandEnd> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const table = `${reportTable(report)}\n`;
  const exitCode = exitCodes[report.result];
  if (path === '-') {
    process.stdout.write(json);
    process.stderr.write(table);
    return { sentence: '', exitCode };
  }
  process.stdout.write(table);
  if (path === undefined) return { sentence: '', exitCode };
  try {
    await writeFile(path, json);
  } catch (cause) {
    throw CommandError.file(path, 'written', cause);
  }
  return { sentence: `The report is in ${path}.`, exitCode };
}

/** Runs until it is done or the process is told to end: then the signal is aborted, and what there is is told. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController();
  const abort = () => aborter.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, abort);
  try {
    return await run(aborter.signal);
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, abort);
  }
}
