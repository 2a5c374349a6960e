// A step of the build: node packages/store/dist/embedded/make-seed.js makes the seed of the embedded database, unless it
// is there. What is left of other versions, and of builds that were broken off, goes.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { silentLogger, systemClock } from '@intermix/kernel';
import { Kysely, PostgresDialect } from 'kysely';
import type { Database } from '../database.js';
import { migrate } from '../migrate.js';
import { seedFolder } from './cluster-seed.js';
import { makeDataFolder } from './data-folder.js';
import { EmbeddedEngine } from './embedded-engine.js';

const seed = seedFolder();
const seeds = dirname(seed);

/** `pglite-….4711.new` is under way while process 4711 lives. */
function isUnderWay(name: string): boolean {
  const pid = Number(/\.(\d+)\.new$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

mkdirSync(seeds, { recursive: true });
for (const name of readdirSync(seeds))
  if (name !== basename(seed) && !isUnderWay(name)) rmSync(join(seeds, name), { recursive: true, force: true });

if (!existsSync(seed)) {
  const unfinished = `${seed}.${process.pid}.new`;
  await makeDatabase(unfinished);
  try {
    renameSync(join(unfinished, 'database'), seed);
  } catch (error) {
    if (!existsSync(seed)) throw error; // Else another build was faster, and its seed is as good.
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** A data folder with the tables and nothing in them. */
async function makeDatabase(dataDir: string): Promise<void> {
  makeDataFolder(dataDir);
  const fail = (error: Error) => {
    throw error;
  };
  const logger = silentLogger;
  const engine = await EmbeddedEngine.open({ dataDir, logger, clock: systemClock, onFatal: fail, seed: '' });
  await migrate(new Kysely<Database>({ dialect: new PostgresDialect({ pool: engine.pool }) }));
  await engine.close();
}
