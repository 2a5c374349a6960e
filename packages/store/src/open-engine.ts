import { systemClock } from '@intermix/kernel';
import { EmbeddedEngine } from './embedded/embedded-engine.js';
import type { Engine } from './engine.js';
import type { StoreOptions } from './open-store.js';
import { openPostgres } from './postgres/postgres-engine.js';

/** The database that the options name; its folder exists. Rejects with a StoreError. */
export function openEngine(
  options: Pick<StoreOptions, 'dataDir' | 'databaseUrl' | 'logger' | 'clock' | 'onFatal'>,
): Promise<Engine> {
  const { dataDir, databaseUrl, logger, clock = systemClock, onFatal = () => {} } = options;
  if (databaseUrl) return openPostgres(databaseUrl, logger);
  return EmbeddedEngine.open({ dataDir, logger, clock, onFatal });
}
