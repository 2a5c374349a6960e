// The server process: reads the settings, starts the parts, stops them when told to.
import { IntermixError, TypedEmitter } from '@intermix/kernel';
import { ConfigError, readConfig } from './config/read-config.js';
import type { Config } from './config/settings.js';
import { createLogger, logWarnings } from './log.js';
import { type RunningServer, startServer } from './start-server.js';

const stopWithinMs = 15_000;
const exitCodes = { config: 2, start: 1, crash: 70 } as const;

/** Ends the process with plain sentences; a user never sees a stack. */
function refuse(sentences: string, exitCode: number): never {
  process.stderr.write(`Intermix cannot start.\n${sentences}\n`);
  process.exit(exitCode);
}

function configOrRefuse(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) refuse(error.message, exitCodes.config);
    throw error;
  }
}

const config = configOrRefuse();
const logger = createLogger(config.logLevel);
logWarnings(logger);

TypedEmitter.onListenerError = (error, event) => {
  logger.error({ err: error, event: String(event) }, 'an event listener failed');
};

let server: RunningServer | undefined;
let isStopping = false;

async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  logger.info({ signal }, 'stopping');
  const deadline = setTimeout(() => {
    logger.error({ stopWithinMs }, 'did not stop in time');
    process.exit(exitCodes.crash);
  }, stopWithinMs);
  deadline.unref();
  await server?.stop();
  logger.info({}, 'stopped');
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));

function crash(error: unknown): void {
  logger.error({ err: error }, 'unforeseen error: the process ends and should be restarted');
  process.exit(exitCodes.crash);
}
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

try {
  server = await startServer(config, logger);
  process.stdout.write(server.banner);
} catch (error) {
  if (isStopping) process.exit(0);
  if (error instanceof IntermixError) refuse(error.message, exitCodes.start);
  logger.error({ err: error }, 'start failed');
  refuse('The log line above says why.', exitCodes.start);
}
