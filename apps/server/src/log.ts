import type { Logger } from '@intermix/kernel';
import { pino } from 'pino';

// Values of these keys never reach a log line, at whatever depth they lie in the first three levels.
const secretKeys = [
  'password',
  'secret',
  'token',
  'access_token',
  'api_key',
  'api_token',
  'authorization',
  'sip_password',
  'inbound_auth_password',
  'outbound_auth_password',
];
const redactedPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** JSON lines on standard output, or on another descriptor. */
export function createLogger(level: string, descriptor = 1): Logger {
  const options = { level, base: null, redact: { paths: redactedPaths, censor: '[secret]' } };
  return pino(options, pino.destination({ fd: descriptor, sync: true }));
}

/** Makes warnings of the runtime and of libraries lines of the log; Node itself writes them as plain text beside it. */
export function logWarnings(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => logger.warn({ err: warning }, 'a warning of the runtime or of a library'));
}
