import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '@intermix/kernel';
import { copyCluster } from './cluster-seed.js';
import { embeddedMajor, versionOf } from './data-folder.js';
import { started, startWorker } from './database-worker.js';
import { syncPath } from './durable-node-fs.js';

/**
 * The first start. The cluster is made beside its place and moved there when it is whole: a start that is broken off
 * begins anew, instead of leaving half a cluster that never opens. It is a copy of the seed, or else made by initdb.
 */
export async function makeCluster(databaseDir: string, seed: string, logger: Logger): Promise<void> {
  const unfinished = `${databaseDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  if (!(await copySeed(seed, unfinished, logger))) await initialiseCluster(unfinished);
  renameSync(unfinished, databaseDir);
  syncPath(dirname(databaseDir));
}

/** False when there is no seed of this version, or it cannot be read: then the slow way is right, if slow. */
async function copySeed(seed: string, folder: string, logger: Logger): Promise<boolean> {
  if (!existsSync(seed) || versionOf(seed) !== embeddedMajor) return false;
  try {
    await copyCluster(seed, folder);
    return true;
  } catch (error) {
    logger.warn({ err: error }, 'embedded database: the seed cannot be copied, making a cluster without it');
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
}

/** Runs initdb in a thread of its own, for it takes 500 MB. The folder is whole and on the disk when this resolves. */
async function initialiseCluster(folder: string): Promise<void> {
  const worker = startWorker({ task: 'make', databaseDir: folder });
  await started(worker);
  await worker.terminate();
}
