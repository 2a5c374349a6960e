import { systemClock, systemRandom } from '@intermix/kernel';
import type { EmbeddedEngineOptions, MediaEngine } from '../types.js';
import { EmbeddedEngine } from './embedded-engine.js';
import { childConfigs } from './engine-config.js';

export { defaultBindAddress } from './engine-config.js';

/**
 * The engine that runs with nothing beside Node: libdatachannel in child processes.
 * Throws MediaError when the options make no sense; ports are tried by `start`.
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): MediaEngine {
  const configs = childConfigs(options);
  const { childPath, logger } = options;
  return new EmbeddedEngine({ configs, childPath, clock: systemClock, random: systemRandom, logger });
}
