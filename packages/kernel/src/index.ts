export { type BackoffOptions, backoffDelayMs } from './backoff.js';
export { type Clock, systemClock, type Timer } from './clock.js';
export { type EventMap, TypedEmitter } from './emitter.js';
export { IntermixError } from './errors.js';
export { createId, hex, type IdPrefix, type Random, systemRandom } from './ids.js';
export { type LogFields, type Logger, silentLogger } from './logger.js';
export { TokenBuckets } from './token-buckets.js';
