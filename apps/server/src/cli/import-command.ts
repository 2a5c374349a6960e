import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { IntermixError } from '@intermix/kernel';
import { importData } from '@intermix/store';
import type { Config } from '../config/settings.js';
import { createLogger } from '../log.js';
import { version } from '../version.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';

/** Fills an empty database with an export. */
export const importCommand: Command = {
  async run(args, settings) {
    const [path, ...more] = args;
    if (path === undefined || more.length > 0) throw CommandError.usage('Give one file: intermix import <file>');
    const config = settings();
    const file = path === '-' ? undefined : await openFile(path);
    try {
      return `Imported ${await read(config, file?.createReadStream() ?? process.stdin)} rows.`;
    } catch (error) {
      throw error instanceof IntermixError ? error : CommandError.file(path, 'read', error);
    } finally {
      await file?.close().catch(() => {}); // The stream has closed it when it was read to its end.
    }
  },
};

async function read(config: Config, source: Readable): Promise<string> {
  const { dataDir, databaseUrl } = config;
  const logger = createLogger('warn', 2);
  return (await importData({ dataDir, databaseUrl, logger, version }, source)).rows.toLocaleString('en');
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw CommandError.file(path, 'read', cause);
  }
}
