import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { IntermixError } from '@intermix/kernel';
import { exportData } from '@intermix/store';
import type { Config } from '../config/settings.js';
import { createLogger } from '../log.js';
import { version } from '../version.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

const advice =
  'Keep it as safe as the database. Passwords in it are encrypted with secret.key of the data folder: keep both.';

/** Writes all data to a file for its owner's eyes only, or to standard output. A file that cannot be finished goes. */
export const exportCommand: Command = {
  async run(args, settings) {
    const [path = '-', ...more] = args;
    if (more.length > 0) throw CommandError.usage('Give one file: intermix export [file]');
    const config = settings();
    const rows = path === '-' ? await toStandardOutput(config) : await toFile(config, path);
    return `Exported ${rows} rows${path === '-' ? '' : ` to ${path}`}. ${advice}`;
  },
};

async function toStandardOutput(config: Config): Promise<string> {
  try {
    return await write(config, process.stdout);
  } catch (error) {
    throw error instanceof IntermixError ? error : CommandError.file('on standard output', 'written', error);
  }
}

async function toFile(config: Config, path: string): Promise<string> {
  const file = await create(path);
  try {
    return await write(config, file.createWriteStream({ flush: true }));
  } catch (error) {
    await file.close().catch(() => {}); // The stream has closed it, or never began.
    await rm(path, { force: true });
    throw error instanceof IntermixError ? error : CommandError.file(path, 'written', error);
  }
}

async function write(config: Config, sink: Writable): Promise<string> {
  const { dataDir, databaseUrl } = config;
  const logger = createLogger('warn', 2);
  return (await exportData({ dataDir, databaseUrl, logger, version }, sink)).rows.toLocaleString('en');
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    throw CommandError.file(path, 'written', cause);
  }
}
